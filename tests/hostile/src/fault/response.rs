//! Faults of answers on their way to the client.

use super::points::{Asked, Behaviour, Fate, Impatience, Patience, Treatment};
use super::text::{self, Pattern};
use super::{Family, Kind, Narrows};
use crate::page;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header, request, response};

pub(super) const FAMILY: Family = Family {
    title: "On an answer's way down",
    narrows: Narrows::ByPathAndChance,
    kinds: &[
        Kind {
            name: "cut-request",
            argument: "TIME[,STATUS|,reset]",
            default: "30s,504",
            help: "A request that takes longer than that is answered with this status, or reset; a body that has begun is cut. WebSockets are not touched.",
            parse: |limit| Some(Box::new(CutRequest::parse(limit)?)),
        },
        Kind {
            name: "buffered",
            argument: "",
            default: "",
            help: "An answer is held back until it is complete, so a stream never arrives.",
            parse: |_| Some(Box::new(Buffered)),
        },
        Kind {
            name: "truncated",
            argument: "BYTES",
            default: "10",
            help: "A body ends after so many bytes, and the connection with it.",
            parse: |len| Some(Box::new(Truncated(len.parse().ok()?))),
        },
        Kind {
            name: "chunking-stripped",
            argument: "",
            default: "",
            help: "Answers come in HTTP/1.0 without a length, and end with their connection.",
            parse: |_| Some(Box::new(ChunkingStripped)),
        },
        Kind {
            name: "body-replaced",
            argument: "all|errors",
            default: "all",
            help: "The body of every answer, or of those with status 400 and above, is a page of the proxy; status and headers stay.",
            parse: |which| {
                Some(Box::new(match which {
                    "all" => BodyReplaced::All,
                    "errors" => BodyReplaced::Errors,
                    _ => return None,
                }))
            },
        },
        Kind {
            name: "status-replaced",
            argument: "STATUS",
            default: "200",
            help: "Every answer has this status; its headers and body stay.",
            parse: |status| Some(Box::new(StatusReplaced(text::status(status)?))),
        },
        Kind {
            name: "types-blocked",
            argument: "TYPE,...",
            default: "application/octet-stream",
            help: "Requests and answers with a body of such a content type are replaced by a 403; a star stands for any end.",
            parse: |types| Some(Box::new(TypesBlocked(text::list(types, text::pattern)?))),
        },
    ],
};

struct CutRequest {
    after: std::time::Duration,
    then: Impatience,
}

impl CutRequest {
    fn parse(limit: &str) -> Option<Self> {
        let (after, then) = limit.split_once(',').unwrap_or((limit, "504"));
        let then = match then {
            "reset" => Impatience::Reset,
            status => Impatience::Status(text::status(status)?),
        };
        let after = text::duration(after)?;
        Some(Self { after, then })
    }
}

impl Behaviour for CutRequest {
    fn patience(&self, _asked: &Asked) -> Option<Patience> {
        Some(Patience {
            after: self.after,
            then: self.then,
        })
    }
}

struct Buffered;

impl Behaviour for Buffered {
    fn response(&self, _asked: &Asked, _head: &response::Parts) -> Option<Treatment> {
        Some(Treatment::Buffer)
    }
}

struct Truncated(u64);

impl Behaviour for Truncated {
    fn response(&self, _asked: &Asked, _head: &response::Parts) -> Option<Treatment> {
        Some(Treatment::Truncate(self.0))
    }
}

struct ChunkingStripped;

impl Behaviour for ChunkingStripped {
    fn response(&self, _asked: &Asked, _head: &response::Parts) -> Option<Treatment> {
        Some(Treatment::Unmeasured)
    }
}

enum BodyReplaced {
    All,
    Errors,
}

impl Behaviour for BodyReplaced {
    fn response(&self, _asked: &Asked, head: &response::Parts) -> Option<Treatment> {
        let replaced = matches!(self, Self::All) || head.status.as_u16() >= 400;
        let body = || Bytes::from_static(b"<html><body>The proxy has a better page.</body></html>");
        replaced.then(|| Treatment::Body(body()))
    }
}

struct StatusReplaced(StatusCode);

impl Behaviour for StatusReplaced {
    fn response(&self, _asked: &Asked, _head: &response::Parts) -> Option<Treatment> {
        let status = self.0;
        Some(Treatment::Edit(Box::new(move |head| head.status = status)))
    }
}

struct TypesBlocked(Vec<Pattern>);

impl TypesBlocked {
    fn blocks(&self, headers: &HeaderMap) -> bool {
        let value = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let media_type = value
            .and_then(|value| value.split(';').next())
            .map(str::trim);
        media_type
            .is_some_and(|media_type| self.0.iter().any(|pattern| pattern.matches(media_type)))
    }
}

impl Behaviour for TypesBlocked {
    fn request(&self, head: &request::Parts) -> Option<Fate> {
        let blocked = self.blocks(&head.headers);
        blocked.then(|| Fate::Answer(page::refusal(StatusCode::FORBIDDEN)))
    }

    fn response(&self, _asked: &Asked, head: &response::Parts) -> Option<Treatment> {
        let blocked = self.blocks(&head.headers);
        blocked.then(|| Treatment::Answer(page::refusal(StatusCode::FORBIDDEN)))
    }
}
