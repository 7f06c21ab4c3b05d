//! The tower service: which request is which, and who may ask at all.
//!
//! It looks at the last segment of the path alone, so it works wherever it is mounted, whether the router
//! strips the prefix or not. It never answers with a redirect (spec END-1).

use crate::engineio;
use crate::front_door::capacity::Full;
use crate::front_door::client_assets::Asset;
use crate::front_door::cors;
use crate::front_door::identity::Identity;
use crate::front_door::origin::{OriginRefused, Way};
use crate::front_door::refusal::Refusal;
use crate::node::Node;
use crate::rooms::{Report, Room, SlowMember};
use crate::transport;
use crate::transport::form::{Form, Incoming};
use crate::transport::websocket::Upgrade;
use crate::{Builder, Sender};
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
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

    /// Each endpoint has a future of its own: a poll that waits takes no room for what others need.
    fn respond(self, request: Request<Body>) -> Answering {
        let (parts, body) = request.into_parts();
        let endpoint = Endpoint::of(parts.uri.path()).filter(|endpoint| self.has(*endpoint));
        let Some(endpoint) = endpoint else {
            return ready(sentence(StatusCode::NOT_FOUND, NOT_FOUND))
                .map(Ok)
                .boxed();
        };
        if !endpoint.takes(&parts) {
            return ready(endpoint.wrong_method()).map(Ok).boxed();
        }
        match endpoint {
            Endpoint::EngineIo => self.engine_io(parts, body).map(Ok).boxed(),
            Endpoint::Asset(asset) | Endpoint::SocketIoClient(asset) => {
                ready(asset.answer(&parts.headers)).map(Ok).boxed()
            }
            Endpoint::Poll => self.poll(parts, body),
            Endpoint::WebSocket => ready(Ok(self.websocket(parts))).boxed(),
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

    async fn engine_io(self, parts: Parts, body: Body) -> Response {
        let Some(settings) = &self.node.engine_io else {
            return sentence(StatusCode::NOT_FOUND, NOT_FOUND);
        };
        let origin = cors::origin(&parts.headers);
        let checked = self.node.check_origin(&parts, Way::Foreign);
        let is_trusted =
            checked.is_ok() && origin.is_some() && self.node.doors.origins.are_listed();
        let mut response = match checked {
            Err(refused) => engineio::forbid(&refused.reason()),
            Ok(()) if parts.method == Method::OPTIONS => {
                preflight(parts.headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned())
            }
            Ok(()) => engineio::respond(&self.node, settings, parts, body).await,
        };
        allow_reading(origin, &mut response);
        if is_trusted {
            cors::invite_credentials(response.headers_mut());
        }
        response
    }

    fn websocket(&self, mut parts: Parts) -> Response {
        let upgrade = match Upgrade::take(&mut parts) {
            Ok(upgrade) => upgrade,
            Err(no_handshake) => return no_handshake.answer(),
        };
        let caller = self.node.caller(parts);
        if let Err(refused) = self.node.check_origin(&caller.parts, Way::Native) {
            return sentence(StatusCode::FORBIDDEN, &refused.to_string());
        }
        transport::websocket::accept(&self.node, caller, upgrade)
    }

    /// What has no form is the question whether a poll may be sent: a preflight.
    fn poll(self, mut parts: Parts, body: Body) -> Answering {
        let origin = cors::origin(&parts.headers);
        let form = Form::of(&parts);
        let incoming = Incoming::take(&mut parts, body);
        let caller = self.node.caller(parts);
        let way = match form {
            Some(Form::Text) => Way::NativeGet,
            Some(Form::Binary) | None => Way::Native,
        };
        let node = self.node;
        let mut response = match (node.check_origin(&caller.parts, way), form) {
            // Its POST would have an `Origin` and may pass, so this is no verdict on the page (spec GET-5).
            (Err(refused), Some(Form::Text)) if origin.is_none() => {
                sentence(StatusCode::FORBIDDEN, &refused.to_string())
            }
            (Err(refused), form) => form.unwrap_or(Form::Binary).answer(refusal(&refused)),
            (Ok(()), None) => preflight(None),
            (Ok(()), Some(form)) => {
                let serving = async move {
                    let mut response = transport::http::serve(&node, caller, form, incoming).await;
                    allow_reading(origin, &mut response);
                    Ok(response)
                };
                return serving.boxed();
            }
        };
        allow_reading(origin, &mut response);
        ready(Ok(response)).boxed()
    }
}

/// An answer to come.
type Answering = BoxFuture<'static, Result<Response, Infallible>>;

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

/// Lets the page that asked read the answer.
fn allow_reading(origin: Option<HeaderValue>, response: &mut Response) {
    let headers = response.headers_mut();
    cors::vary(headers);
    if let Some(origin) = origin {
        cors::allow(&origin, headers);
    }
}

/// `asked` are headers that foreign clients may be configured to send.
fn preflight(asked: Option<HeaderValue>) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    cors::allow_preflight(headers, asked);
    response
}

/// An answer for people, and for whoever is not our client.
pub(crate) fn sentence(status: StatusCode, text: &str) -> Response {
    words(status, format!("{text}\n"))
}

/// An answer that is its status alone.
pub(crate) fn wordless(status: StatusCode) -> Response {
    words(status, String::new())
}

fn words(status: StatusCode, text: String) -> Response {
    let mut response = plain(status, "text/plain; charset=utf-8", text.into());
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
pub(crate) fn plain(status: StatusCode, content_type: &'static str, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl<B> Service<Request<B>> for Throughline
where
    B: axum::body::HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.clone().respond(request.map(Body::new))
    }
}

impl fmt::Debug for Throughline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Throughline")
            .field("node", &self.node)
            .finish()
    }
}
