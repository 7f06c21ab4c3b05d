//! Faults in which somebody else answers in the server's place, whatever was asked.

use super::points::{Answer, Behaviour, Fate};
use super::{Family, Kind, Narrows, text};
use crate::page;
use http::{HeaderValue, StatusCode, header, request};

pub(super) const FAMILY: Family = Family {
    title: "When somebody else answers",
    narrows: Narrows::ByPathAndChance,
    kinds: &[
        Kind {
            name: "captive-portal",
            argument: "page|redirect",
            default: "page",
            help: "Every request gets the login page of a hotel's network, with status 200, or a redirect to one.",
            parse: |form| {
                Some(Box::new(match form {
                    "page" => CaptivePortal::Page,
                    "redirect" => CaptivePortal::Redirect,
                    _ => return None,
                }))
            },
        },
        Kind {
            name: "waf",
            argument: "STATUS",
            default: "403",
            help: "Every request gets the block page of a firewall or the challenge of a bot filter, as HTML with this status; 503 is usual too.",
            parse: |status| Some(Box::new(Waf(text::status(status)?))),
        },
    ],
};

enum CaptivePortal {
    Page,
    Redirect,
}

impl Behaviour for CaptivePortal {
    fn request(&self, _head: &request::Parts) -> Option<Fate> {
        Some(Fate::Answer(match self {
            Self::Page => page::html(StatusCode::OK, "Welcome to our network. Please log in."),
            Self::Redirect => page::redirect(StatusCode::FOUND),
        }))
    }
}

struct Waf(StatusCode);

impl Waf {
    fn answer(&self) -> Answer {
        let mut answer = page::html(self.0, "Checking your browser before you proceed.");
        let challenge = HeaderValue::from_static("challenge");
        answer.headers_mut().insert("cf-mitigated", challenge);
        let retry = HeaderValue::from_static("30");
        answer.headers_mut().insert(header::RETRY_AFTER, retry);
        answer
    }
}

impl Behaviour for Waf {
    fn request(&self, _head: &request::Parts) -> Option<Fate> {
        Some(Fate::Answer(self.answer()))
    }
}
