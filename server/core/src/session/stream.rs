//! A WebSocket link: frames one by one, in both directions.
//!
//! The driver pulls with `transmit` whenever its socket has room, so nothing is queued twice: control
//! frames are facts that wait to be told, messages are read from the log. A frame that does not fit
//! fails the link, never the session (spec FRM-2).

use super::flush::EARLY_ACK;
use super::log::{Log, Logged};
use super::{Link, LinkError, Output, Phase, Session, Timer};
use crate::session::generations::Standing;
use crate::session::inbox::Inbox;
use crate::time::Time;
use crate::wire::native::websocket;
use crate::wire::native::{Begin, Frame, Item, TokenAccepted, modulo};

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

impl<F> Transmit<F> {
    /// The same, with the frame in another form.
    #[must_use]
    pub fn map<G>(self, form: impl FnOnce(F) -> G) -> Transmit<G> {
        match self {
            Self::Frame(frame) => Transmit::Frame(form(frame)),
            Self::Idle => Transmit::Idle,
            Self::End(last) => Transmit::End(last.map(form)),
        }
    }
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
    /// Sequenced frames have left since the driver last found nothing to send.
    has_sent: bool,
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
            has_sent: false,
            heard: now,
            roused: false,
        }
    }

    /// Whether there are frames that must not wait.
    pub(super) fn has_frames(&self, log: &Log) -> bool {
        self.has_facts() || self.next <= log.last()
    }

    fn has_facts(&self) -> bool {
        self.begin == BeginReply::Due
            || self.ping.is_some()
            || self.pong.is_some()
            || self.tell_cursors
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
        if let Some(frame) = self.next_fact(generation, inbox, token) {
            return Some(frame);
        }
        let logged = log.get(self.next)?;
        if matches!(logged, Logged::Close(_)) {
            // It tells the final cursors (spec CLS-3).
            inbox.report();
        }
        let seq = self.next;
        self.next += 1;
        self.has_sent = true;
        Some(Frame::Sequenced(modulo(seq), logged.into()))
    }

    /// Writes messages; the caller knows that nothing goes before them.
    fn write_messages(&mut self, log: &Log, most: usize, out: &mut Vec<u8>) {
        for body in log.bodies(self.next) {
            websocket::write_message(self.next, body, out);
            self.next += 1;
            self.has_sent = true;
            if out.len() >= most {
                break;
            }
        }
    }

    /// What goes before messages.
    fn next_fact(
        &mut self,
        generation: u64,
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
        None
    }
}

impl Session {
    /// The next frame for the WebSocket link of that generation. Call it while the socket has room.
    pub fn transmit(&mut self, now: Time, generation: u64) -> Transmit {
        if let Some(last) = self.last_word(generation) {
            return Transmit::End(last);
        }
        let Link::Stream(stream) = &mut self.link else {
            return Transmit::End(None);
        };
        let token = &mut self.token_accepted;
        let next = stream.next_frame(generation, &self.log, &mut self.inbox, token);
        next.or_else(|| self.rest(now))
            .map_or(Transmit::Idle, Transmit::Frame)
    }

    /// The same, written as a frame of WebSocket behind whatever is there, and ahead of it the messages that can go before, as
    /// far as there are not so many bytes. With so many there nothing is written, and the caller makes room first.
    pub fn write(
        &mut self,
        now: Time,
        generation: u64,
        most: usize,
        out: &mut Vec<u8>,
    ) -> Transmit<()> {
        self.write_messages(generation, most, out);
        if out.len() >= most {
            return Transmit::Frame(());
        }
        let next = self.transmit(now, generation);
        next.map(|frame| websocket::write(&frame, out))
    }

    /// Writes messages, if they are next for that link.
    fn write_messages(&mut self, generation: u64, most: usize, out: &mut Vec<u8>) {
        let is_carried =
            generation == self.generations.current() && matches!(self.phase, Phase::Open);
        let has_facts = self.token_accepted.is_some() || self.inbox.is_urgent();
        if let Link::Stream(stream) = &mut self.link
            && is_carried
            && !has_facts
            && !stream.has_facts()
        {
            stream.write_messages(&self.log, most, out);
        }
    }

    /// Nothing is left to send. But what would have to be told soon goes with the messages that leave now, since a frame in
    /// the same write costs less than a write of its own (spec SEQ-6).
    fn rest(&mut self, now: Time) -> Option<Frame> {
        let Link::Stream(stream) = &mut self.link else {
            return None;
        };
        let is_soon = |due| due <= now + EARLY_ACK;
        if std::mem::take(&mut stream.has_sent)
            && self.inbox.is_unreported()
            && self.timers.get(Timer::Ack).is_some_and(is_soon)
        {
            self.timers.clear(Timer::Ack);
            return Some(Frame::Ack(self.inbox.report()));
        }
        stream.roused = false;
        self.settle(now);
        None
    }

    /// On a link that carries the session no more: its last word, where there is one.
    fn last_word(&self, generation: u64) -> Option<Option<Frame>> {
        let current = self.generations.current();
        if let Phase::Ended(tombstone, ending) = &self.phase {
            let orderly = *ending == super::Ending::Orderly && generation == current;
            return Some((!orderly).then(|| Frame::Abort(Box::new(tombstone.abort()))));
        }
        match generation {
            older if older < current => Some(Some(Frame::Fenced(current))),
            unknown if unknown > current => Some(Some(Frame::Stale(unknown))),
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
            Frame::Abort(abort) => self.receive_abort(*abort),
            _ => self.fail_stream(now, LinkError::Unexpected),
        }
    }

    fn receive_item(&mut self, now: Time, header: u8, item: Item) {
        let Link::Stream(stream) = &mut self.link else {
            return;
        };
        let seq = stream.expected;
        if header != modulo(seq) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::message::Message;
    use crate::session::{Input, Setup, Take};
    use crate::wire::native::{Cursors, Secret};

    fn at(ms: u64) -> Time {
        Time::from_millis(ms)
    }

    /// A session on a WebSocket, whose application has taken one message at 0 ms.
    fn session() -> Session {
        let setup = Setup {
            id: "a".to_owned(),
            secret: Secret::new([7; 16]),
            limits: Limits::default(),
            window: None,
            protocol: None,
            token_expires: None,
        };
        let (mut session, welcome) = Session::open(at(0), setup);
        let begin = Begin {
            generation: welcome.generation,
            cursors: Cursors::default(),
            first: 1,
        };
        session.handle(at(0), Input::Begin(begin));
        let item = Item::Message("one".into());
        session.handle(at(0), Input::Frame(1, Frame::Sequenced(1, item)));
        assert_eq!(session.take(at(0)), Take::Message("one".into()));
        assert!(matches!(frames(&mut session, 0)[..], [Frame::Begin(_)]));
        session
    }

    /// All that leaves at that moment.
    fn frames(session: &mut Session, ms: u64) -> Vec<Frame> {
        let next = || match session.transmit(at(ms), 1) {
            Transmit::Frame(frame) => Some(frame),
            Transmit::Idle => None,
            Transmit::End(_) => panic!("the link carries the session"),
        };
        std::iter::from_fn(next).collect()
    }

    fn message(seq_mod: u8) -> Frame {
        Frame::Sequenced(seq_mod, Item::Message(Message::text("two")))
    }

    fn ack(taken: u64) -> Frame {
        Frame::Ack(Cursors {
            received: taken,
            ack: taken,
        })
    }

    fn take_one_more(session: &mut Session, ms: u64) {
        let item = Item::Message("more".into());
        session.handle(at(ms), Input::Frame(1, Frame::Sequenced(2, item)));
        assert_eq!(session.take(at(ms)), Take::Message("more".into()));
    }

    // spec: SEQ-6
    #[test]
    fn cursors_that_have_waited_go_with_messages() {
        let mut session = session();
        take_one_more(&mut session, 0);
        session.send(at(99), &"two".into()).unwrap();
        assert_eq!(frames(&mut session, 99), [message(1)]);
        session.send(at(100), &"two".into()).unwrap();
        assert_eq!(frames(&mut session, 100), [message(2), ack(2)]);
        session.handle(at(200), Input::Timeout);
        assert_eq!(frames(&mut session, 200), []);
    }

    // spec: SEQ-6
    #[test]
    fn cursors_that_no_message_takes_along_are_told_in_their_time() {
        let mut session = session();
        take_one_more(&mut session, 0);
        assert_eq!(frames(&mut session, 190), []);
        session.handle(at(200), Input::Timeout);
        assert_eq!(frames(&mut session, 200), [ack(2)]);
        session.send(at(210), &"two".into()).unwrap();
        assert_eq!(frames(&mut session, 210), [message(1)]);
    }

    #[test]
    fn what_is_written_is_what_is_handed_out() {
        let messages: [Message; 4] = [
            "é".into(),
            vec![0xff].into(),
            "".into(),
            "a".repeat(9000).into(),
        ];
        let sender = || {
            let mut session = session();
            session.send_together(at(100), &messages).unwrap();
            session.close(at(100), crate::Code::NORMAL, "bye").unwrap();
            session
        };
        let (mut expected, mut written) = (Vec::new(), Vec::new());
        for frame in frames(&mut sender(), 100) {
            websocket::write(&frame, &mut expected);
        }
        let mut session = sender();
        while session.write(at(100), 1, usize::MAX, &mut written) == Transmit::Frame(()) {}
        assert!(expected.len() > 9000);
        assert_eq!(written, expected);
    }

    #[test]
    fn no_more_is_written_than_is_asked_for_and_what_goes_before_messages_does() {
        let mut session = session();
        let messages: [Message; 3] = ["a".into(), "b".into(), "c".into()];
        session.send_together(at(0), &messages).unwrap();
        session.handle(at(0), Input::Frame(1, Frame::Ping(7)));
        let mut written = Vec::new();
        let mut write = |most| {
            written.clear();
            (session.write(at(0), 1, most, &mut written), written.len())
        };
        assert_eq!(write(1), (Transmit::Frame(()), 4), "the pong");
        assert_eq!(write(5), (Transmit::Frame(()), 8), "two messages");
        assert_eq!(write(5), (Transmit::Idle, 4), "the last");
    }
}
