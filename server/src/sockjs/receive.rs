//! A request that receives: it opens the session of that name, or is the next one to receive from it.

use super::headers::{HTML, JAVASCRIPT, answer};
use super::names::Found;
use super::path::Part;
use super::query::Query;
use super::service::{Mount, Refused};
use super::streaming;
use crate::attach::Caller;
use crate::dialect::Core;
use crate::shared::{Linked, Shared};
use axum::body::Body;
use axum::response::Response;
use bytestring::ByteString;
use http::header::X_CONTENT_TYPE_OPTIONS;
use http::{HeaderValue, StatusCode};
use std::sync::Arc;
use throughline_core::Code;
use throughline_core::sockjs::{Answer, Connection, Request, Stamp};
use throughline_core::wire::sockjs::Transport;

/// As often a session may be found whose client is gone, until there is one that lives.
const MOST_TRIES: usize = 8;

/// How a request receives, and what tells it from others of its client.
pub(super) fn receiver(
    part: Part,
    query: &Query,
) -> Result<Option<(Transport, Option<Stamp>)>, Refused> {
    Ok(Some(match part {
        Part::Xhr => (Transport::XhrPolling, query.time()),
        Part::XhrStreaming => (Transport::XhrStreaming, None),
        Part::EventSource => (Transport::EventSource, None),
        Part::HtmlFile => (Transport::HtmlFile(query.callback()?), None),
        Part::Jsonp => {
            let callback = query.callback()?;
            (Transport::JsonpPolling(callback), query.function())
        }
        Part::WebSocket | Part::XhrSend | Part::JsonpSend => return Ok(None),
    }))
}

pub(super) async fn receive(
    mount: &Mount,
    name: &str,
    caller: Caller,
    transport: Transport,
    stamp: Option<Stamp>,
) -> Result<Response, Refused> {
    let node = &mount.node;
    for _ in 0..MOST_TRIES {
        let session = match mount.names.find(node.clock.now(), name) {
            Some(Found::Live(session)) => session,
            Some(Found::Closed(frame)) => {
                let frame = transport.wrap(frame.to_string());
                return Ok(last(&transport, frame));
            }
            None => open(mount, name, caller.clone()).await?,
        };
        let request = Request::Receive(transport.clone(), stamp.clone());
        match node.ask::<Connection>(session.clone(), request).await {
            Answer::Frame(frame) => return Ok(last(&transport, frame)),
            Answer::Streaming(link) => {
                let linked = Linked::new(session, link);
                let body = streaming::body(linked, transport.prelude());
                return Ok(respond(&transport, body));
            }
            Answer::Over => mount.names.forget(name, &session),
            Answer::Taken | Answer::Malformed(_) | Answer::Busy => break,
        }
    }
    Err(Refused::busy(node))
}

/// Opens a session under that name; another request may have been quicker.
async fn open(mount: &Mount, name: &str, caller: Caller) -> Result<Arc<Shared>, Refused> {
    let session = open_session(mount, caller).await?;
    match mount.names.claim(name, &session) {
        None => Ok(session),
        Some(other) => {
            session.abort(Code::EXPIRED, "", None);
            Ok(other)
        }
    }
}

/// Lets the client in and opens a session that nobody knows of yet.
pub(super) async fn open_session(mount: &Mount, caller: Caller) -> Result<Arc<Shared>, Refused> {
    let node = &mount.node;
    let guest = node.admit(caller).await;
    let guest = guest.map_err(|turned_away| Refused::turned_away(node, turned_away))?;
    let settings = mount.settings.of_session();
    let opened = node.open(guest, |now, setup| {
        let connection = Connection::open(now, setup, settings);
        (Core::SockJs(Box::new(connection)), ())
    });
    match opened {
        Ok((session, ())) => Ok(session),
        Err(refusal) => Err(Refused::turned_away(node, refusal.into())),
    }
}

/// A response with one frame.
fn last(transport: &Transport, frame: ByteString) -> Response {
    let body = if transport.is_streaming() {
        streaming::finished(transport.prelude(), frame)
    } else {
        Body::from(frame.into_bytes())
    };
    respond(transport, body)
}

fn respond(transport: &Transport, body: Body) -> Response {
    let content_type = match transport {
        Transport::EventSource => "text/event-stream",
        Transport::HtmlFile(_) => HTML,
        _ => JAVASCRIPT,
    };
    let mut response = answer(StatusCode::OK, content_type, body);
    if matches!(transport, Transport::JsonpPolling(_)) {
        // Nothing but a script, whatever the page that loads it takes it for.
        let nosniff = HeaderValue::from_static("nosniff");
        response
            .headers_mut()
            .insert(X_CONTENT_TYPE_OPTIONS, nosniff);
    }
    response
}
