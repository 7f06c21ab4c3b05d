//! The tower service: which request is which, and who may ask at all.
//!
//! It looks at the last segment of the path alone, so it works wherever it is mounted, whether the router
//! strips the prefix or not. It never answers with a redirect (spec END-1).

use crate::answering::Answering;
use crate::arrival::{Arriving, Head};
use crate::engineio;
use crate::front_door::capacity::Full;
use crate::front_door::client_assets::Asset;
use crate::front_door::cors::{self, Reader};
use crate::front_door::identity::Identity;
use crate::front_door::origin::{OriginRefused, Way};
use crate::front_door::refusal::Refusal;
use crate::node::Node;
use crate::rooms::{Report, Room, SlowMember};
use crate::transport;
use crate::transport::form::{Form, THROUGHLINE};
use crate::transport::websocket::Upgrade;
use crate::{Builder, Sender};
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_REQUEST_HEADERS, ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER,
};
use http::request::Parts;
use http::{HeaderValue, Method, Request, StatusCode};
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use throughline_core::session::SendError;
use throughline_core::wire::native;
use throughline_core::{Code, Message};
use tower::{BoxError, Service};

/// A node that serves sessions: a tower `Service`, to be nested in any axum router. Cheap to clone.
///
/// ```
/// use throughline::{Session, Throughline};
///
/// let realtime = Throughline::builder()
///     .allow_origins(["https://app.example"])
///     .on_session(|mut session: Session| async move {
///         while let Some(message) = session.recv().await {
///             if session.send(message).await.is_err() {
///                 break;
///             }
///         }
///     })
///     .build()?;
/// let app: axum::Router = axum::Router::new().nest_service("/realtime", realtime);
/// # Ok::<(), throughline::BuildError>(())
/// ```
#[derive(Clone)]
pub struct Throughline {
    node: Arc<Node>,
}

impl Throughline {
    /// Starts building a node.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn new(node: Arc<Node>) -> Self {
        Self { node }
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// A room of this node.
    #[must_use]
    pub fn room(&self, name: &str) -> Room {
        Room::new(self.node.clone(), name)
    }

    /// Sends a message to every session of this node that has begun.
    ///
    /// # Errors
    /// [`SendError::TooLarge`]: nobody got it.
    pub fn send(&self, message: impl Into<Message>, slow: SlowMember) -> Result<Report, SendError> {
        self.node.send_to_all(&message.into(), slow, None)
    }

    /// Sends a message to every session of this node that has begun, but one.
    ///
    /// # Errors
    /// [`SendError::TooLarge`]: nobody got it.
    pub fn send_except(
        &self,
        message: impl Into<Message>,
        slow: SlowMember,
        except: &Sender,
    ) -> Result<Report, SendError> {
        self.node
            .send_to_all(&message.into(), slow, Some(except.id()))
    }

    /// Ends every session of an identity on this node, with [`Code::LOGGED_OUT`], and says how many. Its clients
    /// do not come back by themselves; that their tokens are refused is the application's to see to.
    pub fn log_out(&self, identity: &Identity) -> usize {
        self.node.log_out(identity)
    }

    /// Shuts down: takes no new sessions, waits until what was sent is acknowledged, then ends each session with
    /// [`Code::SHUTDOWN`] and a `retry_after` that spreads the clients. Bounded by [`Config::drain`](crate::Config::drain).
    ///
    /// # Cancellation
    /// New sessions are refused from the first poll on; sessions that have not ended by then stay as they are.
    pub async fn shutdown(&self) {
        self.node.shut_down().await;
    }

    pub(crate) fn respond(&self, head: Head, body: Arriving) -> Answering {
        let endpoint = Endpoint::of(&head.path()).filter(|endpoint| self.has(*endpoint));
        let Some(endpoint) = endpoint else {
            return Answering::given(sentence(StatusCode::NOT_FOUND, NOT_FOUND));
        };
        if !endpoint.takes(&head.parts) {
            return Answering::given(endpoint.wrong_method());
        }
        match endpoint {
            Endpoint::EngineIo => self.engine_io(head, body),
            Endpoint::Asset(asset) | Endpoint::SocketIoClient(asset) => {
                Answering::given(asset.answer(&head.parts.headers))
            }
            Endpoint::Poll => self.poll(head, body),
            Endpoint::WebSocket => Answering::given(self.websocket(head)),
        }
    }

    /// Has the runtime of the caller look after the deadlines of its sessions.
    pub(crate) fn keep_time(&self) {
        self.node.timers.start(&self.node);
    }

    fn has(&self, endpoint: Endpoint) -> bool {
        match endpoint {
            Endpoint::EngineIo => self.node.engine_io.is_some(),
            Endpoint::SocketIoClient(_) => self.node.doors.serves_socket_io_client,
            _ => true,
        }
    }

    fn engine_io(&self, head: Head, body: Arriving) -> Answering {
        let Some(settings) = &self.node.engine_io else {
            return Answering::given(sentence(StatusCode::NOT_FOUND, NOT_FOUND));
        };
        let Parts {
            method, headers, ..
        } = &*head.parts;
        let reader = Reader::of(headers);
        if let Err(refused) = self.node.check_origin(&head, Way::Foreign) {
            return Answering::given(engineio::forbid(&refused.reason())).read_by(reader);
        }
        let answering = if *method == Method::OPTIONS {
            let asked = headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
            Answering::given(preflight(asked))
        } else {
            engineio::respond(&self.node, settings, head, body)
        };
        answering.read_by(match self.node.doors.origins.are_listed() {
            true => reader.trusted(),
            false => reader,
        })
    }

    fn websocket(&self, mut head: Head) -> Response {
        let upgrade = match Upgrade::take(&mut head.parts) {
            Ok(upgrade) => upgrade,
            Err(no_handshake) => return no_handshake.answer(),
        };
        if let Err(refused) = self.node.check_origin(&head, Way::Native) {
            return sentence(StatusCode::FORBIDDEN, &refused.to_string());
        }
        transport::websocket::accept(&self.node, self.node.caller(head), upgrade)
    }

    /// What has no form is the question whether a poll may be sent: a preflight.
    fn poll(&self, head: Head, body: Arriving) -> Answering {
        let reader = Reader::of(&head.parts.headers);
        let form = Form::of(&head.parts);
        let way = match form {
            Some(Form::Text) => Way::NativeGet,
            Some(Form::Binary) | None => Way::Native,
        };
        let answering = match (self.node.check_origin(&head, way), form) {
            // Its POST would have an `Origin` and may pass, so this is no verdict on the page (spec GET-5).
            (Err(refused), Some(Form::Text)) if !reader.has_origin() => {
                Answering::given(sentence(StatusCode::FORBIDDEN, &refused.to_string()))
            }
            (Err(refused), form) => {
                let form = form.unwrap_or(Form::Binary);
                Answering::given(form.answer(refusal(&refused)))
            }
            (Ok(()), None) => Answering::given(preflight(None)),
            (Ok(()), Some(Form::Binary)) => {
                Answering::native(transport::http::body(&self.node, head, body))
            }
            (Ok(()), Some(Form::Text)) => self.poll_by_header(head),
        };
        answering.read_by(reader)
    }

    /// A body that comes with a GET is not read.
    fn poll_by_header(&self, head: Head) -> Answering {
        let Some(batch) = head.parts.headers.get(THROUGHLINE).cloned() else {
            return Answering::given(Endpoint::Poll.wrong_method());
        };
        match transport::http::header(&self.node, head, &batch) {
            Ok(polling) => Answering::native(polling),
            Err(answer) => Answering::given(*answer),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Endpoint {
    WebSocket,
    Poll,
    Asset(Asset),
    /// Ours, where pages look for theirs.
    SocketIoClient(Asset),
    /// Where the service is nested.
    EngineIo,
}

const NOT_FOUND: &str = "Nothing is here. The endpoints are: GET websocket, POST or GET poll, GET client.js, GET client.js.map, GET events.js, GET events.js.map.";

impl Endpoint {
    fn of(path: &str) -> Option<Self> {
        match path.rsplit_once('/')?.1 {
            "" => Some(Self::EngineIo),
            "websocket" => Some(Self::WebSocket),
            "poll" => Some(Self::Poll),
            name => Asset::named(name)
                .map(Self::Asset)
                .or_else(|| Asset::in_place_of(name).map(Self::SocketIoClient)),
        }
    }

    /// Whether it takes such a request; the methods of a WebSocket are the handshake's to judge.
    fn takes(self, parts: &Parts) -> bool {
        match self {
            Self::WebSocket | Self::EngineIo => true,
            Self::Poll => parts.method == Method::OPTIONS || Form::of(parts).is_some(),
            Self::Asset(_) | Self::SocketIoClient(_) => {
                matches!(parts.method, Method::GET | Method::HEAD)
            }
        }
    }

    /// The methods of each, as `Allow` lists them and as a person reads them.
    const fn methods(self) -> (&'static str, &'static str) {
        match self {
            Self::WebSocket => ("GET", "GET"),
            Self::EngineIo => ("GET, POST, OPTIONS", "GET, POST and OPTIONS"),
            Self::Poll => (
                "GET, POST, OPTIONS",
                "POST, OPTIONS, and GET with a batch in the header Throughline",
            ),
            Self::Asset(_) | Self::SocketIoClient(_) => ("GET, HEAD", "GET, HEAD"),
        }
    }

    fn wrong_method(self) -> Response {
        let (allowed, words) = self.methods();
        let text = format!("This endpoint takes {words}.");
        let mut response = sentence(StatusCode::METHOD_NOT_ALLOWED, &text);
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static(allowed));
        response
    }
}

/// A refused page may read this one answer, too: without it, it would see a failed request like any other, and its
/// client would ask for ever. The answer holds no secret, and nothing was done for the request.
fn refusal(refused: &OriginRefused) -> native::Response {
    let refusal = Refusal::new(Code::ORIGIN, refused.reason());
    native::Response::Refuse(refusal.into())
}

/// `asked` are headers that foreign clients may be configured to send.
fn preflight(asked: Option<HeaderValue>) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, NO_STORE);
    cors::allow_preflight(headers, asked);
    response
}

// As constants, header values are looked through by the compiler and not for each answer.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const SENTENCE: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// An answer for people, and for whoever is not our client.
pub(crate) fn sentence(status: StatusCode, text: &str) -> Response {
    words(status, format!("{text}\n"))
}

/// An answer that is its status alone.
pub(crate) fn wordless(status: StatusCode) -> Response {
    words(status, String::new())
}

fn words(status: StatusCode, text: String) -> Response {
    let mut response = plain(status, SENTENCE, text.into());
    // The rest of such a body is not read, so nothing can follow it.
    if matches!(
        status,
        StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::REQUEST_TIMEOUT
            | StatusCode::TOO_MANY_REQUESTS
            | StatusCode::SERVICE_UNAVAILABLE
    ) {
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// An answer for whoever finds no place, where no batch can say so.
pub(crate) fn no_room(full: Full, retry_after: Duration) -> Response {
    later(sentence(full.status(), &full.to_string()), retry_after)
}

/// An answer for whoever may try later.
pub(crate) fn unavailable(text: &str, retry_after: Duration) -> Response {
    later(sentence(StatusCode::SERVICE_UNAVAILABLE, text), retry_after)
}

fn later(mut response: Response, after: Duration) -> Response {
    let seconds = after.as_secs() + 1;
    response.headers_mut().insert(RETRY_AFTER, seconds.into());
    response
}

/// Nothing here may be kept by a cache (spec END-3). The length of the body is known, and so announced.
pub(crate) fn plain(status: StatusCode, content_type: HeaderValue, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(CACHE_CONTROL, NO_STORE);
    response
}

impl<B> Service<Request<B>> for Throughline
where
    B: axum::body::HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (parts, body) = request.into_parts();
        self.respond(Head::routed(parts), Arriving::Routed(Body::new(body)))
    }
}

impl fmt::Debug for Throughline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Throughline")
            .field("node", &self.node)
            .finish()
    }
}
