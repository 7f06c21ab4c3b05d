//! The dialects that clients speak, as the driver drives them: a core each, and what a WebSocket carries of it.
//!
//! Nothing here decides anything but what becomes of a message that is too long to be read: it passes on. What all dialects
//! have in common is the session behind them, which is what the application sees.

mod connection;
mod engine;
mod session;

use std::fmt;
use throughline_core::Time;
use throughline_core::engineio::{self, Engine};
use throughline_core::session::{Input, Output, RequestId, Session, Transmit};
use throughline_core::sockjs::{self, Connection};
use throughline_core::wire::Carried;
use throughline_core::wire::engineio::Version;
use throughline_core::wire::native::{Malformed, Response};
use throughline_core::wire::websocket::Close;

/// What a session's client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// The protocol of this project: numbered and acknowledged both ways.
    Throughline,
    /// Engine.IO 4, as the clients of Socket.IO 3 and 4.
    EngineIo4,
    /// Engine.IO 3, as the clients of Socket.IO 1 and 2.
    EngineIo3,
    /// SockJS, and WebSockets without any protocol on its mounts.
    SockJs,
}

/// A session in the dialect of its client.
#[derive(Debug)]
pub(crate) enum Core {
    Native(Box<Session>),
    EngineIo(Box<Engine>),
    SockJs(Box<Connection>),
}

/// The answer to a request, in the dialect in which it was asked.
#[derive(Debug)]
pub(crate) enum Answer {
    Native(Response),
    EngineIo(engineio::Answer),
    SockJs(sockjs::Answer),
}

impl Core {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Native(_) => Dialect::Throughline,
            Self::EngineIo(engine) => match engine.version() {
                Version::V4 => Dialect::EngineIo4,
                Version::V3 => Dialect::EngineIo3,
            },
            Self::SockJs(_) => Dialect::SockJs,
        }
    }

    pub(crate) fn session(&self) -> &Session {
        match self {
            Self::Native(session) => session,
            Self::EngineIo(engine) => engine.session(),
            Self::SockJs(connection) => connection.session(),
        }
    }

    /// For the application's calls, and others that every dialect has; `settle` follows.
    pub(crate) fn session_mut(&mut self) -> &mut Session {
        match self {
            Self::Native(session) => session,
            Self::EngineIo(engine) => engine.session_mut(),
            Self::SockJs(connection) => connection.session_mut(),
        }
    }

    /// Lets the dialect see what the session was told; the native one is the session's own.
    pub(crate) fn settle(&mut self, now: Time) {
        match self {
            Self::Native(_) => {}
            Self::EngineIo(engine) => engine.settle(now),
            Self::SockJs(connection) => connection.settle(now),
        }
    }

    /// Whether `poll` has something.
    pub(crate) fn has_outputs(&self) -> bool {
        match self {
            Self::Native(session) => session.has_outputs(),
            Self::EngineIo(engine) => engine.has_outputs(),
            Self::SockJs(connection) => connection.has_outputs(),
        }
    }

    pub(crate) fn poll(&mut self) -> Option<Output<Answer>> {
        match self {
            Self::Native(session) => session.poll().map(|output| output.map(Answer::Native)),
            Self::EngineIo(engine) => engine.poll().map(|output| output.map(Answer::EngineIo)),
            Self::SockJs(connection) => connection.poll().map(|output| output.map(Answer::SockJs)),
        }
    }

    /// What a client is told that comes back after the end, in a dialect without tombstones.
    pub(crate) fn last_frame(&self) -> Option<String> {
        match self {
            Self::Native(_) | Self::EngineIo(_) => None,
            Self::SockJs(connection) => connection.last_frame(),
        }
    }

    /// Whether a message that is sent now leaves at once.
    pub(crate) fn is_writable(&self) -> bool {
        match self {
            Self::Native(session) => session.is_writable(),
            Self::EngineIo(engine) => engine.is_writable(),
            Self::SockJs(connection) => connection.is_writable(),
        }
    }

    pub(crate) fn deadline(&self) -> Option<Time> {
        match self {
            Self::Native(session) => session.deadline(),
            Self::EngineIo(engine) => engine.deadline(),
            Self::SockJs(connection) => connection.deadline(),
        }
    }

    pub(crate) fn time_out(&mut self, now: Time) {
        match self {
            Self::Native(session) => session.handle(now, Input::Timeout),
            Self::EngineIo(engine) => engine.handle(now, engineio::Input::Timeout),
            Self::SockJs(connection) => connection.handle(now, sockjs::Input::Timeout),
        }
    }

    pub(crate) fn request_gone(&mut self, now: Time, id: RequestId) {
        match self {
            Self::Native(session) => session.handle(now, Input::RequestGone(id)),
            Self::EngineIo(engine) => {
                engine.handle(now, engineio::Input::RequestGone(id));
            }
            Self::SockJs(connection) => {
                connection.handle(now, sockjs::Input::RequestGone(id));
            }
        }
    }

    /// The WebSocket that carries the session: of the native dialect its generation, else its own number.
    pub(crate) fn carrier(&self) -> Option<u64> {
        match self {
            Self::Native(session) => session.carrier(),
            Self::EngineIo(engine) => engine.carrier(),
            Self::SockJs(connection) => connection.carrier(),
        }
    }
}

/// A core that speaks one dialect: what it is asked and told over requests and WebSockets, and what it says.
pub(crate) trait Speaker: Sized + 'static {
    /// What comes up.
    type Up: fmt::Debug;
    /// What goes down.
    type Down;
    /// What an HTTP request asks.
    type Request;
    /// What it gets.
    type Answer;

    /// The core, when it speaks this dialect; links and sessions of one dialect find each other only.
    fn of(core: &mut Core) -> Option<&mut Self>;
    /// The answer, when it is in this dialect.
    fn answer(answer: Answer) -> Option<Self::Answer>;
    /// Whether a session that drains may end before this request, which then tells of it.
    fn may_tell_end(request: &Self::Request) -> bool;
    fn decode(carried: Carried) -> Result<Self::Up, Malformed>;
    /// What stands for a ping or pong of WebSocket itself, where that is a sign of life.
    fn alive() -> Option<Self::Up>;
    /// What stands for the close of WebSocket itself, where that is a goodbye.
    fn closed() -> Option<Self::Up>;

    fn request(&mut self, now: Time, id: RequestId, request: Self::Request);
    fn receive(&mut self, now: Time, link: u64, up: Self::Up);
    fn transmit(&mut self, now: Time, link: u64) -> Transmit<Self::Down>;
    /// The same, written as frames of WebSocket behind whatever is there, of which there need not be more once there are so many
    /// bytes; the last may be what the connection is to be closed with.
    fn write(
        &mut self,
        now: Time,
        link: u64,
        most: usize,
        out: &mut Vec<u8>,
    ) -> Transmit<Option<Close>>;
    /// A message came that is too long to be read.
    fn too_long(&mut self, now: Time, link: u64);
    fn lose(&mut self, now: Time, link: u64);
    /// When the connection must look at the clock; `None` when it has nothing more to do with the session.
    fn attends(&self, link: u64) -> Option<Time>;
    /// Whether nothing more can be taken from this WebSocket now.
    fn is_full(&self, link: u64) -> bool;
}
