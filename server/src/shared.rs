//! One session as tasks share it: the core behind a short lock, and whoever waits for it.
//!
//! Whatever happens goes through `step`: lock, hand it to the core, drain what the core wants, unlock,
//! and do the rest. Under the lock nothing waits and nothing calls out but wakers and channels. What can
//! happen is in four files: `links` and `linked` are the network's side, `application` the application's,
//! `token` is between the two.

mod application;
mod carrier;
mod linked;
mod links;
mod requests;
mod token;

pub(crate) use linked::{Attended, Handle, Linked, Transmitted};

use crate::dialect::{Core, Dialect};
use crate::front_door::capacity::Permit;
use crate::front_door::head::Kept;
use crate::front_door::identity::Identity;
use crate::metrics;
use crate::node::Node;
use crate::sockjs::Name;
use crate::timers::Move;
use crate::turn::{self, Outlet};
use carrier::Carrier;
use requests::Requests;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::task::Waker;
use std::time::{Duration, SystemTime};
use throughline_core::session::{End, Output, Tombstone, Transport};
use throughline_core::{Code, Session, Time};
use token::{TokenRefresh, refresh};
use tokio::sync::Notify;

pub(crate) struct Shared {
    id: Arc<str>,
    identity: Identity,
    protocol: Option<String>,
    dialect: Dialect,
    address: Option<IpAddr>,
    request: Option<Arc<Kept>>,
    opened: SystemTime,
    node: Arc<Node>,
    state: Mutex<State>,
    carrier: Carrier,
    /// There may be room to send, or there will be none any more, or the session has ended.
    changed: Arc<Notify>,
    end: OnceLock<Arc<End>>,
    /// What its client calls it, in a dialect whose clients choose.
    name: OnceLock<Name>,
}

/// What a session is made with, besides its core.
pub(crate) struct Birth {
    pub(crate) identity: Identity,
    pub(crate) address: Option<IpAddr>,
    /// What opened it, where the node keeps that.
    pub(crate) request: Option<Arc<Kept>>,
    /// Counts the session until its end.
    pub(crate) place: Permit,
    /// Counts it among those that have not begun.
    pub(crate) attach: Permit,
    /// What the authentication hook will see again with a fresh token; `None` without a hook.
    pub(crate) head: Option<Arc<Kept>>,
}

struct State {
    core: Core,
    requests: Requests,
    /// Connections that carry the session, have carried it until now, or want to, by their numbers.
    ways: Vec<(u64, Way)>,
    /// When the current connection will look at the clock by itself.
    armed: Option<Time>,
    /// When the node's timer will look at this session.
    entered: Option<Time>,
    reader: Option<Waker>,
    token: TokenRefresh,
    /// The node is shutting down: flush, then abort with this `retry_after`.
    draining: Option<Duration>,
    rooms: Vec<Arc<str>>,
    head: Option<Arc<Kept>>,
    place: Option<Permit>,
    attach: Option<Permit>,
}

/// How a connection learns that there is something for it.
enum Way {
    /// By its task, which alone writes on it.
    Task(Waker),
    /// By whoever has something for it.
    Outlet(Weak<dyn Outlet>),
}

impl Way {
    /// The session has something to write.
    fn rouse(&self) {
        match self {
            Self::Task(task) => task.wake_by_ref(),
            Self::Outlet(outlet) => outlet.upgrade().into_iter().for_each(turn::note),
        }
    }

    /// The connection must look at the clock earlier.
    fn wake(&self) {
        match self {
            Self::Task(task) => task.wake_by_ref(),
            Self::Outlet(outlet) => outlet.upgrade().iter().for_each(|outlet| outlet.wake()),
        }
    }
}

/// What is done after the lock is released. Few steps have any.
#[derive(Default)]
struct Effects {
    starts: bool,
    token: Option<String>,
    end: Option<Ended>,
}

struct Ended {
    code: Code,
    rooms: Vec<Arc<str>>,
    tombstone: Option<Tombstone>,
    last_frame: Option<String>,
}

impl Shared {
    pub(crate) fn new(node: Arc<Node>, core: Core, birth: Birth) -> Arc<Self> {
        let session = core.session();
        Arc::new(Self {
            id: session.id().into(),
            identity: birth.identity,
            protocol: session.protocol().map(str::to_owned),
            dialect: core.dialect(),
            address: birth.address,
            request: birth.request,
            opened: SystemTime::now(),
            node,
            state: Mutex::new(State {
                core,
                requests: Requests::default(),
                ways: Vec::new(),
                armed: None,
                entered: None,
                reader: None,
                token: TokenRefresh::Idle,
                draining: None,
                rooms: Vec::new(),
                head: birth.head,
                place: Some(birth.place),
                attach: Some(birth.attach),
            }),
            carrier: Carrier::default(),
            changed: Arc::default(),
            end: OnceLock::new(),
            name: OnceLock::new(),
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

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    pub(crate) fn request_head(&self) -> Option<&Arc<Kept>> {
        self.request.as_ref()
    }

    pub(crate) fn opened(&self) -> SystemTime {
        self.opened
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    pub(crate) fn carrier(&self) -> &Carrier {
        &self.carrier
    }

    pub(crate) fn changed(&self) -> &Arc<Notify> {
        &self.changed
    }

    /// Notes what its client calls it; once.
    pub(crate) fn set_name(&self, name: Name) {
        let _ = self.name.set(name);
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
        self.step_at(self.node.clock.now(), change)
    }

    /// The same for messages, of which there may be many in a turn.
    fn step_in_turn<R>(self: &Arc<Self>, change: impl FnOnce(&mut State, Time) -> R) -> R {
        self.step_at(turn::now(self.node.clock), change)
    }

    fn step_at<R>(self: &Arc<Self>, now: Time, change: impl FnOnce(&mut State, Time) -> R) -> R {
        let mut effects: Option<Box<Effects>> = None;
        let (result, timer) = {
            let mut state = self.lock();
            let before = state.prospects();
            let result = change(&mut state, now);
            state.carry_out(self, now, &mut effects);
            if state.finish_drain() {
                state.carry_out(self, now, &mut effects);
            }
            let has_ended = effects
                .as_ref()
                .is_some_and(|effects| effects.end.is_some());
            if before != state.prospects() || has_ended {
                self.changed.notify_waiters();
            }
            (result, state.arrange_wake_up())
        };
        if let Some(change) = timer {
            self.node.timers.change(self, change);
        }
        if let Some(effects) = effects {
            self.perform(*effects);
        }
        result
    }

    fn perform(self: &Arc<Self>, effects: Effects) {
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
            last_frame,
        }) = effects.end
        {
            if let Some(name) = self.name.get() {
                name.end(self, last_frame);
            }
            self.node.session_ended(self, code, tombstone);
            self.node.rooms.leave_all(&rooms, self);
        }
    }
}

impl State {
    /// What decides for those who wait for room: how much is acknowledged, and whether more is taken.
    fn prospects(&self) -> (u64, bool) {
        let session = self.core.session();
        let (_, peer) = session.outgoing();
        (peer.ack, session.is_open())
    }

    /// A draining session ends as soon as everything is acknowledged and its client can be told. Says
    /// whether it has ended now.
    fn finish_drain(&mut self) -> bool {
        let Some(retry_after) = self.draining else {
            return false;
        };
        let (last, peer) = self.core.session().outgoing();
        let is_time = last == peer.ack && self.can_tell();
        if is_time {
            let code = Code::SHUTDOWN;
            let session = self.core.session_mut();
            session.abort(code, code.reason(), Some(retry_after));
        }
        is_time
    }

    /// A polling client that asks nothing at this moment will ask again, and must not find nobody then.
    fn can_tell(&self) -> bool {
        match self.core.session().transport() {
            Some(Transport::LongPoll | Transport::Periodic) => self.requests.are_waiting(),
            Some(Transport::WebSocket | Transport::HttpStream) | None => true,
        }
    }

    fn carry_out(&mut self, shared: &Shared, now: Time, effects: &mut Option<Box<Effects>>) {
        self.core.settle(now);
        if self.core.has_outputs() {
            self.heed_outputs(shared, effects);
        }
        let is_readable = |_: &mut Waker| self.core.session().is_readable();
        if let Some(reader) = self.reader.take_if(is_readable) {
            reader.wake();
        }
    }

    /// Apart from the steps that want nothing, which are most.
    #[inline(never)]
    fn heed_outputs(&mut self, shared: &Shared, effects: &mut Option<Box<Effects>>) {
        while let Some(output) = self.core.poll() {
            match output {
                Output::Started => {
                    self.attach = None;
                    effects.get_or_insert_default().starts = true;
                }
                Output::Transport(transport) => {
                    shared.note_transport(transport, self.core.session());
                }
                Output::Answer(id, answer) => self.requests.answer(id, answer),
                Output::Wake(link) => self.rouse(link),
                Output::LinkFailed(generation, error) => {
                    tracing::debug!(session = %shared.id, generation, %error, "link failed");
                    metrics::link_failed(error);
                    self.rouse(generation);
                }
                Output::Token(token) => {
                    effects.get_or_insert_default().token = self.token.next(token);
                }
                Output::Ended(end) => {
                    let ended = self.ended(shared, *end);
                    effects.get_or_insert_default().end = Some(ended);
                }
            }
        }
    }

    fn way(&self, link: u64) -> Option<&Way> {
        let mut ways = self.ways.iter();
        ways.find(|(known, _)| *known == link).map(|(_, way)| way)
    }

    /// The connection that carries the session, where others may write on it.
    fn outlet(&self) -> Option<Arc<dyn Outlet>> {
        match self.way(self.core.carrier()?)? {
            Way::Outlet(outlet) => outlet.upgrade(),
            Way::Task(_) => None,
        }
    }

    fn rouse(&self, link: u64) {
        if let Some(way) = self.way(link) {
            way.rouse();
        }
    }

    fn ended(&mut self, shared: &Shared, end: End) -> Ended {
        self.place = None;
        self.attach = None;
        self.head = None;
        let last_frame = self.core.last_frame();
        let session = self.core.session();
        shared.note_transport(None, session);
        let code = end.code;
        tracing::debug!(session = %shared.id, %code, clean = end.clean, "ended");
        // Told before anybody is woken, so that whoever sees the end of messages finds it. Whoever
        // joins a room looks for it afterwards, so nobody stays in one.
        let _ = shared.end.set(Arc::new(end));
        Ended {
            code,
            rooms: std::mem::take(&mut self.rooms),
            last_frame,
            tombstone: session
                .has_begun()
                .then(|| session.tombstone().cloned())
                .flatten(),
        }
    }

    /// A connection waits for its session's deadlines itself, and is woken when they come nearer. For a
    /// session without one, this returns what the node's timer has to know.
    fn arrange_wake_up(&mut self) -> Option<Move> {
        let Some(deadline) = self.core.deadline() else {
            let from = self.entered.take();
            return from.map(|_| Move { from, to: None });
        };
        if let Some(carrier) = self.core.carrier() {
            if self.armed.is_none_or(|armed| deadline < armed)
                && let Some(way) = self.way(carrier)
            {
                way.wake();
            }
            return None;
        }
        self.armed = None;
        if self.entered.is_some_and(|entered| entered <= deadline) {
            return None;
        }
        let from = self.entered.replace(deadline);
        Some(Move {
            from,
            to: Some(deadline),
        })
    }
}

impl Shared {
    fn note_transport(&self, transport: Option<Transport>, session: &Session) {
        let before = self.carrier.replace(transport);
        if before != transport {
            let name = transport.map_or("none", Transport::name);
            let generation = session.generation();
            tracing::debug!(session = %self.id, generation, transport = name, "carried by");
            metrics::transport_changed(before, transport);
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .field("identity", &self.identity)
            .field("transport", &self.carrier.get())
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}
