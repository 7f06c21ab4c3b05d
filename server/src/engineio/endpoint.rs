//! One request of an Engine.IO client: a handshake, a poll, a batch, or the way to a WebSocket.

use super::answer::{answer, refuse, refuse_upgrade};
use super::query::{Query, Transport};
use super::{EngineIo, sid, websocket};
use crate::attach::{Caller, Guest, TurnedAway};
use crate::dialect::Core;
use crate::front_door::handshake;
use crate::node::Node;
use crate::service::wordless;
use crate::shared::Shared;
use crate::transport::body::{self, BodyError, Longest};
use axum::body::Body;
use axum::response::Response;
use bytestring::ByteString;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{Method, StatusCode};
use std::sync::Arc;
use throughline_core::Time;
use throughline_core::engineio::{Answer, Engine, Request};
use throughline_core::session::Setup;
use throughline_core::wire::Carried;
use throughline_core::wire::engineio::{Refusal, payload};

/// Answers a request whose origin may ask.
pub(crate) async fn respond(
    node: &Arc<Node>,
    settings: &EngineIo,
    parts: Parts,
    body: Body,
) -> Response {
    let query = Query::read(parts.uri.query());
    let transport = query.transport();
    if handshake::check(&parts.method, parts.version, &parts.headers).is_ok() {
        let is_websocket = transport.and_then(|transport| match transport {
            Transport::WebSocket => Ok(()),
            Transport::Polling => Err(Refusal::BadRequest),
        });
        return match is_websocket {
            Ok(()) => Box::pin(websocket::upgrade(node, settings, query, parts)).await,
            Err(refusal) => refuse_upgrade(&refusal),
        };
    }
    let polled = match transport {
        Ok(Transport::Polling) => poll(node, settings, query, parts, body).await,
        Ok(Transport::WebSocket) => Err(Refusal::BadRequest.into()),
        Err(refusal) => Err(refusal.into()),
    };
    polled.unwrap_or_else(Refused::answer)
}

/// Why a request leads to nothing.
#[derive(Debug)]
pub(super) enum Refused {
    Refusal(Refusal),
    /// Where nothing of Engine.IO fits.
    Other(Box<Response>),
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl Refused {
    fn other(response: Response) -> Self {
        Self::Other(Box::new(response))
    }

    fn answer(self) -> Response {
        match self {
            Self::Refusal(refusal) => refuse(&refusal),
            Self::Other(response) => *response,
        }
    }

    pub(super) fn answer_upgrade(self) -> Response {
        match self {
            Self::Refusal(refusal) => refuse_upgrade(&refusal),
            Self::Other(response) => *response,
        }
    }
}

async fn poll(
    node: &Arc<Node>,
    settings: &EngineIo,
    query: Query,
    parts: Parts,
    body: Body,
) -> Result<Response, Refused> {
    let Some(sid) = &query.sid else {
        if parts.method != Method::GET {
            return Err(Refusal::BadHandshakeMethod.into());
        }
        // It is rare, and a poll that waits should not take its room; the same below.
        return Box::pin(open(node, settings, &query, node.caller(parts))).await;
    };
    let session = sid::find(node, sid).ok_or(Refusal::UnknownSession)?;
    let request = match parts.method {
        Method::GET => {
            // A held request would keep what its head held.
            drop((parts, body));
            Request::Get(query.stamp)
        }
        Method::POST => {
            let caller = node.caller(parts);
            Box::pin(read(node, settings, query, &caller, body)).await?
        }
        _ => return Err(Refusal::BadRequest.into()),
    };
    Ok(answer(node.ask::<Engine>(session, request).await))
}

/// The handshake over polling.
async fn open(
    node: &Arc<Node>,
    settings: &EngineIo,
    query: &Query,
    caller: Caller,
) -> Result<Response, Refused> {
    let version = query.version(settings)?;
    let guest = admit(node, caller).await?;
    let made = open_session(node, guest, |now, setup| {
        let settings = settings.of_session(version, sid::new(&setup), query.text_only);
        let engine = Engine::open(now, setup, settings, None);
        let opening = payload::one(version, engine.opening());
        (Core::EngineIo(Box::new(engine)), opening)
    });
    let (_, opening) = made?;
    Ok(answer(Answer::Payload(opening)))
}

/// Lets a client in that may have a session.
pub(super) async fn admit(node: &Arc<Node>, caller: Caller) -> Result<Guest, Refused> {
    let admitted = node.admit(caller).await;
    admitted.map_err(|why| turned_away(node, why))
}

/// Opens a session, if there is room.
pub(super) fn open_session<T>(
    node: &Arc<Node>,
    guest: Guest,
    make: impl FnOnce(Time, Setup) -> (Core, T),
) -> Result<(Arc<Shared>, T), Refused> {
    node.open(guest, make)
        .map_err(|refusal| turned_away(node, refusal.into()))
}

/// What may work later is no verdict on the client, and its client asks again; the rest is forbidden in words.
fn turned_away(node: &Node, why: TurnedAway) -> Refused {
    match why.later(node) {
        Ok(response) => Refused::other(response),
        Err(refusal) => Refusal::Forbidden(refusal.reason().to_owned()).into(),
    }
}

/// Reads the body of a POST, within its bounds.
async fn read(
    node: &Arc<Node>,
    settings: &EngineIo,
    query: Query,
    caller: &Caller,
    body: Body,
) -> Result<Request, Refused> {
    let longest = Longest::of_any(settings.max_payload);
    let bytes = body::read(node, caller, body, longest)
        .await
        .map_err(|error| unread(node, error))?;
    let content_type = caller.parts.headers.get(CONTENT_TYPE);
    let is_binary = content_type.is_some_and(|value| value == "application/octet-stream");
    if is_binary {
        return Ok(Request::Post(query.stamp, Carried::Binary(bytes)));
    }
    Ok(match ByteString::try_from(bytes) {
        Ok(text) => Request::Post(query.stamp, Carried::Text(text)),
        Err(_) => Request::Bad,
    })
}

fn unread(node: &Node, error: BodyError) -> Refused {
    Refused::other(match error {
        // The reference says it without a word, and clients show their users what is said.
        BodyError::TooLong => wordless(StatusCode::PAYLOAD_TOO_LARGE),
        BodyError::Full(_) | BodyError::TooSlow | BodyError::Cut => error.answer(node),
    })
}
