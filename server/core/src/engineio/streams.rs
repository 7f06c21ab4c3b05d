//! WebSockets: the one that carries the session, and the one that wants to.
//!
//! A probe never disturbs the polling session: until its client says `upgrade`, polls carry everything, and
//! whatever becomes of the probe costs the probe alone.

use super::{Ending, Engine, LinkId};
use crate::message::Message;
use crate::session::{Logged, Output, Transmit, Transport};
use crate::time::Time;
use crate::wire::Carried;
use crate::wire::engineio::{Packet, Version, websocket};
use crate::wire::websocket::write;
use std::time::Duration;

/// What a probe asks and is answered.
const PROBE: &str = "probe";
/// How long the handshake of version 3 stays behind the WebSocket's own. Its clients may begin to listen for packets only
/// when they are told that the WebSocket is open, and lose one that comes in the same segment.
const APART: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(super) struct Streams {
    carrier: Option<LinkId>,
    opening: Opening,
    probe: Option<Probe>,
}

/// The handshake on the carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opening {
    /// It may not leave before.
    Held(Time),
    Due,
    /// It has left, or was made over polling.
    Over,
}

#[derive(Debug)]
struct Probe {
    link: LinkId,
    until: Time,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing was said.
    Silent,
    /// The answer has to leave.
    Asked,
    /// The client may upgrade.
    Answered,
}

impl Streams {
    pub(super) fn new(now: Time, carrier: Option<LinkId>, version: Version) -> Self {
        let opening = match (carrier, version) {
            (None, _) => Opening::Over,
            (Some(_), Version::V3) => Opening::Held(now + APART),
            (Some(_), Version::V4) => Opening::Due,
        };
        Self {
            carrier,
            opening,
            probe: None,
        }
    }

    /// The WebSocket that carries the session.
    pub(super) fn carrier(&self) -> Option<LinkId> {
        self.carrier
    }

    /// Whether a client is about to upgrade, so that it waits for its poll to be answered.
    pub(super) fn is_probed(&self) -> bool {
        let probe = self.probe.as_ref();
        probe.is_some_and(|probe| probe.stage != Stage::Silent)
    }

    /// Whether a WebSocket is open that the client may upgrade to.
    pub(super) fn is_probing(&self) -> bool {
        self.probe.is_some()
    }

    fn probe(&mut self, link: LinkId) -> Option<&mut Probe> {
        self.probe.as_mut().filter(|probe| probe.link == link)
    }

    /// Whether it has no deadline.
    pub(super) fn is_at_rest(&self) -> bool {
        self.probe.is_none() && !matches!(self.opening, Opening::Held(_))
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        let probe = self.probe.as_ref().map(|probe| probe.until);
        let opening = match self.opening {
            Opening::Held(until) => Some(until),
            Opening::Due | Opening::Over => None,
        };
        Time::earliest([probe, opening])
    }

    /// A probe that led to nothing; its own WebSocket looks at the clock and finds that it is no more.
    pub(super) fn time_out(&mut self, now: Time) {
        self.probe.take_if(|probe| probe.until <= now);
        if matches!(self.opening, Opening::Held(until) if until <= now) {
            self.opening = Opening::Due;
        }
    }
}

impl Engine {
    /// Of two WebSockets for one session, and of one for a session that has its WebSocket, the later is closed.
    pub(super) fn open_stream(&mut self, now: Time, link: LinkId) {
        let is_taken = self.streams.carrier.is_some() || self.streams.probe.is_some();
        if !is_taken && !self.is_over() {
            self.streams.probe = Some(Probe {
                link,
                until: now + self.settings.upgrade_timeout,
                stage: Stage::Silent,
            });
        }
    }

    /// Whether this WebSocket has something to do here, and until when it need not look.
    #[must_use]
    pub fn attends(&self, link: LinkId) -> Option<Time> {
        if self.is_over() {
            return None;
        }
        if self.streams.carrier == Some(link) {
            return self.deadline();
        }
        let probe = self.streams.probe.as_ref();
        probe
            .filter(|probe| probe.link == link)
            .map(|probe| probe.until)
    }

    /// The WebSocket that carries the session now.
    #[must_use]
    pub const fn carrier(&self) -> Option<LinkId> {
        self.streams.carrier
    }

    pub(super) fn receive_carried(&mut self, now: Time, link: LinkId, carried: Carried) {
        let packet = websocket::decode(self.settings.version, carried);
        if self.streams.carrier == Some(link) {
            return self.queue(now, packet);
        }
        let Some(probe) = self.streams.probe(link) else {
            return;
        };
        match packet {
            Ok(Packet::Ping(data)) if data == PROBE => {
                probe.stage = Stage::Asked;
                self.outputs.push_back(Output::Wake(link));
                self.release_for_upgrade(now);
            }
            Ok(Packet::Upgrade) => self.upgrade(now, link),
            _ => self.streams.probe = None,
        }
    }

    fn upgrade(&mut self, now: Time, link: LinkId) {
        self.streams.probe = None;
        self.streams.carrier = Some(link);
        self.refuse_polls();
        self.session.confirm(now);
        self.session.carry(now, Transport::WebSocket);
    }

    pub(super) fn lose_stream(&mut self, now: Time, link: LinkId, ending: Ending) {
        if self.streams.carrier == Some(link) {
            self.end(now, ending);
        } else if self.streams.probe(link).is_some() {
            self.streams.probe = None;
        }
    }

    pub(super) fn wake_carrier(&mut self) {
        self.outputs.extend(self.streams.carrier.map(Output::Wake));
    }

    /// It is over: all WebSockets look, and find that nothing is left for them. From here on the session's deadlines are
    /// nobody's of them.
    pub(super) fn let_streams_go(&mut self) {
        let probe = self.streams.probe.take().map(|probe| probe.link);
        let links = self.streams.carrier.take().into_iter().chain(probe);
        self.outputs.extend(links.map(Output::Wake));
    }

    /// The next message for that WebSocket. Call it while the socket has room.
    pub fn transmit(&mut self, now: Time, link: LinkId) -> Transmit<Carried> {
        let transmit = self.leave(now, link);
        self.forward();
        transmit.map(|packet| self.settings.encode(&packet))
    }

    /// The same, written as a frame of WebSocket behind whatever is there; before it the application's messages, when they are
    /// next, until there are so many bytes. With so many there nothing is written, and the caller makes room first.
    pub fn write(
        &mut self,
        now: Time,
        link: LinkId,
        most: usize,
        out: &mut Vec<u8>,
    ) -> Transmit<()> {
        if self.are_messages_next(link) {
            self.write_messages(now, most, out);
        }
        if out.len() >= most {
            return Transmit::Frame(());
        }
        let next = self.transmit(now, link);
        next.map(|carried| write::message(&carried, out))
    }

    /// Whether nothing goes before messages on that WebSocket.
    fn are_messages_next(&self, link: LinkId) -> bool {
        let is_carried = self.streams.carrier == Some(link) && !self.is_over();
        is_carried && self.streams.opening == Opening::Over && !self.heartbeat.is_due()
    }

    fn write_messages(&mut self, now: Time, most: usize, out: &mut Vec<u8>) {
        let before = out.len();
        while out.len() < most
            && let Some(message) = self.session.next_item().and_then(Logged::body)
        {
            self.settings.write(message, out);
            self.session.advance();
        }
        if out.len() > before {
            // A client that does not get what its WebSocket took is gone, and opens a new session.
            self.session.confirm(now);
        }
    }

    fn leave(&mut self, now: Time, link: LinkId) -> Transmit<Packet> {
        if self.is_over() {
            return Transmit::End(None);
        }
        if self.streams.carrier == Some(link) {
            return self.leave_on_carrier(now);
        }
        match self.streams.probe(link) {
            None => Transmit::End(None),
            Some(probe) if probe.stage == Stage::Asked => {
                probe.stage = Stage::Answered;
                Transmit::Frame(Packet::Pong(PROBE.into()))
            }
            Some(_) => Transmit::Idle,
        }
    }

    fn leave_on_carrier(&mut self, now: Time) -> Transmit<Packet> {
        if matches!(self.streams.opening, Opening::Held(_)) {
            return Transmit::Idle;
        }
        if let Some(packet) = self.next_packet() {
            return Transmit::Frame(packet);
        }
        let Some(logged) = self.session.next_item() else {
            return Transmit::Idle;
        };
        let message = logged.body().map(Message::from);
        self.session.advance();
        self.session.confirm(now);
        message.map_or(Transmit::End(None), |message| {
            Transmit::Frame(Packet::Message(message))
        })
    }

    /// What goes before messages.
    fn next_packet(&mut self) -> Option<Packet> {
        if self.streams.opening == Opening::Due {
            self.streams.opening = Opening::Over;
            return Some(self.opening());
        }
        self.heartbeat.next()
    }
}
