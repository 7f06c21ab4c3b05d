//! A WebSocket link that carries the session: frames one by one, in both directions (spec §4.1, §9).

use crate::link::{Link, LinkEnd, LinkId, Stage};
use crate::session::{Client, Output};
use std::time::Duration;
use throughline_core::Time;
use throughline_core::wire::native::{Begin, Cursors, Frame, Item, Token, WireLimits};

/// How long the server may take to answer `begin`.
const BEGINNING: Duration = Duration::from_secs(5);
/// How long the answer to a probe may take (spec LIV-3).
const PROBING: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(crate) struct Stream {
    generation: u64,
    /// The number of the next sequenced frame to send.
    next: u64,
    /// The number of the next one to come; unknown until the server's `begin`.
    expected: Option<u64>,
    /// When the link is dead unless something arrives.
    dead_by: Time,
    /// After how much silence it is dead (spec LIV-2).
    silence: Duration,
    pings: u64,
}

impl Stream {
    pub(crate) fn new(now: Time, generation: u64, next: u64, limits: WireLimits) -> Self {
        Self {
            generation,
            next,
            expected: None,
            dead_by: now + BEGINNING,
            silence: Duration::from_millis(limits.heartbeat + limits.timeout),
            pings: 0,
        }
    }

    pub(crate) fn begin(&self, cursors: Cursors) -> Begin {
        Begin {
            generation: self.generation,
            cursors,
            first: self.next,
        }
    }

    pub(crate) fn deadline(&self) -> Time {
        self.dead_by
    }

    /// Any frame is a sign of life, but the first one has to be `begin`.
    fn hear(&mut self, now: Time) {
        if self.expected.is_some() {
            self.dead_by = now + self.silence;
        }
    }
}

/// A sequence number as it stands in a header (spec FRM-1).
fn seq_mod(seq: u64) -> u8 {
    (seq % 32) as u8
}

impl Client {
    pub(crate) fn receive_frame(&mut self, now: Time, id: LinkId, frame: Frame) {
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        if let Stage::Stream(stream) = &mut link.stage {
            stream.hear(now);
        }
        match frame {
            Frame::Welcome(welcome) => self.receive_welcome(now, id, &welcome),
            Frame::Refuse(refuse) => self.receive_refusal(id, *refuse),
            Frame::Abort(abort) if self.credentials.is_some() => self.receive_abort(*abort),
            frame => self.receive_on_stream(now, id, frame),
        }
    }

    fn receive_on_stream(&mut self, now: Time, id: LinkId, frame: Frame) {
        let Some(Link {
            stage: Stage::Stream(stream),
            ..
        }) = self.links.get_mut(&id)
        else {
            return self.lose(id, LinkEnd::Gap);
        };
        let generation = stream.generation;
        match (frame, stream.expected) {
            (Frame::Fenced(_), _) => self.receive_fenced(id, generation),
            (Frame::Stale(_), _) => self.lose(id, LinkEnd::Stale),
            (Frame::Begin(begin), None) => self.receive_begin(now, id, begin),
            (Frame::Sequenced(header, item), Some(expected)) => {
                self.receive_item(now, id, header, expected, item);
            }
            (Frame::Ack(cursors), Some(_)) => self.receive_cursors(now, cursors),
            (Frame::Ping(nonce), Some(_)) => {
                self.outputs
                    .push_back(Output::Frame(id, Frame::Pong(nonce)));
            }
            (Frame::Pong(_), Some(_)) => {}
            (Frame::TokenAccepted(accepted), Some(_)) => self.receive_token(accepted),
            _ => self.lose(id, LinkEnd::Gap),
        }
    }

    fn receive_begin(&mut self, now: Time, id: LinkId, begin: Begin) {
        let received = self.inbox.cursors().received;
        let Some(Link {
            stage: Stage::Stream(stream),
            ..
        }) = self.links.get_mut(&id)
        else {
            return;
        };
        if begin.generation != stream.generation || begin.first > received + 1 {
            return self.lose(id, LinkEnd::Gap);
        }
        stream.expected = Some(begin.first);
        stream.hear(now);
        self.confirm();
        self.receive_cursors(now, begin.cursors);
    }

    fn receive_item(&mut self, now: Time, id: LinkId, header: u8, expected: u64, item: Item) {
        if header != seq_mod(expected) {
            return self.lose(id, LinkEnd::Gap);
        }
        if let Some(Link {
            stage: Stage::Stream(stream),
            ..
        }) = self.links.get_mut(&id)
        {
            stream.expected = Some(expected + 1);
        }
        self.accept(now, expected, item);
    }

    pub(crate) fn accept(&mut self, now: Time, seq: u64, item: Item) {
        let bounds = self.bounds();
        if let Err(code) = self.inbox.accept(seq, item, bounds) {
            self.violate(now, code);
        }
    }

    pub(crate) fn receive_cursors(&mut self, now: Time, cursors: Cursors) {
        if let Err(code) = self.log.acknowledge(cursors) {
            self.violate(now, code);
        }
    }

    /// Sends all that is in the log and was not sent on this link.
    pub(crate) fn settle_stream(&mut self) {
        let Some(id) = self.current else {
            return;
        };
        let Some(Link {
            stage: Stage::Stream(stream),
            ..
        }) = self.links.get_mut(&id)
        else {
            return;
        };
        while let Some(item) = self.log.get(stream.next) {
            let frame = Frame::Sequenced(seq_mod(stream.next), item.clone());
            self.outputs.push_back(Output::Frame(id, frame));
            stream.next += 1;
        }
    }

    pub(crate) fn send_cursors(&mut self) {
        if let Some(id) = self.current {
            let ack = Frame::Ack(self.inbox.report());
            self.outputs.push_back(Output::Frame(id, ack));
        }
    }

    pub(crate) fn send_token(&mut self, id: LinkId, token: String) {
        let token = Frame::Token(Token { token });
        self.outputs.push_back(Output::Frame(id, token));
    }

    /// Asks for a sign of life, soon (spec LIV-3).
    pub(crate) fn probe(&mut self, now: Time) {
        let Some(id) = self.current else {
            return;
        };
        match self.links.get_mut(&id).map(|link| &mut link.stage) {
            Some(Stage::Stream(stream)) => {
                stream.pings += 1;
                stream.dead_by = stream.dead_by.min(now + PROBING);
                let ping = Frame::Ping(stream.pings);
                self.outputs.push_back(Output::Frame(id, ping));
            }
            Some(Stage::Polled(_)) => self.poll_anew(now),
            _ => {}
        }
    }
}
