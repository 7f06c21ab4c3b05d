//! What a WebSocket, or a response that goes on, has of the session that it carries: everything that it does there names
//! the link, and the session learns that the link is gone when this is dropped.

use super::{Shared, State};
use crate::dialect::Speaker;
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::Waker;
use throughline_core::Time;
use throughline_core::engineio::{self, Engine};
use throughline_core::session::{Input, Session, Transmit};
use throughline_core::sockjs::{self, Connection};
use throughline_core::wire::native::Begin;
use throughline_core::wire::sockjs::Transport;

/// A session, to the link that carries it, did until a later one began, or wants to.
#[derive(Debug)]
pub(crate) struct Linked<D: Speaker> {
    session: Arc<Shared>,
    link: u64,
    dialect: PhantomData<fn(D)>,
}

/// What a connection learns that registers.
#[derive(Clone, Copy, Debug)]
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
    fn step<R: Default>(&self, change: impl FnOnce(&mut D, Time) -> R) -> (R, Option<Time>) {
        self.session.step(|state, now| {
            let Some(core) = D::of(&mut state.core) else {
                return (R::default(), None);
            };
            let result = change(core, now);
            (result, state.attend(self))
        })
    }

    /// Registers the task of the connection.
    pub(crate) fn attend(&self, waker: &Waker) -> Attended {
        let link = self.link;
        let mut state = self.session.lock();
        match state.streams.iter_mut().find(|(known, _)| *known == link) {
            Some((_, known)) => known.clone_from(waker),
            None => state.streams.push((link, waker.clone())),
        }
        Attended {
            is_full: D::of(&mut state.core).is_some_and(|core| core.is_full(link)),
            deadline: state.attend(self),
        }
    }

    /// Hands in what came, and says when the connection must look at the clock.
    pub(crate) fn receive(&self, messages: impl IntoIterator<Item = D::Up>) -> Option<Time> {
        let take = |core: &mut D, now| {
            for message in messages {
                core.receive(now, self.link, message);
            }
        };
        self.step(take).1
    }

    /// Takes up to `most` messages for the connection, and says when it must look at the clock; the last word is whatever
    /// is not one of many.
    pub(crate) fn transmit(
        &self,
        most: usize,
        messages: &mut impl Extend<D::Down>,
    ) -> (Transmitted, Option<Time>) {
        self.step(|core, now| {
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
        })
    }

    /// A message came that is too long to be read.
    pub(crate) fn message_too_long(&self) {
        let _deadline = self.step(|core, now| core.too_long(now, self.link));
    }
}

impl State {
    /// When this connection must look at the clock; `None` when it has nothing more to do with the session.
    fn attend<D: Speaker>(&mut self, linked: &Linked<D>) -> Option<Time> {
        let deadline = D::of(&mut self.core).and_then(|core| core.attends(linked.link));
        if self.core.carrier() == Some(linked.link) {
            self.armed = deadline;
        }
        deadline
    }
}

impl<D: Speaker> Drop for Linked<D> {
    fn drop(&mut self) {
        let link = self.link;
        self.session.step(|state, now| {
            state.streams.retain(|(known, _)| *known != link);
            if let Some(core) = D::of(&mut state.core) {
                core.lose(now, link);
            }
        });
    }
}
