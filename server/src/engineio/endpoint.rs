//! One request of an Engine.IO client: a handshake, a poll, a batch, or the way to a WebSocket.

use super::answer::{answer, refuse, refuse_upgrade};
use super::query::{Query, Transport};
use super::{Batch, EngineIo, sid, websocket};
use crate::answering::Answering;
use crate::arrival::{Arriving, Head};
use crate::attach::{Caller, Guest, TurnedAway};
use crate::dialect::Core;
use crate::front_door::handshake;
use crate::node::Node;
use crate::shared::Shared;
use crate::transport::polling::{Polling, Stage};
use axum::response::Response;
use http::Method;
use http::request::Parts;
use std::sync::Arc;
use throughline_core::Time;
use throughline_core::engineio::{Answer, Engine, Request};
use throughline_core::session::Setup;
use throughline_core::wire::engineio::{Refusal, payload};

/// Answers a request whose origin may ask.
pub(crate) fn respond(
    node: &Arc<Node>,
    settings: &EngineIo,
    head: Head,
    body: Arriving,
) -> Answering {
    let Parts {
        method,
        version,
        headers,
        uri,
        ..
    } = &*head.parts;
    let (transport, session, stamp) = {
        let query = Query::read(uri.query());
        let session = query.sid.as_deref().map(|sid| sid::find(node, sid));
        (query.transport(), session, query.stamp)
    };
    let is_upgrade = handshake::check(method, *version, headers).is_ok();
    let refusal = match (transport, session) {
        (Ok(Transport::WebSocket), _) if is_upgrade => {
            let (node, settings) = (node.clone(), settings.clone());
            return Answering::rare(
                async move { websocket::upgrade(&node, &settings, head).await },
            );
        }
        (Err(refusal), _) => refusal,
        (Ok(Transport::WebSocket), _) => Refusal::BadRequest,
        (Ok(Transport::Polling), _) if is_upgrade => Refusal::BadRequest,
        (Ok(Transport::Polling), None) if method == Method::GET => {
            let (node, settings) = (node.clone(), settings.clone());
            return Answering::rare(async move {
                let opened = open(&node, &settings, head).await;
                opened.unwrap_or_else(Refused::answer)
            });
        }
        (Ok(Transport::Polling), None) => Refusal::BadHandshakeMethod,
        (Ok(Transport::Polling), Some(None)) => Refusal::UnknownSession,
        (Ok(Transport::Polling), Some(Some(session))) => {
            let batch = Batch {
                session,
                stamp,
                longest: settings.max_payload,
            };
            return poll(node, batch, head, body);
        }
    };
    Answering::given(match is_upgrade {
        true => refuse_upgrade(&refusal),
        false => refuse(&refusal),
    })
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

fn poll(node: &Arc<Node>, mut batch: Batch, head: Head, body: Arriving) -> Answering {
    let stage = match head.parts.method {
        Method::GET => {
            let request = Request::Get(batch.stamp.take());
            Stage::Held(node.ask(batch.session.clone(), request))
        }
        Method::POST => Stage::Asked(Box::new((head, body))),
        _ => return Answering::given(refuse(&Refusal::BadRequest)),
    };
    Answering::engine_io(Polling::new(node.clone(), batch, stage))
}

/// The handshake over polling.
async fn open(node: &Arc<Node>, settings: &EngineIo, head: Head) -> Result<Response, Refused> {
    let query = Query::read(head.parts.uri.query());
    let (version, text_only) = (query.version(settings)?, query.text_only);
    let guest = admit(node, node.caller(head)).await?;
    let made = open_session(node, guest, |now, setup| {
        let settings = settings.of_session(version, sid::new(&setup), text_only);
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
