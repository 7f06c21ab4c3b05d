//! Faults of a forward proxy's tunnels. What passes through them suffers the faults of tunnels as well.

use super::points::{Behaviour, Opening};
use super::{Family, Kind, Narrows, text};
use crate::target::Target;
use http::StatusCode;

pub(super) const FAMILY: Family = Family {
    title: "When a client asks for a tunnel (CONNECT)",
    narrows: Narrows::ByChance,
    kinds: &[
        Kind {
            name: "connect-refused",
            argument: "STATUS[:PORT]",
            default: "403",
            help: "CONNECT is answered with this status, to this port or to all: 407 asks for credentials that nobody has.",
            parse: |refusal| Some(Box::new(ConnectRefused::parse(refusal)?)),
        },
        Kind {
            name: "connect-inspected",
            argument: "",
            default: "",
            help: "The proxy reads what is inside a tunnel as plain HTTP and treats it so, with all faults of requests and WebSockets: what an intercepting box does, short of TLS.",
            parse: |_| Some(Box::new(ConnectInspected)),
        },
    ],
};

struct ConnectRefused {
    status: StatusCode,
    port: Option<u16>,
}

impl ConnectRefused {
    fn parse(refusal: &str) -> Option<Self> {
        let (status, port) = match refusal.split_once(':') {
            Some((status, port)) => (status, Some(port.parse().ok()?)),
            None => (refusal, None),
        };
        // A successful answer would be a tunnel.
        let status = text::status(status).filter(|status| !status.is_success())?;
        Some(Self { status, port })
    }
}

impl Behaviour for ConnectRefused {
    fn connect(&self, target: &Target) -> Option<Opening> {
        let refused = self.port.is_none_or(|port| port == target.port());
        refused.then_some(Opening::Refused(self.status))
    }
}

struct ConnectInspected;

impl Behaviour for ConnectInspected {
    fn connect(&self, _target: &Target) -> Option<Opening> {
        Some(Opening::Inspected)
    }
}
