//! A request that receives: it opens the session of that name, or is the next one to receive from it.

use super::batch::{Batch, Purpose};
use super::headers::{HTML, JAVASCRIPT, Manners, answer};
use super::names::Found;
use super::path::{Endpoint, Part};
use super::query::Query;
use super::service::{Mount, Refused};
use super::streaming;
use crate::answering::Answering;
use crate::arrival::Head;
use crate::attach::Caller;
use crate::dialect::Core;
use crate::node::Node;
use crate::shared::{Linked, Shared};
use crate::transport::polling::{Polling, Stage};
use crate::waiting::Waiting;
use axum::body::Body;
use axum::response::Response;
use futures_util::FutureExt;
use http::header::X_CONTENT_TYPE_OPTIONS;
use http::{HeaderValue, StatusCode};
use std::sync::Arc;
use throughline_core::Code;
use throughline_core::sockjs::{Answer, Connection, Request, Stamp};
use throughline_core::wire::sockjs::Transport;

const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");

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

/// A request to receive.
pub(super) struct Receiving {
    pub(super) mount: Arc<Mount>,
    pub(super) manners: Manners,
    pub(super) transport: Transport,
    pub(super) stamp: Option<Stamp>,
}

impl Receiving {
    /// Asks the session that was found for its name, or opens one.
    pub(super) fn respond(self, head: Head, found: Option<Found>) -> Answering {
        let session = match found {
            Some(Found::Live(session)) => session,
            Some(Found::Closed(frame)) => {
                let frame = self.transport.wrap(frame.to_string());
                return self.given(Ok(last(&self.transport, frame)));
            }
            None => return Answering::rare(self.open(head)),
        };
        let mut waiting = self.ask(&session);
        match (&mut waiting).now_or_never() {
            Some(Answer::Over) => Answering::rare(self.open_next(head, session)),
            Some(answer) => {
                let result = answer_of(&session, &self.transport, answer);
                self.given(result)
            }
            None if session.is_received_by(waiting.id()) => {
                let node = self.mount.node.clone();
                Answering::sock_js(Polling::new(node, self.into(), Stage::Held(waiting)))
            }
            None => Answering::rare(self.wait(head, session, waiting)),
        }
    }

    fn given(&self, result: Result<Response, Refused>) -> Answering {
        Answering::given(self.manners.finish(result))
    }

    fn ask(&self, session: &Arc<Shared>) -> Waiting<Connection> {
        let request = Request::Receive(self.transport.clone(), self.stamp.clone());
        self.mount.node.ask(session.clone(), request)
    }

    /// Another request receives yet; when its client goes away, this one may have to open a session.
    async fn wait(
        self,
        head: Head,
        session: Arc<Shared>,
        waiting: Waiting<Connection>,
    ) -> Response {
        match waiting.await {
            Answer::Over => self.open_next(head, session).await,
            answer => {
                let result = answer_of(&session, &self.transport, answer);
                self.manners.finish(result)
            }
        }
    }

    async fn open_next(self, head: Head, gone: Arc<Shared>) -> Response {
        if let Some(name) = name(&head.path()) {
            self.mount.names.forget(name, &gone);
        }
        self.open(head).await
    }

    async fn open(self, head: Head) -> Response {
        let result = self.try_to_open(head).await;
        self.manners.finish(result)
    }

    async fn try_to_open(&self, head: Head) -> Result<Response, Refused> {
        let Self {
            mount, transport, ..
        } = self;
        let node = &mount.node;
        let name = name(&head.path()).map(str::to_owned);
        let name = name.ok_or(Refused::NotFound)?;
        let caller = node.caller(head);
        for _ in 0..MOST_TRIES {
            let session = match mount.names.find(node.clock.now(), &name) {
                Some(Found::Live(session)) => session,
                Some(Found::Closed(frame)) => {
                    let frame = transport.wrap(frame.to_string());
                    return Ok(last(transport, frame));
                }
                None => open(mount, &name, caller.clone()).await?,
            };
            match self.ask(&session).await {
                Answer::Over => mount.names.forget(&name, &session),
                answer => return answer_of(&session, transport, answer),
            }
        }
        Err(Refused::busy(node))
    }
}

impl From<Receiving> for Batch {
    fn from(receiving: Receiving) -> Self {
        Self {
            mount: receiving.mount,
            manners: receiving.manners,
            purpose: Purpose::Receive(receiving.transport),
        }
    }
}

fn name(path: &str) -> Option<&str> {
    match Endpoint::of(path) {
        Some(Endpoint::Session(name, _)) => Some(name),
        _ => None,
    }
}

/// The response to a request of this session.
fn answer_of(
    session: &Arc<Shared>,
    transport: &Transport,
    answer: Answer,
) -> Result<Response, Refused> {
    match answer {
        Answer::Streaming(link) => {
            let linked = Linked::new(session.clone(), link);
            let body = streaming::body(linked, transport.prelude());
            Ok(respond(transport, body))
        }
        answer => held_answer(session.node(), transport, answer),
    }
}

/// The response to a request that has waited.
pub(super) fn held_answer(
    node: &Node,
    transport: &Transport,
    answer: Answer,
) -> Result<Response, Refused> {
    match answer {
        Answer::Frame(frame) => Ok(last(transport, frame)),
        Answer::Over => Err(Refused::NotFound),
        Answer::Streaming(_) | Answer::Taken | Answer::Malformed(_) | Answer::Busy => {
            Err(Refused::busy(node))
        }
    }
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
fn last(transport: &Transport, frame: bytestring::ByteString) -> Response {
    let body = if transport.is_streaming() {
        streaming::finished(transport.prelude(), frame)
    } else {
        Body::from(frame.into_bytes())
    };
    respond(transport, body)
}

fn respond(transport: &Transport, body: Body) -> Response {
    let content_type = match transport {
        Transport::EventSource => EVENT_STREAM,
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
