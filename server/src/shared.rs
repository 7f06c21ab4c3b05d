//! One session as tasks share it: the core behind a short lock, and whoever waits for it.
//!
//! Whatever happens goes through `step`: lock, hand it to the core, drain what the core wants, unlock,
//! and do the rest. Under the lock nothing waits and nothing calls out but wakers and channels.

use crate::front_door::auth::{Admission, Attempt};
use crate::front_door::capacity::Permit;
use crate::front_door::identity::Identity;
use crate::front_door::refusal::Refusal;
use crate::metrics;
use crate::node::Node;
use http::request::Parts;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use throughline_core::session::{
    CloseError, End, Input, Output, RequestId, SendError, Session, Take, Transmit, Transport,
};
use throughline_core::wire::native::{Begin, Close, Frame, PollRequest, Response, Secret, Welcome};
use throughline_core::{Code, Message, Time};
use tokio::sync::{Notify, oneshot, watch};

pub(crate) struct Shared {
    id: Arc<str>,
    identity: Identity,
    protocol: Option<String>,
    address: Option<IpAddr>,
    node: Arc<Node>,
    state: Mutex<State>,
    transport: watch::Sender<Option<Transport>>,
    /// There may be room to send, or the session has ended.
    changed: Arc<Notify>,
    end: OnceLock<Arc<End>>,
}

/// What a session is made with, besides its core.
pub(crate) struct Birth {
    pub(crate) identity: Identity,
    pub(crate) address: Option<IpAddr>,
    /// Counts the session until its end.
    pub(crate) place: Permit,
    /// Counts it among those that have not begun.
    pub(crate) attach: Permit,
    /// What the authentication hook will see again with a fresh token; `None` without a hook.
    pub(crate) parts: Option<Arc<Parts>>,
}

struct State {
    core: Session,
    /// Requests that wait for their answers.
    requests: Vec<(RequestId, oneshot::Sender<Response>)>,
    /// Connections that carry, or until now have carried, the session, by generation.
    streams: Vec<(u64, Waker)>,
    /// When the current connection will look at the clock by itself.
    armed: Option<Time>,
    /// When the node's timer will look at this session.
    entered: Option<Time>,
    reader: Option<Waker>,
    token: TokenRefresh,
    /// The node is shutting down: flush, then abort with this `retry_after`.
    draining: Option<Duration>,
    rooms: Vec<Arc<str>>,
    parts: Option<Arc<Parts>>,
    place: Option<Permit>,
    attach: Option<Permit>,
}

/// Tokens are shown to the hook one at a time; of those that wait only the last one counts.
#[derive(Default)]
enum TokenRefresh {
    #[default]
    Idle,
    Running,
    Next(String),
}

/// What is done after the lock is released.
#[derive(Default)]
struct Effects {
    starts: bool,
    token: Option<String>,
    end: Option<Ended>,
    enter: Option<Time>,
}

struct Ended {
    code: Code,
    rooms: Vec<Arc<str>>,
    tombstone: Option<throughline_core::session::Tombstone>,
}

impl Shared {
    pub(crate) fn new(node: Arc<Node>, core: Session, birth: Birth) -> Arc<Self> {
        Arc::new(Self {
            id: core.id().into(),
            identity: birth.identity,
            protocol: core.protocol().map(str::to_owned),
            address: birth.address,
            node,
            state: Mutex::new(State {
                core,
                requests: Vec::new(),
                streams: Vec::new(),
                armed: None,
                entered: None,
                reader: None,
                token: TokenRefresh::Idle,
                draining: None,
                rooms: Vec::new(),
                parts: birth.parts,
                place: Some(birth.place),
                attach: Some(birth.attach),
            }),
            transport: watch::Sender::new(None),
            changed: Arc::default(),
            end: OnceLock::new(),
        })
    }

    pub(crate) fn id(&self) -> &Arc<str> {
        &self.id
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(crate) fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    pub(crate) fn transport(&self) -> &watch::Sender<Option<Transport>> {
        &self.transport
    }

    pub(crate) fn changed(&self) -> &Arc<Notify> {
        &self.changed
    }

    pub(crate) fn end(&self) -> Option<&Arc<End>> {
        self.end.get()
    }

    /// What nobody may interrupt; it is whole after every step, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one way to change a session.
    fn step<R>(self: &Arc<Self>, change: impl FnOnce(&mut State, Time) -> R) -> R {
        let now = self.node.clock.now();
        let mut effects = Effects::default();
        let result = {
            let mut state = self.lock();
            let (last, before) = state.core.outgoing();
            let result = change(&mut state, now);
            state.finish_drain();
            state.drain(self, &mut effects);
            let (_, after) = state.core.outgoing();
            if before.ack < after.ack.min(last) || effects.end.is_some() {
                self.changed.notify_waiters();
            }
            effects.enter = state.arrange_wake_up();
            result
        };
        self.perform(effects);
        result
    }

    fn perform(self: &Arc<Self>, effects: Effects) {
        if let Some(at) = effects.enter {
            self.node.timers.enter(at, Arc::downgrade(self));
        }
        if effects.starts {
            self.node.start_handler(self);
        }
        if let Some(token) = effects.token {
            tokio::spawn(refresh(self.clone(), token));
        }
        if let Some(Ended {
            code,
            rooms,
            tombstone,
        }) = effects.end
        {
            self.node.session_ended(self, code, tombstone);
            self.node.rooms.leave_all(&rooms, self);
        }
    }

    // ---- links

    /// Offers one more generation; the tombstone's answer when the session has ended.
    pub(crate) fn hello(
        self: &Arc<Self>,
        parts: Option<Arc<Parts>>,
    ) -> Result<Welcome, throughline_core::session::Tombstone> {
        self.step(|state, now| {
            if parts.is_some() {
                state.parts = parts;
            }
            state.core.hello(now)
        })
    }

    pub(crate) fn proves(&self, secret: &Secret) -> bool {
        self.lock().core.proves(secret)
    }

    pub(crate) fn begin(self: &Arc<Self>, begin: Begin) {
        self.step(|state, now| state.core.handle(now, Input::Begin(begin)));
    }

    /// Registers the task of a connection, and says when it must look at the clock.
    pub(crate) fn attend(&self, generation: u64, waker: &Waker) -> Option<Time> {
        let mut state = self.lock();
        match state
            .streams
            .iter_mut()
            .find(|(known, _)| *known == generation)
        {
            Some((_, known)) => known.clone_from(waker),
            None => state.streams.push((generation, waker.clone())),
        }
        let is_current = state.core.generation() == generation;
        let deadline = is_current.then(|| state.core.deadline()).flatten();
        if is_current {
            state.armed = deadline;
        }
        deadline
    }

    pub(crate) fn receive(
        self: &Arc<Self>,
        generation: u64,
        frames: impl IntoIterator<Item = Frame>,
    ) {
        self.step(|state, now| {
            for frame in frames {
                state.core.handle(now, Input::Frame(generation, frame));
            }
        });
    }

    /// Takes up to `most` frames for the connection; the last word is whatever is not a frame.
    pub(crate) fn transmit(
        self: &Arc<Self>,
        generation: u64,
        most: usize,
        frames: &mut impl Extend<Frame>,
    ) -> Transmitted {
        self.step(|state, now| {
            for _ in 0..most {
                match state.core.transmit(now, generation) {
                    Transmit::Frame(frame) => frames.extend([frame]),
                    Transmit::Idle => return Transmitted::All,
                    Transmit::End(last) => {
                        frames.extend(last);
                        return Transmitted::End;
                    }
                }
            }
            Transmitted::Some
        })
    }

    /// A message came on the link of that generation that is too long to be read (spec FLW-4).
    pub(crate) fn message_too_large(self: &Arc<Self>, generation: u64) {
        self.step(|state, _| {
            if state.core.generation() == generation {
                let code = Code::MESSAGE_TOO_LARGE;
                state.core.abort(code, code.reason(), None);
            }
        });
    }

    pub(crate) fn link_lost(self: &Arc<Self>, generation: u64) {
        self.step(|state, now| {
            state.streams.retain(|(known, _)| *known != generation);
            state.core.handle(now, Input::LinkLost(generation));
        });
    }

    /// Hands a request in; the answer comes when it comes, and nothing comes when the session is gone.
    pub(crate) fn request(
        self: &Arc<Self>,
        id: RequestId,
        request: PollRequest,
    ) -> oneshot::Receiver<Response> {
        let (sender, receiver) = oneshot::channel();
        self.step(|state, now| {
            state.requests.push((id, sender));
            state.core.handle(now, Input::Request(id, request));
        });
        receiver
    }

    pub(crate) fn request_gone(self: &Arc<Self>, id: RequestId) {
        self.step(|state, now| {
            state.requests.retain(|(known, _)| *known != id);
            state.core.handle(now, Input::RequestGone(id));
        });
    }

    pub(crate) fn clock_ticked(self: &Arc<Self>) {
        self.step(|state, now| state.core.handle(now, Input::Timeout));
    }

    /// The node's timer says that it is so late. An entry that a nearer one has replaced is ignored.
    pub(crate) fn time_out(self: &Arc<Self>, at: Time) {
        self.step(|state, now| {
            if state.entered == Some(at) {
                state.entered = None;
                state.core.handle(now, Input::Timeout);
            }
        });
    }

    // ---- the application

    pub(crate) fn send(self: &Arc<Self>, message: Message) -> Result<u64, SendError> {
        self.step(|state, now| match state.draining {
            Some(_) => Err(SendError::Closed),
            None => state.core.send(now, message),
        })
    }

    pub(crate) fn poll_take(self: &Arc<Self>, ctx: &Context<'_>) -> Poll<Option<Message>> {
        self.step(|state, now| match state.core.take(now) {
            Take::Message(message) => Poll::Ready(Some(message)),
            Take::End => Poll::Ready(None),
            Take::Empty if state.draining.is_some() => Poll::Ready(None),
            Take::Empty => {
                state.reader = Some(ctx.waker().clone());
                Poll::Pending
            }
        })
    }

    pub(crate) fn peer_close(&self) -> Option<Close> {
        self.lock().core.peer_close().cloned()
    }

    pub(crate) fn close(self: &Arc<Self>, code: Code, reason: &str) -> Result<(), CloseError> {
        self.step(|state, now| state.core.close(now, code, reason))
    }

    pub(crate) fn abort(self: &Arc<Self>, code: Code, reason: &str, retry: Option<Duration>) {
        self.step(|state, _| state.core.abort(code, reason, retry));
    }

    /// The application is gone. During a shutdown the end is on its way already.
    pub(crate) fn release(self: &Arc<Self>) {
        self.step(|state, now| {
            if state.draining.is_none() {
                state.core.release(now);
            }
        });
    }

    /// Takes no more from the application, and aborts when all that it sent is acknowledged.
    pub(crate) fn drain(self: &Arc<Self>, retry_after: Duration) {
        self.step(|state, _| {
            state.draining = Some(retry_after);
            if let Some(reader) = state.reader.take() {
                reader.wake();
            }
        });
        self.changed.notify_waiters();
    }

    /// Notes that the session is in a room; says no when it is already.
    pub(crate) fn note_room(&self, name: &Arc<str>) -> bool {
        let mut state = self.lock();
        let is_new = !state.rooms.contains(name);
        if is_new {
            state.rooms.push(name.clone());
        }
        is_new
    }

    pub(crate) fn forget_room(&self, name: &str) {
        self.lock().rooms.retain(|known| **known != *name);
    }
}

/// How much of what there was has been taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transmitted {
    /// There may be more.
    Some,
    /// Nothing is left; the connection will be woken.
    All,
    /// This connection carries the session no more.
    End,
}

impl State {
    /// A draining session ends as soon as everything is acknowledged.
    fn finish_drain(&mut self) {
        let (last, peer) = self.core.outgoing();
        if let Some(retry_after) = self.draining
            && last == peer.ack
        {
            let code = Code::SHUTDOWN;
            self.core.abort(code, code.reason(), Some(retry_after));
        }
    }

    fn drain(&mut self, shared: &Shared, effects: &mut Effects) {
        while let Some(output) = self.core.poll() {
            match output {
                Output::Started => {
                    self.attach = None;
                    effects.starts = true;
                }
                Output::Transport(transport) => shared.note_transport(transport, &self.core),
                Output::Answer(id, response) => self.answer(id, response),
                Output::Wake(generation) => self.wake(generation),
                Output::LinkFailed(generation, error) => {
                    tracing::debug!(session = %shared.id, generation, %error, "link failed");
                    metrics::link_failed(error);
                    self.wake(generation);
                }
                Output::Token(token) => effects.token = self.token.next(token),
                Output::Ended(end) => effects.end = Some(self.ended(shared, end)),
            }
        }
        if self.core.is_readable()
            && let Some(reader) = self.reader.take()
        {
            reader.wake();
        }
    }

    fn answer(&mut self, id: RequestId, response: Response) {
        if let Some(index) = self.requests.iter().position(|(known, _)| *known == id) {
            let (_, request) = self.requests.swap_remove(index);
            // A request whose client is gone needs no answer: the next one gets the same.
            let _ = request.send(response);
        }
    }

    fn wake(&self, generation: u64) {
        if let Some((_, task)) = self.streams.iter().find(|(known, _)| *known == generation) {
            task.wake_by_ref();
        }
    }

    fn ended(&mut self, shared: &Shared, end: End) -> Ended {
        self.place = None;
        self.attach = None;
        self.parts = None;
        shared.note_transport(None, &self.core);
        let code = end.code;
        tracing::debug!(session = %shared.id, %code, clean = end.clean, "ended");
        // Told before anybody is woken, so that whoever sees the end of messages finds it. Whoever
        // joins a room looks for it afterwards, so nobody stays in one.
        let _ = shared.end.set(Arc::new(end));
        Ended {
            code,
            rooms: std::mem::take(&mut self.rooms),
            tombstone: self
                .core
                .has_begun()
                .then(|| self.core.tombstone().cloned())
                .flatten(),
        }
    }

    /// A connection waits for its session's deadlines itself, and is woken when they come nearer. For a
    /// session without one, this returns what the node's timer has to know.
    fn arrange_wake_up(&mut self) -> Option<Time> {
        let deadline = self.core.deadline()?;
        if self.core.transport() == Some(Transport::WebSocket) {
            if self.armed.is_none_or(|armed| deadline < armed) {
                self.wake(self.core.generation());
            }
            return None;
        }
        self.armed = None;
        if self.entered.is_some_and(|entered| entered <= deadline) {
            return None;
        }
        self.entered = Some(deadline);
        Some(deadline)
    }
}

impl TokenRefresh {
    /// A fresh token came; returns it when the hook is free to look at it.
    fn next(&mut self, token: String) -> Option<String> {
        match self {
            Self::Idle => {
                *self = Self::Running;
                Some(token)
            }
            Self::Running | Self::Next(_) => {
                *self = Self::Next(token);
                None
            }
        }
    }

    /// The hook has decided; returns the token that came meanwhile.
    fn decided(&mut self) -> Option<String> {
        match std::mem::take(self) {
            Self::Next(token) => self.next(token),
            Self::Idle | Self::Running => None,
        }
    }
}

impl Shared {
    fn note_transport(&self, transport: Option<Transport>, core: &Session) {
        let before = self.transport.send_replace(transport);
        if before != transport {
            let name = transport.map_or("none", Transport::name);
            let generation = core.generation();
            tracing::debug!(session = %self.id, generation, transport = name, "carried by");
            metrics::transport_changed(before, transport);
        }
    }

    /// Applies what the hook said of a fresh token (spec TOK-1).
    fn refreshed(self: &Arc<Self>, verdict: Result<Admission, Refusal>) -> Option<String> {
        let verdict = verdict.and_then(|admission| {
            if admission.identity == self.identity {
                Ok(admission.expires_in)
            } else {
                Err(Refusal::unauthorized("the token names another identity"))
            }
        });
        self.step(|state, now| {
            match verdict {
                Ok(expires_in) => {
                    let expires = expires_in.map(|lifetime| now + lifetime);
                    state.core.handle(now, Input::TokenAccepted(expires));
                }
                Err(refusal) => {
                    metrics::refused(refusal.code());
                    state
                        .core
                        .abort(refusal.code(), refusal.reason(), refusal.after());
                }
            }
            state.token.decided()
        })
    }
}

/// Shows fresh tokens to the hook. The task lives as long as the hook thinks, which has a deadline.
async fn refresh(session: Arc<Shared>, token: String) {
    let mut next = Some(token);
    while let Some(token) = next {
        let Some(parts) = session.lock().parts.clone() else {
            // Without a hook any token is as good as none.
            next = session.refreshed(Ok(session.identity.clone().into()));
            continue;
        };
        let attempt = Attempt::new(parts, Some(token), session.address);
        let verdict = session.node.doors.gate.ask(attempt).await;
        next = session.refreshed(verdict);
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .field("identity", &self.identity)
            .field("transport", &*self.transport.borrow())
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}
