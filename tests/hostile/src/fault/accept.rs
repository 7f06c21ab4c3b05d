//! Faults of a client's connecting: it takes long, has to wait for others, or is refused.

use super::points::{Admission, Behaviour};
use super::{Family, Kind, Narrows, text};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

pub(super) const FAMILY: Family = Family {
    title: "When a client connects",
    narrows: Narrows::ByChance,
    kinds: &[
        Kind {
            name: "unreachable",
            argument: "",
            default: "",
            help: "New connections are reset as soon as they come, as if the server were gone.",
            parse: |_| Some(Box::new(Unreachable)),
        },
        Kind {
            name: "connect-delay",
            argument: "TIME",
            default: "",
            help: "A new connection takes that long to be made: the round trips of TCP and TLS, which `latency` leaves out.",
            parse: |time| Some(Box::new(ConnectDelay(text::duration(time)?))),
        },
        Kind {
            name: "connections",
            argument: "COUNT",
            default: "6",
            help: "No more than so many of the connections made from now on are served at a time, the others wait without a sign: a browser's limit per host under HTTP/1.1.",
            parse: |count| Some(Box::new(Connections::new(count.parse().ok()?))),
        },
    ],
};

struct Unreachable;

impl Behaviour for Unreachable {
    fn accept(&self) -> Option<Admission> {
        Some(Admission::Reset)
    }
}

struct ConnectDelay(Duration);

impl Behaviour for ConnectDelay {
    fn accept(&self) -> Option<Admission> {
        Some(Admission::After(self.0))
    }
}

struct Connections(Arc<Semaphore>);

impl Connections {
    fn new(count: u16) -> Self {
        Self(Arc::new(Semaphore::new(count.into())))
    }
}

impl Drop for Connections {
    /// Lets in who waits.
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Behaviour for Connections {
    fn accept(&self) -> Option<Admission> {
        Some(Admission::Turn(Arc::clone(&self.0)))
    }
}
