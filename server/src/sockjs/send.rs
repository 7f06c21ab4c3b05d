//! A request that brings messages for the session of that name. It never opens one.

use super::headers::{TEXT, answer};
use super::path::Part;
use super::query::Query;
use super::service::Refused;
use crate::node::Node;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use bytestring::ByteString;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use throughline_core::sockjs::{Answer, Stamp};
use throughline_core::wire::sockjs::Malformed;

/// In which way messages are brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Xhr,
    Jsonp,
}

impl Way {
    pub(super) const fn of(part: Part) -> Option<Self> {
        match part {
            Part::XhrSend => Some(Self::Xhr),
            Part::JsonpSend => Some(Self::Jsonp),
            _ => None,
        }
    }

    pub(super) fn stamp(self, query: &Query) -> Option<Stamp> {
        match self {
            Self::Xhr => query.time(),
            Self::Jsonp => query.number(),
        }
    }

    /// The answer to messages that were taken. Some old browsers do odd things when a form is answered with nothing.
    pub(super) fn taken(self) -> Response {
        match self {
            Self::Xhr => answer(StatusCode::NO_CONTENT, TEXT, Body::empty()),
            Self::Jsonp => answer(StatusCode::OK, TEXT, "ok"),
        }
    }

    /// The JSON in a body.
    pub(super) fn json(self, asked: &HeaderMap, body: Bytes) -> Result<ByteString, Refused> {
        let content_type = asked.get(CONTENT_TYPE);
        let is_form = content_type
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
        if self == Self::Jsonp && is_form {
            return field(&body).ok_or(Refused::Malformed(Malformed::Payload));
        }
        ByteString::try_from(body).map_err(|_| Refused::Malformed(Malformed::Json))
    }

    pub(super) fn answer(self, node: &Node, answer: &Answer) -> Result<Response, Refused> {
        match answer {
            Answer::Taken => Ok(self.taken()),
            Answer::Malformed(malformed) => Err((*malformed).into()),
            Answer::Over => Err(Refused::NotFound),
            Answer::Busy | Answer::Frame(_) | Answer::Streaming(_) => Err(Refused::busy(node)),
        }
    }
}

/// The only field of the form.
fn field(form: &[u8]) -> Option<ByteString> {
    let mut fields = form_urlencoded::parse(form);
    fields
        .find(|(name, _)| name == "d")
        .map(|(_, value)| ByteString::from(value.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_one_field() {
        assert_eq!(field(b"d=%5B%22x+y%22%5D").as_deref(), Some("[\"x y\"]"));
        assert_eq!(field(b"d=").as_deref(), Some(""));
        assert_eq!(field(b"p=p"), None);
    }
}
