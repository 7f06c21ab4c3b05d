//! Faults of the line itself: what happens to a client's bytes, whatever they mean.

use super::points::{Behaviour, Chunk, Cut, Direction, Ending, Life};
use super::{Family, Kind, Narrows, text};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

pub(super) const FAMILY: Family = Family {
    title: "On the line",
    narrows: Narrows::Not,
    kinds: &[
        Kind {
            name: "latency",
            argument: "TIME",
            default: "",
            help: "Bytes take that long in each direction, so a round trip takes twice that.",
            parse: |time| Some(Box::new(Latency(text::duration(time)?))),
        },
        Kind {
            name: "jitter",
            argument: "TIME",
            default: "",
            help: "Bytes take up to that much longer, at random; their order stays.",
            parse: |time| Some(Box::new(Jitter(text::duration(time)?))),
        },
        Kind {
            name: "bandwidth",
            argument: "BYTES",
            default: "",
            help: "All connections together carry so many bytes a second in each direction.",
            parse: |bytes| Some(Box::new(Bandwidth::new(text::size(bytes)?))),
        },
        Kind {
            name: "cut-idle",
            argument: "TIME",
            default: "60s",
            help: "A connection on which nothing passes for that long is reset, as load balancers and firewalls do.",
            parse: |time| Some(Box::new(Idle(text::duration(time)?, Ending::Reset))),
        },
        Kind {
            name: "forget-idle",
            argument: "TIME",
            default: "60s",
            help: "A connection on which nothing passes for that long is dead from then on and nobody is told, as when a router forgets its mapping.",
            parse: |time| Some(Box::new(Idle(text::duration(time)?, Ending::Forgotten))),
        },
        Kind {
            name: "sleep",
            argument: "TIME",
            default: "5s",
            help: "For that long from now on nothing passes on any connection, then those of that time are reset: a laptop that slept, a tunnel under a river.",
            parse: |time| Some(Box::new(Sleep(text::duration(time)?))),
        },
        Kind {
            name: "cut",
            argument: "",
            default: "",
            help: "Every connection that is open now is reset; new ones are not touched.",
            parse: |_| Some(Box::new(CutNow)),
        },
        Kind {
            name: "address-change",
            argument: "ADDRESS",
            default: "127.0.0.2",
            help: "The client has moved to another network: connections that are open now are reset on its side while the server hears nothing, and new ones come to the server from that address.",
            parse: |address| Some(Box::new(AddressChange(address.parse().ok()?))),
        },
    ],
};

struct Latency(Duration);

impl Behaviour for Latency {
    fn delay(&self, _chunk: Chunk, _luck: &mut fastrand::Rng) -> Option<Duration> {
        Some(self.0)
    }
}

struct Jitter(Duration);

impl Behaviour for Jitter {
    fn delay(&self, _chunk: Chunk, luck: &mut fastrand::Rng) -> Option<Duration> {
        Some(self.0.mul_f64(luck.f64()))
    }
}

struct Bandwidth {
    bytes_per_second: u32,
    /// When each direction will have carried what it has taken.
    busy_until: Mutex<[Option<Instant>; 2]>,
}

impl Bandwidth {
    fn new(bytes_per_second: u32) -> Self {
        Self {
            bytes_per_second,
            busy_until: Mutex::default(),
        }
    }
}

impl Behaviour for Bandwidth {
    fn delay(&self, chunk: Chunk, _luck: &mut fastrand::Rng) -> Option<Duration> {
        let len = u32::try_from(chunk.len).expect("a piece is no longer than a buffer");
        let takes = Duration::from_secs(1) * len / self.bytes_per_second;
        let mut busy_until = self
            .busy_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let busy_until = match chunk.direction {
            Direction::Up => &mut busy_until[0],
            Direction::Down => &mut busy_until[1],
        };
        let done = busy_until.unwrap_or(chunk.now).max(chunk.now) + takes;
        *busy_until = Some(done);
        Some(done - chunk.now)
    }
}

struct Idle(Duration, Ending);

impl Behaviour for Idle {
    fn line(&self, _life: Life) -> Option<Cut> {
        Some(Cut::Idle {
            after: self.0,
            ending: self.1,
        })
    }
}

struct Sleep(Duration);

impl Behaviour for Sleep {
    fn line(&self, life: Life) -> Option<Cut> {
        let until = life.fault_since + self.0;
        (life.opened < until).then_some(Cut::Stalled {
            until,
            ending: Ending::Reset,
        })
    }
}

struct CutNow;

impl Behaviour for CutNow {
    fn line(&self, life: Life) -> Option<Cut> {
        ended_already(life, Ending::Reset)
    }
}

struct AddressChange(IpAddr);

impl Behaviour for AddressChange {
    fn line(&self, life: Life) -> Option<Cut> {
        ended_already(life, Ending::Ghost)
    }

    fn source(&self) -> Option<IpAddr> {
        Some(self.0)
    }
}

/// The end of a connection that is older than the fault.
fn ended_already(life: Life, ending: Ending) -> Option<Cut> {
    (life.opened < life.fault_since).then_some(Cut::Stalled {
        until: life.fault_since,
        ending,
    })
}
