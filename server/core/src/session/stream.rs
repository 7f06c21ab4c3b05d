//! A WebSocket link: frames one by one, in both directions.
//!
//! The driver pulls with `transmit` whenever its socket has room, so nothing is queued twice: control
//! frames are facts that wait to be told, messages are read from the log. A frame that does not fit
//! fails the link, never the session (spec FRM-2).

use super::log::Log;
use super::{Link, LinkError, Output, Phase, Session, Timer};
use crate::session::generations::Standing;
use crate::session::inbox::Inbox;
use crate::time::Time;
use crate::wire::native::{Begin, Frame, Item, TokenAccepted};

/// What a WebSocket link has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transmit<F = Frame> {
    /// Send this frame and ask again.
    Frame(F),
    /// Nothing, until the session says [`Output::Wake`].
    Idle,
    /// Send this frame if there is one, then close the connection.
    End(Option<F>),
}

#[derive(Debug)]
pub(super) struct Stream {
    /// The number of the next sequenced frame to send.
    next: u64,
    /// The number of the next sequenced frame to come.
    expected: u64,
    begin: BeginReply,
    ping: Option<u64>,
    pings: u64,
    pong: Option<u64>,
    tell_cursors: bool,
    heard: Time,
    /// The driver knows that there is something to send.
    roused: bool,
}

/// Our own `begin`, which goes before everything else (spec ATT-10).
#[derive(Debug, PartialEq, Eq)]
enum BeginReply {
    Due,
    Sent,
}

impl Stream {
    fn new(now: Time, next: u64, expected: u64) -> Self {
        Self {
            next,
            expected,
            begin: BeginReply::Due,
            ping: None,
            pings: 0,
            pong: None,
            tell_cursors: false,
            heard: now,
            roused: false,
        }
    }

    /// Whether there are frames that must not wait.
    pub(super) fn has_frames(&self, log: &Log) -> bool {
        self.begin == BeginReply::Due
            || self.ping.is_some()
            || self.pong.is_some()
            || self.tell_cursors
            || self.next <= log.last()
    }

    /// The number of the next sequenced frame to send.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// When the client gave its last sign of life.
    pub(super) fn heard(&self) -> Time {
        self.heard
    }

    pub(super) fn tell_cursors(&mut self) {
        self.tell_cursors = true;
    }

    /// Says whether the driver must be woken: once, until it has found nothing more to send.
    pub(super) fn rouse(&mut self) -> bool {
        !std::mem::replace(&mut self.roused, true)
    }

    fn next_frame(
        &mut self,
        generation: u64,
        log: &Log,
        inbox: &mut Inbox,
        token: &mut Option<TokenAccepted>,
    ) -> Option<Frame> {
        if self.begin == BeginReply::Due {
            self.begin = BeginReply::Sent;
            return Some(Frame::Begin(Begin {
                generation,
                cursors: inbox.report(),
                first: self.next,
            }));
        }
        if let Some(nonce) = self.pong.take() {
            return Some(Frame::Pong(nonce));
        }
        if let Some(nonce) = self.ping.take() {
            return Some(Frame::Ping(nonce));
        }
        if let Some(accepted) = token.take() {
            return Some(Frame::TokenAccepted(accepted));
        }
        if self.tell_cursors || inbox.is_urgent() {
            self.tell_cursors = false;
            return Some(Frame::Ack(inbox.report()));
        }
        let item = log.get(self.next)?.clone();
        if matches!(item, Item::Close(_)) {
            // It tells the final cursors (spec CLS-3).
            inbox.report();
        }
        let frame = Frame::Sequenced(seq_mod(self.next), item);
        self.next += 1;
        Some(frame)
    }
}

/// A sequence number as it stands in a header (spec FRM-1).
fn seq_mod(seq: u64) -> u8 {
    (seq % 32) as u8
}

impl Session {
    /// The next frame for the WebSocket link of that generation. Call it while the socket has room.
    pub fn transmit(&mut self, now: Time, generation: u64) -> Transmit {
        if let Some(end) = self.stream_end(generation) {
            return end;
        }
        let Link::Stream(stream) = &mut self.link else {
            return Transmit::End(None);
        };
        let token = &mut self.token_accepted;
        match stream.next_frame(generation, &self.log, &mut self.inbox, token) {
            Some(frame) => Transmit::Frame(frame),
            None => {
                stream.roused = false;
                self.settle(now);
                Transmit::Idle
            }
        }
    }

    /// The last word on a link that carries the session no more.
    fn stream_end(&self, generation: u64) -> Option<Transmit> {
        let current = self.generations.current();
        if let Phase::Ended(tombstone, ending) = &self.phase {
            let orderly = *ending == super::Ending::Orderly && generation == current;
            let abort = (!orderly).then(|| Frame::Abort(Box::new(tombstone.abort())));
            return Some(Transmit::End(abort));
        }
        match generation {
            older if older < current => Some(Transmit::End(Some(Frame::Fenced(current)))),
            unknown if unknown > current => Some(Transmit::End(Some(Frame::Stale(unknown)))),
            _ => None,
        }
    }

    pub(super) fn begin_stream(&mut self, now: Time, begin: Begin) {
        if matches!(self.phase, Phase::Ended(..)) {
            return;
        }
        match self.generations.standing(now, begin.generation) {
            Standing::Offered => {}
            // The driver asks `transmit`, which has the answer for these.
            Standing::Fenced | Standing::Stale => return,
            Standing::Current => return self.repeat_begin(now, begin.generation),
        }
        if begin.first > self.inbox.cursors().received + 1 {
            // Numbers that leave a gap cannot be the client's; the offer stays for a better begin.
            let failed = Output::LinkFailed(begin.generation, LinkError::Gap);
            self.outputs.push_back(failed);
            return;
        }
        if let Err(violation) = self.log.acknowledge(begin.cursors) {
            return self.violate(violation);
        }
        let next = begin.cursors.received.max(self.log.peer().ack) + 1;
        let stream = Stream::new(now, next, begin.first);
        self.begin(now, begin.generation, Link::Stream(stream));
        self.timers
            .set(Timer::Heartbeat, now + self.limits.heartbeat);
    }

    /// A generation begins once; it cannot be two links.
    fn repeat_begin(&mut self, now: Time, generation: u64) {
        if matches!(self.link, Link::Stream(_)) {
            self.fail_stream(now, LinkError::Unexpected);
        } else {
            let failed = Output::LinkFailed(generation, LinkError::Unexpected);
            self.outputs.push_back(failed);
        }
    }

    pub(super) fn receive_frame(&mut self, now: Time, generation: u64, frame: Frame) {
        if generation != self.generations.current() {
            return;
        }
        let Link::Stream(stream) = &mut self.link else {
            return;
        };
        stream.heard = now;
        match frame {
            Frame::Sequenced(seq_mod, item) => self.receive_item(now, seq_mod, item),
            Frame::Ack(cursors) => self.receive_cursors(now, cursors),
            Frame::Ping(nonce) => stream.pong = Some(nonce),
            Frame::Pong(_) => {}
            Frame::Token(token) => self.outputs.push_back(Output::Token(token.token)),
            Frame::Abort(abort) => self.receive_abort(abort),
            _ => self.fail_stream(now, LinkError::Unexpected),
        }
    }

    fn receive_item(&mut self, now: Time, header: u8, item: Item) {
        let Link::Stream(stream) = &mut self.link else {
            return;
        };
        let seq = stream.expected;
        if header != seq_mod(seq) {
            return self.fail_stream(now, LinkError::Gap);
        }
        if let Err(violation) = self.inbox.check(seq, std::slice::from_ref(&item)) {
            return self.violate(violation);
        }
        stream.expected += 1;
        self.accept(now, seq, item);
    }

    /// Takes a sequenced frame into the inbox.
    pub(super) fn accept(&mut self, now: Time, seq: u64, item: Item) {
        let was_closed = self.inbox.close().is_some();
        self.inbox.accept(seq, item);
        if !was_closed && self.inbox.close().is_some() {
            self.progress_end(now);
        }
    }

    pub(super) fn receive_cursors(&mut self, now: Time, cursors: crate::wire::native::Cursors) {
        match self.log.acknowledge(cursors) {
            Ok(true) => self.progress_end(now),
            Ok(false) => {}
            Err(violation) => self.violate(violation),
        }
    }

    fn fail_stream(&mut self, now: Time, error: LinkError) {
        let generation = self.generations.current();
        self.outputs
            .push_back(Output::LinkFailed(generation, error));
        self.detach(now);
        self.outputs.push_back(Output::Wake(generation));
    }

    pub(super) fn lose_stream(&mut self, now: Time, generation: u64) {
        if generation == self.generations.current() && matches!(self.link, Link::Stream(_)) {
            self.detach(now);
        }
    }

    /// Pings a link that was silent for `heartbeat` (spec LIV-1).
    pub(super) fn ping(&mut self, now: Time) {
        let Link::Stream(stream) = &mut self.link else {
            return;
        };
        let due = stream.heard + self.limits.heartbeat;
        if now < due {
            self.timers.set(Timer::Heartbeat, due);
            return;
        }
        stream.pings += 1;
        stream.ping = Some(stream.pings);
        self.timers
            .set(Timer::Heartbeat, now + self.limits.heartbeat);
        if self.timers.get(Timer::Link).is_none() {
            self.timers.set(Timer::Link, now + self.limits.timeout);
        }
    }

    /// Gives up a link that stayed silent after the ping (spec LIV-2).
    pub(super) fn check_silence(&mut self, now: Time) {
        let Link::Stream(stream) = &self.link else {
            return;
        };
        if now >= stream.heard + self.limits.heartbeat + self.limits.timeout {
            self.fail_stream(now, LinkError::Silent);
        }
    }
}
