//! Who receives: one WebSocket, streaming response or poll at a time.
//!
//! A second one is turned away, but only after a moment: the first may be gone without anybody having seen it yet. When the
//! first is gone, so is the session, and the second opens a new one. A poll whose client stamps it may be
//! sent again by its browser, and is waited for instead. Such a poll has no answer before its client can make another stamp: the
//! frame is cut then, with all that was said meanwhile.

use super::heartbeat::Heartbeat;
use super::stamp::Stamp;
use super::{Answer, Connection, Down, Ending, LinkId};
use crate::session::{self, Output, RequestId};
use crate::time::Time;
use crate::wire::sockjs::{self, Transport};
use std::collections::VecDeque;
use std::time::Duration;

/// How long a second receiver waits for the first to be gone, in steps: after each, the driver has its turn. A process that was
/// not run for long finds a timer that is late before it finds the connection that was lost.
const STEP: Duration = Duration::from_millis(20);
const STEPS: u32 = 10;
/// As many wait at once, and as many repetitions of a poll.
const MOST_RIVALS: usize = 4;
/// How long a poll may be gone before its repetition comes.
const REPETITION: Duration = Duration::from_secs(1);
/// What a second receiver is told.
const ANOTHER: (u16, &str) = (2010, "Another connection still open");

#[derive(Debug, Default)]
pub(super) enum Receiver {
    #[default]
    None,
    Poll(Poll),
    Stream(Stream),
}

/// A request that is answered with one frame.
#[derive(Debug)]
pub(super) struct Poll {
    /// The request and its repetitions; none while it is gone and a repetition may come.
    pub(super) requests: Vec<RequestId>,
    pub(super) transport: Transport,
    stamp: Option<Stamp>,
    /// There is no answer before that.
    not_before: Option<Time>,
    gone: Option<Time>,
}

/// A WebSocket, or a response that goes on.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) link: LinkId,
    pub(super) transport: Transport,
    /// How much was said on it, in bytes.
    pub(super) said: usize,
    /// All that is left to say.
    pub(super) last: Option<VecDeque<Down>>,
}

/// A request that wants to receive.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) id: RequestId,
    pub(super) transport: Transport,
    pub(super) stamp: Option<Stamp>,
    pub(super) not_before: Time,
}

/// One that came while another was there.
#[derive(Debug)]
pub(super) struct Rival {
    pub(super) asked: Asked,
    /// When its next step is over.
    until: Time,
    /// As many follow.
    steps: u32,
}

impl Poll {
    /// Whether a request is this one again.
    fn is_same(&self, asked: &Asked) -> bool {
        let is_stamped = self.stamp.is_some() && self.stamp == asked.stamp;
        is_stamped && self.transport == asked.transport
    }

    fn may_be_answered(&self, now: Time) -> bool {
        !self.requests.is_empty() && self.not_before.is_none_or(|moment| moment <= now)
    }
}

impl Receiver {
    pub(super) fn is_attached(&self) -> bool {
        match self {
            Self::None => false,
            Self::Poll(poll) => !poll.requests.is_empty(),
            Self::Stream(_) => true,
        }
    }

    const fn poll(&self) -> Option<&Poll> {
        match self {
            Self::Poll(poll) => Some(poll),
            Self::None | Self::Stream(_) => None,
        }
    }

    fn gone(&self) -> Option<Time> {
        self.poll()?.gone
    }
}

/// What the application learns of it.
const fn carrier(transport: &Transport) -> session::Transport {
    match transport {
        Transport::WebSocket | Transport::RawWebSocket => session::Transport::WebSocket,
        Transport::XhrStreaming | Transport::EventSource | Transport::HtmlFile(_) => {
            session::Transport::HttpStream
        }
        Transport::XhrPolling | Transport::JsonpPolling(_) => session::Transport::LongPoll,
    }
}

impl Connection {
    /// Whether this request is the poll that receives.
    #[must_use]
    pub fn is_received_by(&self, id: RequestId) -> bool {
        let poll = self.receiver.poll();
        poll.is_some_and(|poll| poll.requests.contains(&id))
    }

    /// A request that wants to receive.
    pub(super) fn receive_receiver(&mut self, now: Time, asked: Asked) {
        if let Some(parting) = &self.parting {
            let frame = asked.transport.wrap(parting.frame());
            return self.answer(asked.id, Answer::Frame(frame));
        }
        if self.is_over() {
            return self.answer(asked.id, Answer::Over);
        }
        match &mut self.receiver {
            Receiver::Poll(poll) if poll.is_same(&asked) => self.join(asked.id),
            receiver if receiver.is_attached() => self.rival(now, asked),
            Receiver::Poll(_) => {
                // Its browser does something else than to repeat it.
                self.end(now, Ending::LOST, Vec::new());
                self.answer(asked.id, Answer::Over);
            }
            Receiver::None | Receiver::Stream(_) => self.attach(now, asked),
        }
    }

    fn join(&mut self, id: RequestId) {
        let Receiver::Poll(poll) = &mut self.receiver else {
            return;
        };
        if poll.requests.len() == MOST_RIVALS {
            let frame = poll.transport.wrap(another());
            return self.answer(id, Answer::Frame(frame));
        }
        poll.gone = None;
        poll.requests.push(id);
    }

    fn rival(&mut self, now: Time, asked: Asked) {
        self.rivals.push(Rival {
            asked,
            until: now + STEP,
            steps: STEPS - 1,
        });
        if self.rivals.len() > MOST_RIVALS {
            self.turn_away(0);
        }
    }

    fn step_rivals(&mut self, now: Time) {
        for rival in self.rivals.iter_mut().filter(|rival| rival.until <= now) {
            let steps = rival.steps.checked_sub(1);
            rival.steps = steps.unwrap_or_default();
            if steps.is_some() {
                rival.until = now + STEP;
            }
        }
        while self.rivals.first().is_some_and(|rival| rival.until <= now) {
            self.turn_away(0);
        }
    }

    fn turn_away(&mut self, index: usize) {
        let Asked { id, transport, .. } = self.rivals.remove(index).asked;
        let frame = transport.wrap(another());
        self.answer(id, Answer::Frame(frame));
    }

    /// The first has had its answer, so the one that waits for it is next.
    fn seat_rival(&mut self, now: Time) {
        let is_free = matches!(self.receiver, Receiver::None) && !self.is_over();
        if is_free && !self.rivals.is_empty() {
            let rival = self.rivals.remove(0);
            self.attach(now, rival.asked);
        }
    }

    fn attach(&mut self, now: Time, asked: Asked) {
        if !self.repeat(now, asked.stamp.as_ref()) {
            self.session.confirm(now);
        }
        if asked.transport.is_streaming() {
            self.answer(asked.id, Answer::Streaming(asked.id));
            return self.open_stream(now, asked.id, asked.transport);
        }
        self.carry(now, &asked.transport);
        self.receiver = Receiver::Poll(Poll {
            requests: vec![asked.id],
            transport: asked.transport,
            stamp: asked.stamp,
            not_before: Some(asked.not_before).filter(|moment| *moment > now),
            gone: None,
        });
    }

    /// A WebSocket or a response receives from now on.
    pub(super) fn open_stream(&mut self, now: Time, link: LinkId, transport: Transport) {
        self.carry(now, &transport);
        self.receiver = Receiver::Stream(Stream {
            link,
            transport,
            said: 0,
            last: None,
        });
        self.wake_stream();
    }

    fn carry(&mut self, now: Time, transport: &Transport) {
        let carrier = carrier(transport);
        if self.session.transport() != Some(carrier) {
            self.session.carry(now, carrier);
        }
        self.absent = None;
        self.heartbeat = Heartbeat::new(now + self.settings.heartbeat_delay);
    }

    /// The receiver has had its answer, and the next one is awaited.
    pub(super) fn await_receiver(&mut self, now: Time) -> Receiver {
        self.absent = Some(now + self.settings.disconnect_delay);
        std::mem::take(&mut self.receiver)
    }

    /// The stream that receives, when it is this one.
    pub(super) fn stream(&mut self, link: LinkId) -> Option<&mut Stream> {
        match &mut self.receiver {
            Receiver::Stream(stream) if stream.link == link => Some(stream),
            _ => None,
        }
    }

    pub(super) fn wake_stream(&mut self) {
        if let Receiver::Stream(stream) = &self.receiver {
            self.outputs.push_back(Output::Wake(stream.link));
        }
    }

    pub(super) fn lose_link(&mut self, now: Time, link: LinkId) {
        if self.stream(link).is_some() {
            self.end(now, Ending::LOST, Vec::new());
            self.receiver = Receiver::None;
        }
    }

    /// A client that receives by polls does not go away and come back, unless its browser repeats the request.
    pub(super) fn forget_request(&mut self, now: Time, id: RequestId) {
        self.uplink.forget(id);
        self.rivals.retain(|rival| rival.asked.id != id);
        // The response was about to stream.
        self.lose_link(now, id);
        let Receiver::Poll(poll) = &mut self.receiver else {
            return;
        };
        let was_attached = !poll.requests.is_empty();
        poll.requests.retain(|request| *request != id);
        if !was_attached || !poll.requests.is_empty() {
            return;
        }
        if poll.stamp.is_some() && self.rivals.is_empty() {
            poll.gone = Some(now + REPETITION);
        } else {
            self.end(now, Ending::LOST, Vec::new());
        }
    }

    pub(super) fn receiver_deadline(&self) -> Option<Time> {
        let rivals = self.rivals.iter().map(|rival| rival.until).min();
        let gone = self.receiver.gone();
        let not_before = self.receiver.poll().and_then(|poll| poll.not_before);
        let beat = self
            .receiver
            .is_attached()
            .then(|| self.heartbeat.deadline());
        Time::earliest([self.absent, gone, not_before, beat, rivals])
    }

    pub(super) fn receiver_time_out(&mut self, now: Time) {
        self.step_rivals(now);
        if let Receiver::Poll(poll) = &mut self.receiver {
            poll.not_before.take_if(|moment| *moment <= now);
        }
        if self.absent.is_some_and(|until| until <= now) {
            self.end(now, Ending::ABSENT, Vec::new());
        }
        if self.receiver.gone().is_some_and(|until| until <= now) {
            self.end(now, Ending::LOST, Vec::new());
        }
    }

    /// Gives whoever receives, one after the other, what there is.
    pub(super) fn serve(&mut self, now: Time) {
        self.seat_rival(now);
        while self.answer_poll(now) {
            self.seat_rival(now);
        }
    }

    /// Answers the poll that waits, if there is something for it; says whether it did.
    fn answer_poll(&mut self, now: Time) -> bool {
        let poll = self.receiver.poll();
        let is_waiting = poll.is_some_and(|poll| poll.may_be_answered(now));
        let is_greeting = self.is_greeting;
        if !is_waiting || (!is_greeting && self.collecting.goes_on(&self.session)) {
            return false;
        }
        let Some(frame) = self.next_frame(now) else {
            return false;
        };
        let Receiver::Poll(poll) = self.await_receiver(now) else {
            return false;
        };
        self.note_answered(now, poll.stamp, is_greeting);
        let wrapped = poll.transport.wrap(frame);
        for id in poll.requests {
            self.answer(id, Answer::Frame(wrapped.clone()));
        }
        true
    }
}

fn another() -> String {
    let (code, reason) = ANOTHER;
    sockjs::close(code, reason)
}
