//! The points of a connection's life at which a fault may decide something, and what can be decided there.
//!
//! Faults decide, and the proxy obeys: nothing in this module reads or writes a byte, and nothing outside the
//! families of faults knows a fault by its name. Decisions are made afresh whenever a point is reached, so a
//! fault that is switched on strikes connections that are open already.

use crate::target::Target;
use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode, request, response};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// What a fault does: a decision at one or several points. At all others it lets things pass.
pub(crate) trait Behaviour: Send + Sync + 'static {
    /// A client has connected.
    fn accept(&self) -> Option<Admission> {
        None
    }

    /// A connection is open, and goes on for as long as nothing here says otherwise.
    fn line(&self, _life: Life) -> Option<Cut> {
        None
    }

    /// Bytes come by on a client's connection; they are held back for the sum of what all faults say.
    fn delay(&self, _chunk: Chunk, _luck: &mut fastrand::Rng) -> Option<Duration> {
        None
    }

    /// A client asks for a tunnel, by CONNECT.
    fn connect(&self, _target: &Target) -> Option<Opening> {
        None
    }

    /// The head of a request has come. Not asked of CONNECT.
    fn request(&self, _head: &request::Parts) -> Option<Fate> {
        None
    }

    /// A request is about to be sent upstream.
    fn route(&self, _asked: &Asked) -> Option<Route> {
        None
    }

    /// A connection is about to be made upstream: the address that it comes from.
    fn source(&self) -> Option<IpAddr> {
        None
    }

    /// A request has been sent upstream.
    fn patience(&self, _asked: &Asked) -> Option<Patience> {
        None
    }

    /// The head of an answer has come. Not asked of a 101.
    fn response(&self, _asked: &Asked, _head: &response::Parts) -> Option<Treatment> {
        None
    }

    /// A 101 has come.
    fn upgraded(&self) -> Option<Withheld> {
        None
    }

    /// A part of what passes through a tunnel begins.
    fn unit(&self, _direction: Direction, _unit: Unit) -> Option<Passage> {
        None
    }
}

/// The way of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
}

/// What happens to a client that has connected.
pub(crate) enum Admission {
    After(Duration),
    /// It waits for its turn, and keeps it to its end.
    Turn(Arc<Semaphore>),
    Reset,
}

/// When a connection was opened, and when the fault was switched on that is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life {
    pub(crate) opened: Instant,
    pub(crate) fault_since: Instant,
}

/// How a connection will end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// It passes bytes until none has come by for that long.
    Idle { after: Duration, ending: Ending },
    /// It passes nothing from now on.
    Stalled { until: Instant, ending: Ending },
}

/// What the two sides see of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The client sees a reset, the server the end of its connection.
    Reset,
    /// Neither sees anything.
    Forgotten,
    /// The client sees a reset, the server nothing.
    Ghost,
}

/// Bytes on a client's connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunk {
    pub(crate) direction: Direction,
    pub(crate) len: usize,
    pub(crate) now: Instant,
}

/// What becomes of a CONNECT.
pub(crate) enum Opening {
    Refused(StatusCode),
    /// The requests inside are served as if they had come in the open.
    Inspected,
}

/// What becomes of a request.
pub(crate) enum Fate {
    Edit(Edit<request::Parts>),
    Answer(Answer),
    /// It waits for its turn, and keeps it until it is answered.
    Turn(Arc<Semaphore>),
    /// Nobody ever answers.
    Hang,
    /// The body is read and goes nowhere; the head goes upstream.
    Swallow,
    /// It is read to its end, and the connection is reset.
    Reset,
}

/// A change to a head.
pub(crate) type Edit<Head> = Box<dyn FnOnce(&mut Head) + Send>;

/// An answer that the server never gave.
pub(crate) type Answer = Response<Bytes>;

/// What later points know of a request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// With its query.
    pub(crate) path: String,
}

/// Where a request goes.
pub(crate) enum Route {
    To(Target),
    /// It is sent again, there or to the same place, and the second answer counts.
    Again(Option<Target>),
}

/// How long the server may take for an answer and its body.
pub(crate) struct Patience {
    pub(crate) after: Duration,
    pub(crate) then: Impatience,
}

/// What the client sees of an answer that takes too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Impatience {
    Status(StatusCode),
    Reset,
}

/// What becomes of an answer.
pub(crate) enum Treatment {
    Edit(Edit<response::Parts>),
    /// This one takes its place.
    Answer(Answer),
    /// It keeps its head, with another body.
    Body(Bytes),
    /// It is held back until it is complete.
    Buffer,
    /// It is held back until it is complete, and shown to this.
    Keep(Keeper),
    /// It has no length, and ends with its connection.
    Unmeasured,
    /// It ends after so many bytes, without its end.
    Truncate(u64),
    /// It is read to its end; the client sees a reset.
    Reset,
}

/// Takes a copy of an answer.
pub(crate) type Keeper = Box<dyn FnOnce(StatusCode, &HeaderMap, &Bytes) + Send>;

/// The client never hears of its 101, and both sides are held.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Withheld;

/// A part of what passes through a tunnel, decided on as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// A WebSocket frame.
    Frame {
        /// Frames before it, in its direction.
        before: u64,
        /// Whether its payload is compressed.
        compressed: bool,
    },
    /// Bytes that nobody can read.
    Opaque,
}

/// What becomes of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    /// It vanishes.
    Drop,
    /// Its head becomes one that no peer may accept.
    CorruptHead,
    /// One bit of its payload is turned.
    CorruptPayload,
    /// It arrives as two fragments.
    Split,
}
