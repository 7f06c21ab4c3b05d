//! Faults of the handshake by which a WebSocket begins.

use super::points::{Behaviour, Fate, Withheld};
use super::{Family, Kind, Narrows, text};
use crate::{head, page};
use http::{StatusCode, request};

pub(super) const FAMILY: Family = Family {
    title: "When a connection is to be upgraded",
    narrows: Narrows::ByPathAndChance,
    kinds: &[
        Kind {
            name: "upgrade-refused",
            argument: "STATUS",
            default: "403",
            help: "The handshake is answered with this status, such as 400, 403, 407, 426, 501 or 502; a 3xx redirects it.",
            parse: |status| Some(Box::new(Refused(text::status(status)?))),
        },
        Kind {
            name: "upgrade-stripped",
            argument: "page|upstream",
            default: "page",
            help: "A proxy that knows no upgrade takes its headers off: a page comes back with status 200, or what the server says to the plain request.",
            parse: |form| {
                Some(Box::new(match form {
                    "page" => Stripped::Page,
                    "upstream" => Stripped::Upstream,
                    _ => return None,
                }))
            },
        },
        Kind {
            name: "upgrade-hung",
            argument: "",
            default: "",
            help: "The handshake is taken and never answered, and the server never hears of it.",
            parse: |_| Some(Box::new(Hung)),
        },
        Kind {
            name: "upgrade-unrelayed",
            argument: "",
            default: "",
            help: "The server answers 101, the proxy never passes it on and holds both connections.",
            parse: |_| Some(Box::new(Unrelayed)),
        },
    ],
};

/// What becomes of a handshake; other requests pass.
fn of_handshake(head: &request::Parts, fate: impl FnOnce() -> Fate) -> Option<Fate> {
    head::is_upgrade(&head.headers).then(fate)
}

struct Refused(StatusCode);

impl Behaviour for Refused {
    fn request(&self, head: &request::Parts) -> Option<Fate> {
        of_handshake(head, || Fate::Answer(page::refusal(self.0)))
    }
}

enum Stripped {
    Page,
    Upstream,
}

impl Behaviour for Stripped {
    fn request(&self, head: &request::Parts) -> Option<Fate> {
        of_handshake(head, || match self {
            Self::Page => Fate::Answer(page::html(StatusCode::OK, "A page, and no WebSocket.")),
            Self::Upstream => Fate::Edit(Box::new(|head| head::strip_upgrade(&mut head.headers))),
        })
    }
}

struct Hung;

impl Behaviour for Hung {
    fn request(&self, head: &request::Parts) -> Option<Fate> {
        of_handshake(head, || Fate::Hang)
    }
}

struct Unrelayed;

impl Behaviour for Unrelayed {
    fn upgraded(&self) -> Option<Withheld> {
        Some(Withheld)
    }
}
