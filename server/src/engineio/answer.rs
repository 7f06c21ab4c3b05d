//! What requests are answered with, as the reference does.

use crate::service::plain;
use axum::response::Response;
use http::StatusCode;
use throughline_core::engineio::Answer;
use throughline_core::wire::Carried;
use throughline_core::wire::engineio::Refusal;

const TEXT: &str = "text/plain; charset=UTF-8";

pub(super) fn answer(answer: Answer) -> Response {
    match answer {
        Answer::Payload(Carried::Text(text)) => plain(StatusCode::OK, TEXT, text.into_bytes()),
        Answer::Payload(Carried::Binary(bytes)) => {
            plain(StatusCode::OK, "application/octet-stream", bytes)
        }
        Answer::Taken => plain(StatusCode::OK, "text/html", "ok".into()),
        Answer::Refused(refusal) => refuse(&refusal),
    }
}

/// The answer to a request that has no session.
pub(super) fn refuse(refusal: &Refusal) -> Response {
    plain(status(refusal), "application/json", refusal.json().into())
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
