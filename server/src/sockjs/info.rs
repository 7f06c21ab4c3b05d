//! What a client asks before all else: which transports there are.

use super::SockJs;
use super::headers::{JSON, answer};
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;

#[derive(Serialize)]
struct Info {
    websocket: bool,
    /// Who may come in is the front door's to say; clients do not look at this.
    origins: [&'static str; 1],
    cookie_needed: bool,
    /// For browsers without good random numbers.
    entropy: u32,
}

pub(super) fn info(settings: &SockJs) -> Response {
    let Ok(entropy) = getrandom::u32() else {
        return answer(StatusCode::SERVICE_UNAVAILABLE, JSON, "{}");
    };
    let info = Info {
        websocket: settings.websocket,
        origins: ["*:*"],
        cookie_needed: settings.jsessionid,
        entropy,
    };
    let json = serde_json::to_string(&info).expect("flags and numbers are JSON");
    answer(StatusCode::OK, JSON, json)
}
