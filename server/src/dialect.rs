//! The dialects that clients speak, as the driver drives them: a core each, and what a WebSocket carries of it.
//!
//! Nothing here decides anything but what becomes of a message that is too long to be read: it passes on. What all dialects have in common is the session behind them,
//! which is what the application sees.

use std::fmt;
use throughline_core::Time;
use throughline_core::engineio::{self, Engine};
use throughline_core::session::{Input, Output, RequestId, Session, Transmit, Transport};
use throughline_core::wire::Carried;
use throughline_core::wire::engineio::Version;
use throughline_core::wire::native::websocket::{decode, encode};
use throughline_core::wire::native::{Frame, Malformed, PollRequest, Response};

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
}

/// A session in the dialect of its client.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "most sessions are native, and lie in one piece of memory with what the driver has of them"
)]
pub(crate) enum Core {
    Native(Session),
    EngineIo(Box<Engine>),
}

/// The answer to a request, in the dialect in which it was asked.
#[derive(Debug)]
pub(crate) enum Answer {
    Native(Response),
    EngineIo(engineio::Answer),
}

impl Core {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Native(_) => Dialect::Throughline,
            Self::EngineIo(engine) => match engine.version() {
                Version::V4 => Dialect::EngineIo4,
                Version::V3 => Dialect::EngineIo3,
            },
        }
    }

    pub(crate) fn session(&self) -> &Session {
        match self {
            Self::Native(session) => session,
            Self::EngineIo(engine) => engine.session(),
        }
    }

    /// For the application's calls, and others that every dialect has; `settle` follows.
    pub(crate) fn session_mut(&mut self) -> &mut Session {
        match self {
            Self::Native(session) => session,
            Self::EngineIo(engine) => engine.session_mut(),
        }
    }

    /// Lets the dialect see what the session was told; the native one is the session's own.
    pub(crate) fn settle(&mut self, now: Time) {
        if let Self::EngineIo(engine) = self {
            engine.settle(now);
        }
    }

    pub(crate) fn poll(&mut self) -> Option<Output<Answer>> {
        match self {
            Self::Native(session) => session.poll().map(|output| output.map(Answer::Native)),
            Self::EngineIo(engine) => engine.poll().map(|output| output.map(Answer::EngineIo)),
        }
    }

    /// Whether a message that is sent now leaves at once.
    pub(crate) fn is_writable(&self) -> bool {
        match self {
            Self::Native(session) => session.is_writable(),
            Self::EngineIo(engine) => engine.is_writable(),
        }
    }

    pub(crate) fn deadline(&self) -> Option<Time> {
        match self {
            Self::Native(session) => session.deadline(),
            Self::EngineIo(engine) => engine.deadline(),
        }
    }

    pub(crate) fn time_out(&mut self, now: Time) {
        match self {
            Self::Native(session) => session.handle(now, Input::Timeout),
            Self::EngineIo(engine) => engine.handle(now, engineio::Input::Timeout),
        }
    }

    pub(crate) fn request_gone(&mut self, now: Time, id: RequestId) {
        match self {
            Self::Native(session) => session.handle(now, Input::RequestGone(id)),
            Self::EngineIo(engine) => engine.handle(now, engineio::Input::RequestGone(id)),
        }
    }

    /// The WebSocket that carries the session: of the native dialect its generation, else its own number.
    pub(crate) fn carrier(&self) -> Option<u64> {
        match self {
            Self::Native(session) => {
                (session.transport() == Some(Transport::WebSocket)).then(|| session.generation())
            }
            Self::EngineIo(engine) => engine.carrier(),
        }
    }
}

/// A core that speaks one dialect: what it is asked and told over requests and WebSockets, and what it says.
pub(crate) trait Speaker: Sized {
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
    fn encode(down: Self::Down) -> Carried;
    /// What stands for a ping or pong of WebSocket itself, where that is a sign of life.
    fn alive() -> Option<Self::Up>;

    fn request(&mut self, now: Time, id: RequestId, request: Self::Request);
    fn receive(&mut self, now: Time, link: u64, up: Self::Up);
    fn transmit(&mut self, now: Time, link: u64) -> Transmit<Self::Down>;
    /// A message came that is too long to be read.
    fn too_long(&mut self, now: Time, link: u64);
    fn lose(&mut self, now: Time, link: u64);
    /// When the connection must look at the clock; `None` when it has nothing more to do with the session.
    fn attends(&self, link: u64) -> Option<Time>;
    /// Whether nothing more can be taken from this WebSocket now.
    fn is_full(&self, link: u64) -> bool;
}

/// The protocol of this project.
impl Speaker for Session {
    type Up = Frame;
    type Down = Frame;
    type Request = PollRequest;
    type Answer = Response;

    fn of(core: &mut Core) -> Option<&mut Self> {
        match core {
            Core::Native(session) => Some(session),
            Core::EngineIo(_) => None,
        }
    }

    fn answer(answer: Answer) -> Option<Response> {
        match answer {
            Answer::Native(response) => Some(response),
            Answer::EngineIo(_) => None,
        }
    }

    fn may_tell_end(request: &PollRequest) -> bool {
        request.items.is_empty()
    }

    fn decode(carried: Carried) -> Result<Frame, Malformed> {
        decode(carried)
    }

    fn encode(frame: Frame) -> Carried {
        encode(&frame)
    }

    /// Any byte is a sign of life (spec LIV-1), and this is the frame that says nothing else.
    fn alive() -> Option<Frame> {
        Some(Frame::Pong(0))
    }

    fn request(&mut self, now: Time, id: RequestId, request: PollRequest) {
        self.handle(now, Input::Request(id, request));
    }

    fn receive(&mut self, now: Time, generation: u64, frame: Frame) {
        self.handle(now, Input::Frame(generation, frame));
    }

    fn transmit(&mut self, now: Time, generation: u64) -> Transmit {
        self.transmit(now, generation)
    }

    /// Spec FLW-4.
    fn too_long(&mut self, _now: Time, generation: u64) {
        if self.generation() == generation {
            let code = throughline_core::Code::MESSAGE_TOO_LARGE;
            self.abort(code, code.reason(), None);
        }
    }

    fn lose(&mut self, now: Time, generation: u64) {
        self.handle(now, Input::LinkLost(generation));
    }

    fn attends(&self, generation: u64) -> Option<Time> {
        let carries =
            self.generation() == generation && self.transport() == Some(Transport::WebSocket);
        self.deadline().filter(|_| carries)
    }

    /// It never is: the client's window is the bound.
    fn is_full(&self, _generation: u64) -> bool {
        false
    }
}

/// Engine.IO.
impl Speaker for Engine {
    type Up = Carried;
    type Down = Carried;
    type Request = engineio::Request;
    type Answer = engineio::Answer;

    fn of(core: &mut Core) -> Option<&mut Self> {
        match core {
            Core::Native(_) => None,
            Core::EngineIo(engine) => Some(engine),
        }
    }

    fn answer(answer: Answer) -> Option<engineio::Answer> {
        match answer {
            Answer::Native(_) => None,
            Answer::EngineIo(answer) => Some(answer),
        }
    }

    /// It ends when the request waits: one that comes later finds nothing.
    fn may_tell_end(_request: &engineio::Request) -> bool {
        false
    }

    fn decode(carried: Carried) -> Result<Carried, Malformed> {
        Ok(carried)
    }

    fn encode(carried: Carried) -> Carried {
        carried
    }

    /// Its clients have a heartbeat of their own.
    fn alive() -> Option<Carried> {
        None
    }

    fn request(&mut self, now: Time, id: RequestId, request: engineio::Request) {
        self.handle(now, engineio::Input::Request(id, request));
    }

    fn receive(&mut self, now: Time, link: u64, carried: Carried) {
        self.handle(now, engineio::Input::Received(link, carried));
    }

    fn transmit(&mut self, now: Time, link: u64) -> Transmit<Carried> {
        self.transmit(now, link)
    }

    fn too_long(&mut self, now: Time, link: u64) {
        self.handle(now, engineio::Input::TooLong(link));
    }

    fn lose(&mut self, now: Time, link: u64) {
        self.handle(now, engineio::Input::Lost(link));
    }

    fn attends(&self, link: u64) -> Option<Time> {
        self.attends(link)
    }

    fn is_full(&self, link: u64) -> bool {
        self.is_full(link)
    }
}
