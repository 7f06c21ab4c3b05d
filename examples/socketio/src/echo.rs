//! The application of the Engine.IO suites: every message comes back as it is, but for a few words.

use crate::requests::Requests;
use throughline::{Admission, Attempt, Identity, Message, Refusal, Session};

const UTF8: &str = "пойду спать всем спокойной ночи";

pub(crate) async fn everything(mut session: Session) {
    while let Some(message) = session.recv().await {
        if session.send(message).await.is_err() {
            break;
        }
    }
}

/// What the suite of the client expects: it is greeted, and can ask for things.
pub(crate) async fn client_suite(mut session: Session, requests: Requests) {
    if session.send("hi").await.is_err() {
        return;
    }
    while let Some(message) = session.recv().await {
        let answer = match message.as_text() {
            Some("give binary") => Message::binary(vec![0, 1, 2, 3, 4]),
            Some("give utf8") => Message::text(UTF8),
            Some("sendHeaders") => Message::text(requests.headers(session.id())),
            _ => message,
        };
        if session.send(answer).await.is_err() {
            break;
        }
    }
}

/// Whoever asks for it is not let in.
pub(crate) async fn deny(attempt: Attempt) -> Result<Admission, Refusal> {
    let query = attempt.uri().query().unwrap_or_default();
    if query.split('&').any(|member| member.starts_with("deny")) {
        return Err(Refusal::unauthorized("denied"));
    }
    Ok(Identity::anonymous().into())
}
