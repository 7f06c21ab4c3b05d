//! A request that brings messages for the session of that name. It never opens one.

use super::headers::{TEXT, answer};
use super::names::Found;
use super::path::Part;
use super::query::Query;
use super::service::{Mount, Refused};
use crate::attach::Caller;
use crate::transport::body::{self, Longest};
use axum::body::Body;
use axum::response::Response;
use bytestring::ByteString;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use throughline_core::sockjs::{Answer, Connection, Request, Stamp};
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

    fn stamp(self, query: &Query) -> Option<Stamp> {
        match self {
            Self::Xhr => query.time(),
            Self::Jsonp => query.number(),
        }
    }

    /// The answer to messages that were taken. Some old browsers do odd things when a form is answered with nothing.
    fn taken(self) -> Response {
        match self {
            Self::Xhr => answer(StatusCode::NO_CONTENT, TEXT, Body::empty()),
            Self::Jsonp => answer(StatusCode::OK, TEXT, "ok"),
        }
    }
}

pub(super) async fn send(
    mount: &Mount,
    name: &str,
    caller: &Caller,
    way: Way,
    query: &Query,
    body: Body,
) -> Result<Response, Refused> {
    let session = match mount.names.find(mount.node.clock.now(), name) {
        Some(Found::Live(session)) => session,
        Some(Found::Closed(_)) => return Ok(way.taken()),
        None => return Err(Refused::NotFound),
    };
    let json = read(mount, caller, way, body).await?;
    let request = Request::Send(way.stamp(query), json);
    match mount.node.ask::<Connection>(session, request).await {
        Answer::Taken => Ok(way.taken()),
        Answer::Malformed(malformed) => Err(malformed.into()),
        Answer::Over => Err(Refused::NotFound),
        Answer::Busy | Answer::Frame(_) | Answer::Streaming(_) => Err(Refused::busy(&mount.node)),
    }
}

/// Reads the body within its bounds, and takes the JSON out of it.
async fn read(mount: &Mount, caller: &Caller, way: Way, body: Body) -> Result<ByteString, Refused> {
    let longest = Longest::of_any(mount.settings.max_payload);
    let bytes = body::read(&mount.node, caller, body, longest)
        .await
        .map_err(|error| Refused::other(error.answer(&mount.node)))?;
    let is_form = caller
        .parts
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
    if way == Way::Jsonp && is_form {
        return field(&bytes).ok_or(Refused::Malformed(Malformed::Payload));
    }
    ByteString::try_from(bytes).map_err(|_| Refused::Malformed(Malformed::Json))
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
