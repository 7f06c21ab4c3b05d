//! Faults of the choice of a server: requests repeated, and requests sent to one that does not know the session.

use super::points::{Asked, Behaviour, Route};
use super::{Family, Kind, Narrows, text};
use crate::target::Target;
use http::Method;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(super) const FAMILY: Family = Family {
    title: "When a request is sent to a server",
    narrows: Narrows::ByPathAndChance,
    kinds: &[
        Kind {
            name: "post-repeated",
            argument: "HOST:PORT|same",
            default: "same",
            help: "A POST is sent twice, the second time to this server or the same, and the second answer counts.",
            parse: |to| Some(Box::new(Repeated::parse(Method::POST, to)?)),
        },
        Kind {
            name: "get-repeated",
            argument: "HOST:PORT|same",
            default: "same",
            help: "A GET is sent twice, the second time to this server or the same, and the second answer counts: proxies hold GET for harmless.",
            parse: |to| Some(Box::new(Repeated::parse(Method::GET, to)?)),
        },
        Kind {
            name: "not-sticky",
            argument: "HOST:PORT,...",
            default: "",
            help: "Requests go in turn to the server that was meant and to these: other listeners of its process, or other processes.",
            parse: |others| {
                let others = text::list(others, |other| other.parse().ok())?;
                Some(Box::new(NotSticky {
                    others,
                    turn: AtomicUsize::new(0),
                }))
            },
        },
        Kind {
            name: "misrouted",
            argument: "HOST:PORT",
            default: "",
            help: "Requests go to this server instead: another listener of the same process, or a foreign process.",
            parse: |to| Some(Box::new(Misrouted(to.parse().ok()?))),
        },
    ],
};

struct Repeated {
    method: Method,
    to: Option<Target>,
}

impl Repeated {
    fn parse(method: Method, to: &str) -> Option<Self> {
        let to = match to {
            "same" => None,
            to => Some(to.parse().ok()?),
        };
        Some(Self { method, to })
    }
}

impl Behaviour for Repeated {
    fn route(&self, asked: &Asked) -> Option<Route> {
        (asked.method == self.method).then(|| Route::Again(self.to.clone()))
    }
}

struct NotSticky {
    others: Vec<Target>,
    turn: AtomicUsize,
}

impl Behaviour for NotSticky {
    fn route(&self, _asked: &Asked) -> Option<Route> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % (self.others.len() + 1);
        let other = self.others.get(turn.checked_sub(1)?)?;
        Some(Route::To(other.clone()))
    }
}

struct Misrouted(Target);

impl Behaviour for Misrouted {
    fn route(&self, _asked: &Asked) -> Option<Route> {
        Some(Route::To(self.0.clone()))
    }
}
