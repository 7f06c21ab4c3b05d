//! What a WebSocket, or a response that goes on, has of the session that it carries: everything that it does there names
//! the link, and the session learns that the link is gone when this is dropped.

use super::{Shared, State, Way};
use crate::dialect::Speaker;
use crate::turn::Outlet;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;
use std::task::Waker;
use throughline_core::Time;
use throughline_core::engineio::{self, Engine};
use throughline_core::session::{Input, Session, Transmit};
use throughline_core::sockjs::{self, Connection};
use throughline_core::wire::native::Begin;
use throughline_core::wire::sockjs::Transport;
use throughline_core::wire::websocket::Close;

/// A session, to the link that carries it, did until a later one began, or wants to.
#[derive(Debug)]
pub(crate) struct Linked<D: Speaker>(Handle<D>);

/// The same for whoever writes on the link, which may outlive it.
#[derive(Debug)]
pub(crate) struct Handle<D: Speaker> {
    session: Arc<Shared>,
    link: u64,
    dialect: PhantomData<fn(D)>,
}

impl<D: Speaker> Clone for Handle<D> {
    fn clone(&self) -> Self {
        Self::new(self.session.clone(), self.link)
    }
}

impl<D: Speaker> Deref for Linked<D> {
    type Target = Handle<D>;

    fn deref(&self) -> &Handle<D> {
        &self.0
    }
}

/// What a connection has to know.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Attended {
    /// When it must look at the clock; `None` when it has nothing more to do with the session.
    pub(crate) deadline: Option<Time>,
    /// Nothing more can be taken now; the connection is woken when that changes.
    pub(crate) is_full: bool,
}

/// How much of what there was has been taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Transmitted {
    /// There may be more.
    Some,
    /// Nothing is left; the connection will be woken.
    All,
    /// This connection carries the session no more.
    #[default]
    End,
}

impl Linked<Session> {
    /// The first use of an offer.
    pub(crate) fn begin(session: Arc<Shared>, begin: Begin) -> Self {
        let linked = Self::new(session, begin.generation);
        linked.step(|session, now| session.handle(now, Input::Begin(begin)));
        linked
    }
}

impl Linked<Engine> {
    /// A WebSocket that was opened for a session that polls.
    pub(crate) fn probe(session: Arc<Shared>, link: u64) -> Self {
        let linked = Self::new(session, link);
        linked.step(|engine, now| engine.handle(now, engineio::Input::Opened(link)));
        linked
    }
}

impl Linked<Connection> {
    /// The WebSocket that a session is opened for.
    pub(crate) fn websocket(session: Arc<Shared>, link: u64, transport: Transport) -> Self {
        let linked = Self::new(session, link);
        linked.step(|connection, now| {
            connection.handle(now, sockjs::Input::Opened(link, transport));
        });
        linked
    }
}

impl<D: Speaker> Linked<D> {
    /// The link of this number, which the session knows already.
    pub(crate) fn new(session: Arc<Shared>, link: u64) -> Self {
        Self(Handle::new(session, link))
    }

    /// For whoever else writes on it.
    pub(crate) fn handle(&self) -> Handle<D> {
        self.0.clone()
    }
}

impl<D: Speaker> Handle<D> {
    fn new(session: Arc<Shared>, link: u64) -> Self {
        Self {
            session,
            link,
            dialect: PhantomData,
        }
    }

    /// What tells this link from others of its session: its generation, where it has one.
    pub(crate) fn number(&self) -> u64 {
        self.link
    }

    pub(crate) fn session(&self) -> &Arc<Shared> {
        &self.session
    }

    /// A step of the session's core in this dialect. The connection takes the step, so it will look at the clock in time
    /// without being woken.
    pub(crate) fn step<R: Default>(&self, change: impl FnOnce(&mut D, Time) -> R) -> (R, Attended) {
        self.session.step(|state, now| {
            let result = D::of(&mut state.core).map(|core| change(core, now));
            (result.unwrap_or_default(), state.attend(self))
        })
    }

    /// Registers the task of the connection, which has nobody else who writes on it.
    pub(crate) fn attend(&self, waker: &Waker) -> Attended {
        let mut state = self.session.lock();
        state.lead(self.link, Way::Task(waker.clone()));
        state.attend(self)
    }

    /// Registers the connection, on which whoever has something for it writes.
    pub(crate) fn lead_to(&self, outlet: &Arc<dyn Outlet>) {
        let way = Way::Outlet(Arc::downgrade(outlet));
        self.session.lock().lead(self.link, way);
    }

    /// What the connection has to know; it will look at the clock in time.
    pub(crate) fn attended(&self) -> Attended {
        self.session.lock().attend(self)
    }

    /// Hands in what came.
    pub(crate) fn receive(&self, message: D::Up) {
        self.step(|core, now| core.receive(now, self.link, message));
    }

    /// Takes up to `most` messages for the connection; the last word is whatever is not one of many.
    pub(crate) fn transmit(&self, most: usize, messages: &mut impl Extend<D::Down>) -> Transmitted {
        let transmit = |core: &mut D, now| {
            for _ in 0..most {
                match core.transmit(now, self.link) {
                    Transmit::Frame(message) => messages.extend([message]),
                    Transmit::Idle => return Transmitted::All,
                    Transmit::End(last) => {
                        messages.extend(last);
                        return Transmitted::End;
                    }
                }
            }
            Transmitted::Some
        };
        self.step(transmit).0
    }

    /// Writes messages for a WebSocket, until they are so many bytes; with the last word there may come what the connection is
    /// to be closed with. The connection itself may know nothing of this step.
    pub(crate) fn write_into(
        &self,
        most: usize,
        out: &mut Vec<u8>,
    ) -> (Transmitted, Option<Close>) {
        self.session.step(|state, now| {
            let Some(core) = D::of(&mut state.core) else {
                return (Transmitted::End, None);
            };
            while out.len() < most {
                match core.write(now, self.link, most, out) {
                    Transmit::Frame(None) => {}
                    Transmit::Frame(close) => return (Transmitted::End, close),
                    Transmit::Idle => return (Transmitted::All, None),
                    Transmit::End(last) => return (Transmitted::End, last.flatten()),
                }
            }
            (Transmitted::Some, None)
        })
    }

    /// A message came that is too long to be read.
    pub(crate) fn message_too_long(&self) {
        self.step(|core, now| core.too_long(now, self.link));
    }
}

impl State {
    /// What this connection has to know.
    fn attend<D: Speaker>(&mut self, linked: &Handle<D>) -> Attended {
        let Some(core) = D::of(&mut self.core) else {
            return Attended::default();
        };
        let attended = Attended {
            deadline: core.attends(linked.link),
            is_full: core.is_full(linked.link),
        };
        if self.core.carrier() == Some(linked.link) {
            self.armed = attended.deadline;
        }
        attended
    }

    fn lead(&mut self, link: u64, way: Way) {
        match self.ways.iter_mut().find(|(known, _)| *known == link) {
            Some((_, known)) => *known = way,
            None => {
                // There is seldom another.
                self.ways.reserve_exact(1);
                self.ways.push((link, way));
            }
        }
    }
}

impl<D: Speaker> Drop for Linked<D> {
    fn drop(&mut self) {
        let link = self.link;
        self.session.step(|state, now| {
            state.ways.retain(|(known, _)| *known != link);
            if let Some(core) = D::of(&mut state.core) {
                core.lose(now, link);
            }
        });
    }
}
