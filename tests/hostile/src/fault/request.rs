//! Faults of requests on their way to the server.

use super::points::{Asked, Behaviour, Edit, Fate, Treatment};
use super::text::{self, Pattern};
use super::{Family, Kind, Narrows};
use crate::{head, page};
use http::{HeaderMap, Method, StatusCode, Version, request, response};

pub(super) const FAMILY: Family = Family {
    title: "On a request's way up",
    narrows: Narrows::ByPathAndChance,
    kinds: &[
        Kind {
            name: "methods-allowed",
            argument: "METHOD,...",
            default: "GET,HEAD,POST",
            help: "Requests with any other method are answered 405.",
            parse: |methods| Some(Box::new(MethodsAllowed(text::list(methods, text::method)?))),
        },
        Kind {
            name: "headers-stripped",
            argument: "NAME,...",
            default: "authorization,x-*",
            help: "These headers vanish from requests and answers; a star stands for any end of a name.",
            parse: |names| {
                Some(Box::new(HeadersStripped(text::list(
                    names,
                    text::header_pattern,
                )?)))
            },
        },
        Kind {
            name: "cookies-stripped",
            argument: "",
            default: "",
            help: "No cookie reaches the server, and none is set.",
            parse: |_| {
                let cookies = ["cookie", "set-cookie"].map(str::to_owned);
                Some(Box::new(HeadersStripped(
                    cookies.map(Pattern::Word).to_vec(),
                )))
            },
        },
        Kind {
            name: "http10",
            argument: "",
            default: "",
            help: "The server is asked in HTTP/1.0, so it cannot answer in chunks, keep the connection, or upgrade it.",
            parse: |_| Some(Box::new(Http10)),
        },
        Kind {
            name: "post-swallowed",
            argument: "",
            default: "",
            help: "The head of a POST reaches the server, its body never does; GET works.",
            parse: |_| Some(Box::new(PostSwallowed)),
        },
        Kind {
            name: "post-aborted",
            argument: "executed|lost",
            default: "executed",
            help: "A POST ends in a reset: after the server has executed it, or without its having heard of it. The client cannot tell which.",
            parse: |fate| {
                Some(Box::new(match fate {
                    "executed" => PostAborted::Executed,
                    "lost" => PostAborted::Lost,
                    _ => return None,
                }))
            },
        },
    ],
};

struct MethodsAllowed(Vec<Method>);

impl Behaviour for MethodsAllowed {
    fn request(&self, head: &request::Parts) -> Option<Fate> {
        let refusal = || Fate::Answer(page::refusal(StatusCode::METHOD_NOT_ALLOWED));
        (!self.0.contains(&head.method)).then(refusal)
    }
}

struct HeadersStripped(Vec<Pattern>);

impl HeadersStripped {
    /// Takes these headers off, if there are any.
    fn edit<Head: 'static>(
        &self,
        headers: &HeaderMap,
        of: fn(&mut Head) -> &mut HeaderMap,
    ) -> Option<Edit<Head>> {
        let stripped = headers.keys().filter(|name| self.strips(name.as_str()));
        let names: Vec<_> = stripped.cloned().collect();
        if names.is_empty() {
            return None;
        }
        Some(Box::new(move |head| {
            for name in names {
                of(head).remove(name);
            }
        }))
    }

    fn strips(&self, name: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches(name))
    }
}

impl Behaviour for HeadersStripped {
    fn request(&self, head: &request::Parts) -> Option<Fate> {
        self.edit(&head.headers, |head: &mut request::Parts| &mut head.headers)
            .map(Fate::Edit)
    }

    fn response(&self, _asked: &Asked, head: &response::Parts) -> Option<Treatment> {
        self.edit(&head.headers, |head: &mut response::Parts| {
            &mut head.headers
        })
        .map(Treatment::Edit)
    }
}

struct Http10;

impl Behaviour for Http10 {
    fn request(&self, _head: &request::Parts) -> Option<Fate> {
        Some(Fate::Edit(Box::new(|head| {
            head::strip_upgrade(&mut head.headers);
            head.version = Version::HTTP_10;
        })))
    }
}

struct PostSwallowed;

impl Behaviour for PostSwallowed {
    fn request(&self, head: &request::Parts) -> Option<Fate> {
        (head.method == Method::POST).then_some(Fate::Swallow)
    }
}

enum PostAborted {
    Executed,
    Lost,
}

impl Behaviour for PostAborted {
    fn request(&self, head: &request::Parts) -> Option<Fate> {
        let lost = matches!(self, Self::Lost) && head.method == Method::POST;
        lost.then_some(Fate::Reset)
    }

    fn response(&self, asked: &Asked, _head: &response::Parts) -> Option<Treatment> {
        let executed = matches!(self, Self::Executed) && asked.method == Method::POST;
        executed.then_some(Treatment::Reset)
    }
}
