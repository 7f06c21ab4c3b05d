//! What requests are answered with, as the reference does.

use crate::service::plain;
use axum::response::Response;
use http::{HeaderValue, StatusCode};
use throughline_core::engineio::Answer;
use throughline_core::wire::Carried;
use throughline_core::wire::engineio::Refusal;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=UTF-8");
const BINARY: HeaderValue = HeaderValue::from_static("application/octet-stream");
const HTML: HeaderValue = HeaderValue::from_static("text/html");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

pub(super) fn answer(answer: Answer) -> Response {
    match answer {
        Answer::Payload(Carried::Text(text)) => plain(StatusCode::OK, TEXT, text.into_bytes()),
        Answer::Payload(Carried::Binary(bytes)) => plain(StatusCode::OK, BINARY, bytes),
        Answer::Taken => plain(StatusCode::OK, HTML, "ok".into()),
        Answer::Refused(refusal) => refuse(&refusal),
    }
}

/// The answer to a request that has no session.
pub(super) fn refuse(refusal: &Refusal) -> Response {
    plain(status(refusal), JSON, refusal.json().into())
}

/// The answer to a page that may not ask.
pub(crate) fn forbid(why: &str) -> Response {
    refuse(&Refusal::Forbidden(why.to_owned()))
}

/// The answer to the handshake of a WebSocket that is not accepted: its client sees nothing but that it failed.
pub(super) fn refuse_upgrade(refusal: &Refusal) -> Response {
    let text = refusal.message().to_owned();
    plain(StatusCode::BAD_REQUEST, TEXT, text.into())
}

fn status(refusal: &Refusal) -> StatusCode {
    StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST)
}
