//! A link from its opening to its loss; each stage has a deadline.
//!
//! A link first proves itself (`hello`, `welcome`), then waits on the side, and carries the session once
//! the driver says so. What it does then depends on what carries it.

use crate::polled::Polled;
use crate::stream::Stream;
use std::time::Duration;
use throughline_core::Time;

/// What a driver calls a link.
pub type LinkId = u64;

/// What a driver calls an HTTP request.
pub type RequestId = u64;

/// What carries a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// A WebSocket connection.
    WebSocket,
    /// HTTP requests.
    Http(Polling),
}

/// How a link of HTTP requests asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Polling {
    /// How long the server may hold a request; zero: not at all.
    pub hold: Duration,
    /// The time between an answer and the next request; zero: none.
    pub interval: Duration,
    /// What a request with messages should not exceed, in bytes; the server's own limit may be lower.
    pub batch: u64,
}

/// Why a link does not carry the session any more, or never did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkEnd {
    /// The connection ended, was not made, or brought what is no frame.
    Lost,
    /// A deadline passed.
    Silent,
    /// A sequenced frame is missing, or a frame came that does not belong here.
    Gap,
    /// The generation was not on offer any more: say hello again.
    Stale,
    /// A later generation of our own has begun.
    Fenced,
    /// The hello was turned down.
    Refused(throughline_core::wire::native::Refuse),
}

#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) carrier: Carrier,
    pub(crate) stage: Stage,
    /// The requests that carried its hellos.
    pub(crate) hellos: Vec<RequestId>,
}

#[derive(Debug)]
pub(crate) enum Stage {
    /// The WebSocket connects.
    Opening { until: Time },
    /// The hello was sent, and is repeated.
    Greeting { repeat: Time, until: Time },
    /// A generation is offered.
    Offered { generation: u64, until: Time },
    /// It carries the session over a WebSocket.
    Stream(Stream),
    /// It carries the session over HTTP requests.
    Polled(Polled),
}

impl Link {
    pub(crate) fn new(carrier: Carrier, until: Time) -> Self {
        Self {
            carrier,
            stage: Stage::Opening { until },
            hellos: Vec::new(),
        }
    }

    /// When this link next needs attention.
    pub(crate) fn deadline(&self) -> Time {
        match &self.stage {
            Stage::Opening { until } | Stage::Offered { until, .. } => *until,
            Stage::Greeting { repeat, until } => *repeat.min(until),
            Stage::Stream(stream) => stream.deadline(),
            Stage::Polled(polled) => polled.deadline(),
        }
    }
}
