//! The two forms of a poll: a batch in the bodies of a POST and its answer, or the same batch as text in the header of
//! a GET and in the body of its answer (spec §8.1).
//!
//! The header holds the session's secret: it is taken out of the request before a hook sees that, and a layer that logs
//! headers in front of the server should leave it out.
//!
//! What a batch says does not depend on its form, so nothing behind the transports knows it.

use crate::service::plain;
use axum::response::Response;
use bytes::Bytes;
use data_encoding::BASE64;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use throughline_core::wire::native;

/// Holds the batch of a GET.
pub(crate) const THROUGHLINE: HeaderName = HeaderName::from_static("throughline");

const BATCH: HeaderValue = HeaderValue::from_static("application/octet-stream");
/// The charset is named, so that nobody on the way guesses one and recodes the text.
const BATCH_AS_TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=us-ascii");

/// How batches are written; an answer has the form of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Binary,
    Text,
}

impl Form {
    /// The form that this request has; a GET without the header is no poll.
    pub(crate) fn of(parts: &Parts) -> Option<Self> {
        match parts.method {
            Method::POST => Some(Self::Binary),
            Method::GET if parts.headers.contains_key(THROUGHLINE) => Some(Self::Text),
            _ => None,
        }
    }

    /// An answer of the protocol: its verdict is in the body, so its status is always 200 (spec END-4).
    pub(crate) fn answer(self, response: native::Response) -> Response {
        let batch = response.encode();
        let (content_type, body) = match self {
            Self::Binary => (BATCH, batch),
            Self::Text => (BATCH_AS_TEXT, Bytes::from(BASE64.encode(&batch))),
        };
        plain(StatusCode::OK, content_type, body)
    }
}
