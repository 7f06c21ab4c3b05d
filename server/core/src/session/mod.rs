//! The session: ordered, reliable messages over whichever link is current.
//!
//! This file lists what can happen and what is wanted of the driver; each part lives in a file of its
//! own. The invariants: input is applied only for the current generation; every change of state ends
//! in `settle`, which decides what leaves and which deadline is next; and a session that has not
//! ended always has a deadline.

mod application;
mod ending;
mod flush;
mod foreign;
mod generations;
mod inbox;
mod log;
mod polled;
mod queries;
mod stream;
mod timers;
mod tombstone;
mod violation;

pub use application::{CloseError, SendError, Take};
pub use flush::Transport;
pub use stream::Transmit;
pub use tombstone::{End, Fate, Tombstone, Undelivered};
pub use violation::{LinkError, Violation};

use crate::limits::Limits;
use crate::time::Time;
use crate::wire::native::{
    Begin, Cursors, Frame, PollRequest, Response, Secret, TokenAccepted, Welcome, WireLimits,
};
use flush::{Flush, Pending};
use foreign::Foreign;
use generations::Generations;
use inbox::Inbox;
use log::Log;
pub(crate) use log::Logged;
use polled::Polled;
use std::collections::VecDeque;
use std::time::Duration;
use stream::Stream;
use timers::{Timer, Timers};
pub(crate) use tombstone::millis;

/// What a driver uses to tell one HTTP request from another.
pub type RequestId = u64;

/// What a new session is made of. The id and the secret are the driver's, since they are random.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The id: names the owning node and its incarnation, 1 to 64 characters.
    pub id: String,
    /// The secret: 128 random bits.
    pub secret: Secret,
    /// The bounds.
    pub limits: Limits,
    /// What the client is ready to hold, from its hello.
    pub window: Option<u64>,
    /// The application protocol chosen.
    pub protocol: Option<String>,
    /// When the client's token expires.
    pub token_expires: Option<Time>,
}

/// What can happen to a session from outside.
#[derive(Clone, Debug)]
pub enum Input {
    /// A WebSocket link says `begin`.
    Begin(Begin),
    /// A frame arrived on the WebSocket link of that generation.
    Frame(u64, Frame),
    /// The WebSocket link of that generation ended, for whatever reason.
    LinkLost(u64),
    /// A whole request arrived.
    Request(RequestId, PollRequest),
    /// Nobody waits for the answer to this request any more.
    RequestGone(RequestId),
    /// The authentication hook accepted a fresh token, which expires then.
    TokenAccepted(Option<Time>),
    /// A deadline may have passed.
    Timeout,
}

/// What a session wants of its driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output<A = Response> {
    /// Start the application's handler. Comes once.
    Started,
    /// The transport that carries the session changed; `None` while nothing does.
    Transport(Option<Transport>),
    /// Answer the request.
    Answer(RequestId, A),
    /// The WebSocket link of that generation has something to do: call [`Session::transmit`].
    Wake(u64),
    /// The WebSocket link of that generation was given up.
    LinkFailed(u64, LinkError),
    /// Show this token to the authentication hook, then say [`Input::TokenAccepted`] or abort.
    Token(String),
    /// The session is over. Comes once; afterwards only a [`Tombstone`] is needed.
    Ended(Box<End>),
}

impl<A> Output<A> {
    /// The same, with the answer in another form.
    #[must_use]
    pub fn map<B>(self, answer: impl FnOnce(A) -> B) -> Output<B> {
        match self {
            Self::Started => Output::Started,
            Self::Transport(transport) => Output::Transport(transport),
            Self::Answer(id, given) => Output::Answer(id, answer(given)),
            Self::Wake(link) => Output::Wake(link),
            Self::LinkFailed(generation, error) => Output::LinkFailed(generation, error),
            Self::Token(token) => Output::Token(token),
            Self::Ended(end) => Output::Ended(end),
        }
    }
}

/// One session, on the server's side.
#[derive(Debug)]
pub struct Session {
    id: Box<str>,
    secret: Secret,
    protocol: Option<Box<str>>,
    limits: Limits,
    phase: Phase,
    generations: Generations,
    inbox: Inbox,
    log: Log,
    link: Link,
    timers: Timers,
    token_expires: Option<Time>,
    /// Tell the client that its fresh token was accepted.
    token_accepted: Option<TokenAccepted>,
    /// The absence that the client has promised not to exceed (spec POL-7).
    absence: Duration,
    /// When an end that is under way last came nearer.
    progressed: Time,
    outputs: VecDeque<Output>,
}

#[derive(Debug)]
enum Phase {
    /// Nobody has begun it yet: no handler runs.
    New,
    Open,
    Ended(Box<Tombstone>, Ending),
}

/// Whether a link still has to be told of the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Orderly,
    Aborted,
}

/// What carries the session.
#[derive(Debug)]
enum Link {
    None,
    Stream(Stream),
    Polled(Polled),
    Foreign(Foreign),
}

impl Session {
    /// Makes a session and offers its first generation. It lapses when nobody begins it in time.
    #[must_use]
    pub fn open(now: Time, setup: Setup) -> (Self, Welcome) {
        let asked = setup.window.map_or(usize::MAX, |window| {
            usize::try_from(window).unwrap_or(usize::MAX)
        });
        let smallest = setup.limits.message + crate::message::OVERHEAD;
        let mut session = Self {
            inbox: Inbox::new(&setup.limits),
            log: Log::new(asked.min(setup.limits.log).max(smallest)),
            id: setup.id.into(),
            secret: setup.secret,
            protocol: setup.protocol.map(Into::into),
            limits: setup.limits,
            phase: Phase::New,
            generations: Generations::default(),
            link: Link::None,
            timers: Timers::default(),
            token_expires: None,
            token_accepted: None,
            absence: Duration::ZERO,
            progressed: now,
            // That it has started, and what carries it.
            outputs: VecDeque::with_capacity(2),
        };
        session.expect_token(setup.token_expires);
        let welcome = session.offer(now);
        (session, welcome)
    }

    /// Answers a hello that has proved the secret: offers a fresh generation and changes nothing else.
    ///
    /// # Errors
    /// The session has ended; the tombstone says how.
    pub fn hello(&mut self, now: Time) -> Result<Welcome, Tombstone> {
        if let Phase::Ended(tombstone, _) = &self.phase {
            return Err(Tombstone::clone(tombstone));
        }
        let welcome = self.offer(now);
        if let Some(expiry) = self.timers.get(Timer::Expiry) {
            let offered = now + self.limits.offer;
            self.timers.set(Timer::Expiry, expiry.max(offered));
        }
        Ok(welcome)
    }

    fn offer(&mut self, now: Time) -> Welcome {
        let generation = self.generations.offer(now + self.limits.offer);
        self.expect_use();
        let Cursors { received, ack } = self.inbox.cursors();
        Welcome {
            session: self.id.to_string(),
            // The client may not have seen the first welcome; once it has begun, it has the secret.
            secret: matches!(self.phase, Phase::New).then_some(self.secret),
            generation,
            received,
            ack,
            protocol: self.protocol.as_deref().map(str::to_owned),
            expires_in: self.token_expires.map(|at| millis(at.since(now))),
            limits: WireLimits::from(&self.limits),
        }
    }

    /// Applies what happened. Drain [`poll`](Self::poll) afterwards.
    pub fn handle(&mut self, now: Time, input: Input) {
        match input {
            Input::Begin(begin) => self.begin_stream(now, begin),
            Input::Frame(generation, frame) => self.receive_frame(now, generation, frame),
            Input::LinkLost(generation) => self.lose_stream(now, generation),
            Input::Request(id, request) => self.receive_request(now, id, request),
            Input::RequestGone(id) => self.forget_request(now, id),
            Input::TokenAccepted(expires) => self.accept_token(now, expires),
            Input::Timeout => self.time_out(now),
        }
        self.settle(now);
    }

    /// Whether [`poll`](Self::poll) has something: most steps leave nothing.
    #[must_use]
    pub fn has_outputs(&self) -> bool {
        !self.outputs.is_empty()
    }

    /// What the driver has to do next; `None` when there is nothing.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to hand in [`Input::Timeout`]. `None` only after the end.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        self.timers.next()
    }

    /// Makes a generation current: fences what was there, starts the handler if this is the first.
    fn begin(&mut self, now: Time, generation: u64, link: Link) {
        let fenced = std::mem::replace(&mut self.link, link);
        let fenced_generation = self.generations.current();
        self.generations.begin(generation);
        self.expect_use();
        self.inbox.forget_report();
        match fenced {
            Link::None | Link::Foreign(_) => {}
            Link::Stream(_) => self.outputs.push_back(Output::Wake(fenced_generation)),
            Link::Polled(mut polled) => {
                for request in polled.release() {
                    let fenced = Response::Fenced(generation);
                    self.outputs.push_back(Output::Answer(request, fenced));
                }
            }
        }
        for timer in [
            Timer::Ack,
            Timer::Hold,
            Timer::Heartbeat,
            Timer::Link,
            Timer::Expiry,
        ] {
            self.timers.clear(timer);
        }
        self.absence = Duration::ZERO;
        self.expect_end(now);
        if matches!(self.phase, Phase::New) {
            self.phase = Phase::Open;
            self.outputs.push_back(Output::Started);
        }
        self.outputs.push_back(Output::Transport(self.transport()));
    }

    /// An offer waits for its first use, for its time.
    fn expect_use(&mut self) {
        let deadline = self.generations.deadline();
        self.timers.set_or_clear(Timer::Offer, deadline);
    }

    /// Nothing carries the session now; it is kept for a while.
    fn detach(&mut self, now: Time) {
        self.link = Link::None;
        for timer in [Timer::Ack, Timer::Hold, Timer::Heartbeat, Timer::Link] {
            self.timers.clear(timer);
        }
        self.timers.set(Timer::Expiry, now + self.limits.retention);
        self.outputs.push_back(Output::Transport(None));
    }

    fn time_out(&mut self, now: Time) {
        for timer in Timer::ALL {
            if self.timers.fire(timer, now) {
                self.fire(now, timer);
            }
        }
    }

    fn fire(&mut self, now: Time, timer: Timer) {
        match timer {
            Timer::Offer => self.lapse(now),
            Timer::Ack => self.tell_cursors(now),
            Timer::Hold => self.answer_held(now),
            Timer::Heartbeat => self.ping(now),
            Timer::Link => self.check_silence(now),
            Timer::Expiry => self.expire(),
            Timer::Close => self.force_end(now),
            Timer::Token => self.token_expired(),
        }
    }

    fn tell_cursors(&mut self, now: Time) {
        match &mut self.link {
            Link::None | Link::Foreign(_) => {}
            Link::Stream(stream) => stream.tell_cursors(),
            Link::Polled(_) => self.answer_held(now),
        }
    }

    /// Decides what leaves now, and when to look again. Every change of state ends here.
    fn settle(&mut self, now: Time) {
        if matches!(self.phase, Phase::Ended(..)) {
            return;
        }
        if self.log.is_finished() {
            self.finish();
            return;
        }
        let Some((transport, pending)) = self.prospect() else {
            return;
        };
        match flush::flush(transport, pending) {
            Flush::Now => self.flush(now),
            Flush::Wait => self.timers.clear(Timer::Ack),
            Flush::Within(delay) if self.timers.get(Timer::Ack).is_none() => {
                self.timers.set(Timer::Ack, now + delay);
            }
            Flush::Within(_) => {}
        }
    }

    /// The transport, when something can leave on it at this moment, and what waits for it.
    fn prospect(&self) -> Option<(Transport, Pending)> {
        Some(match &self.link {
            Link::None => return None,
            Link::Stream(stream) => {
                let unsent = stream.has_frames(&self.log);
                (Transport::WebSocket, self.pending(unsent))
            }
            Link::Polled(polled) => {
                let unsent = polled.has_items(&self.log);
                (polled.held_transport()?, self.pending(unsent))
            }
            // Such a client is told no cursors.
            Link::Foreign(foreign) if foreign.has_items(&self.log) => {
                (foreign.transport(), Pending::Urgent)
            }
            Link::Foreign(foreign) => (foreign.transport(), Pending::Nothing),
        })
    }

    fn pending(&self, unsent: bool) -> Pending {
        if unsent || self.token_accepted.is_some() || self.inbox.is_urgent() {
            Pending::Urgent
        } else if self.inbox.is_unreported() {
            Pending::Cursors
        } else {
            Pending::Nothing
        }
    }

    fn flush(&mut self, now: Time) {
        match &mut self.link {
            Link::None => {}
            Link::Stream(stream) => {
                if stream.rouse() {
                    let generation = self.generations.current();
                    self.outputs.push_back(Output::Wake(generation));
                }
            }
            Link::Polled(_) => self.answer_held(now),
            Link::Foreign(foreign) => {
                if foreign.rouse() {
                    let generation = self.generations.current();
                    self.outputs.push_back(Output::Wake(generation));
                }
            }
        }
    }
}

/// A queue keeps memory for so many when it is empty.
const KEPT: usize = 32;

/// Gives back what a burst took, so that many sessions at rest need little.
fn give_back<T>(queue: &mut VecDeque<T>) {
    if queue.is_empty() && queue.capacity() > KEPT {
        queue.shrink_to(KEPT);
    }
}

impl From<&Limits> for WireLimits {
    fn from(limits: &Limits) -> Self {
        Self {
            message: limits.message as u64,
            window: limits.window as u64,
            batch: limits.batch as u64,
            hold: millis(limits.hold),
            heartbeat: millis(limits.heartbeat),
            timeout: millis(limits.timeout),
            retention: millis(limits.retention),
            offer: millis(limits.offer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// There are many of them.
    #[test]
    fn a_session_is_small() {
        assert!(size_of::<Session>() <= 712);
    }

    /// Each moves several times on its way.
    #[test]
    fn what_comes_and_what_is_wanted_is_small() {
        assert!(size_of::<Input>() <= 80);
        assert!(size_of::<Output>() <= 32);
        assert!(size_of::<Transmit>() <= 56);
    }
}
