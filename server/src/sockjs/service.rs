//! The tower service of a mount: which request is which, who may ask, and what all answers have in common.

use super::headers::{TEXT, allow_reading, answer, preflight, remembered, set_jsessionid};
use super::iframe::Page;
use super::names::Names;
use super::path::{Endpoint, Part};
use super::query::Query;
use super::send::Way as Sending;
use super::{SockJs, hixie76, info, receive, send, websocket};
use crate::attach::TurnedAway;
use crate::builder::BuildError;
use crate::front_door::cors;
use crate::front_door::origin::{OriginRefused, Way};
use crate::node::Node;
use crate::service::{sentence, unavailable};
use crate::{Refusal, Throughline};
use axum::body::Body;
use axum::extract::OriginalUri;
use axum::response::Response;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::header::{ACCEPT_LANGUAGE, ALLOW, CONTENT_TYPE, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use throughline_core::wire::sockjs::{BadCallback, Malformed, Transport};
use tower::{BoxError, Service};

/// A mount for clients of SockJS on a node: a tower `Service`, made by [`Throughline::sockjs`]. Cheap to clone.
#[derive(Clone)]
pub struct SockJsService {
    mount: Arc<Mount>,
}

/// What the requests of a mount share.
pub(super) struct Mount {
    pub(super) node: Arc<Node>,
    pub(super) settings: SockJs,
    pub(super) names: Arc<Names>,
    page: Page,
}

impl Throughline {
    /// Serves clients of SockJS, on a mount of their own: nest it at the path that they know, as often as there are
    /// services. Their sessions run the same handler as all others of this node, and meet them in its rooms.
    ///
    /// A WebSocket without any protocol may be opened at `/websocket` below the mount: each of its messages is one of the
    /// application's.
    ///
    /// ```
    /// use throughline::{Session, SockJs, Throughline};
    ///
    /// let echo = Throughline::builder()
    ///     .allow_origins(["https://app.example"])
    ///     .on_session(|mut session: Session| async move {
    ///         while let Some(message) = session.recv().await {
    ///             let _ = session.send(message).await;
    ///         }
    ///     })
    ///     .build()?;
    /// let app: axum::Router = axum::Router::new()
    ///     .nest_service("/echo", echo.sockjs(SockJs::default())?)
    ///     .nest_service("/realtime", echo);
    /// # Ok::<(), throughline::BuildError>(())
    /// ```
    ///
    /// # Errors
    /// [`BuildError`] names the first setting that cannot work, and what is accepted.
    pub fn sockjs(&self, settings: SockJs) -> Result<SockJsService, BuildError> {
        settings.check()?;
        let node = self.node().clone();
        let longest = node
            .config
            .check_body(settings.max_payload, "sockjs.max_payload");
        longest.map_err(BuildError::from)?;
        let names = Names::new(settings.disconnect_delay, node.config.tombstones);
        let page = Page::new(&settings, &node.doors.origins);
        let mount = Mount {
            node,
            settings,
            names,
            page,
        };
        Ok(SockJsService {
            mount: Arc::new(mount),
        })
    }
}

impl SockJsService {
    async fn respond(self, request: Request<Body>) -> Response {
        let (parts, body) = request.into_parts();
        let path = path(&parts);
        let endpoint = Endpoint::of(&path).filter(|endpoint| self.mount.has(*endpoint));
        let Some(endpoint) = endpoint else {
            return sentence(StatusCode::NOT_FOUND, NOT_FOUND);
        };
        if !endpoint.takes(&parts.method) {
            return wrong_method(endpoint);
        }
        match endpoint {
            Endpoint::Greeting => answer(StatusCode::OK, TEXT, "Welcome to SockJS!\n"),
            Endpoint::Iframe => self.mount.page.answer(&parts.headers),
            Endpoint::Info | Endpoint::RawWebSocket | Endpoint::Session(..) => {
                self.mount.respond(endpoint, parts, body).await
            }
        }
    }
}

impl Mount {
    fn has(&self, endpoint: Endpoint<'_>) -> bool {
        self.settings.websocket || !endpoint.is_websocket()
    }

    /// Answers a request that only pages of some origins may send.
    async fn respond(&self, endpoint: Endpoint<'_>, mut parts: Parts, body: Body) -> Response {
        if endpoint.is_websocket() {
            websocket::translate_version_8(&mut parts.headers);
        }
        let is_preflight = parts.method == Method::OPTIONS;
        if let Err(refused) = self
            .node
            .check_origin(&parts, way(endpoint, &parts.headers))
        {
            return forbid(endpoint, &parts.headers, &refused);
        }
        let asked = remembered(&parts.headers);
        let result = if is_preflight {
            Ok(preflight(&parts.headers, endpoint.allow_preflight()))
        } else {
            self.serve(endpoint, parts, body).await
        };
        let mut response = result.unwrap_or_else(Refused::answer);
        let headers = response.headers_mut();
        if endpoint.is_for_xhr() {
            let is_event_source = matches!(endpoint, Endpoint::Session(_, Part::EventSource));
            allow_reading(&asked, headers, !is_event_source);
        }
        if self.settings.jsessionid && endpoint.has_cookie(is_preflight) {
            set_jsessionid(&asked, headers);
        }
        response
    }

    async fn serve(
        &self,
        endpoint: Endpoint<'_>,
        parts: Parts,
        body: Body,
    ) -> Result<Response, Refused> {
        let (name, part) = match endpoint {
            Endpoint::Session(_, Part::WebSocket) => {
                return self.upgrade(parts, Transport::WebSocket).await;
            }
            Endpoint::RawWebSocket => return self.upgrade(parts, Transport::RawWebSocket).await,
            Endpoint::Session(name, part) => (name, part),
            Endpoint::Greeting | Endpoint::Iframe | Endpoint::Info => {
                return Ok(info::info(&self.settings));
            }
        };
        let query = Query::of(&parts);
        if let Some((transport, stamp)) = receive::receiver(part, &query)? {
            let caller = self.node.caller(parts);
            return receive::receive(self, name, caller, transport, stamp).await;
        }
        let way = Sending::of(part).ok_or(Refused::NotFound)?;
        let caller = self.node.caller(parts);
        send::send(self, name, &caller, way, &query, body).await
    }

    async fn upgrade(&self, parts: Parts, transport: Transport) -> Result<Response, Refused> {
        if self.settings.allow_hixie76 && hixie76::is_handshake(&parts) {
            return hixie76::upgrade(self, parts, transport).await;
        }
        websocket::upgrade(self, parts, transport).await
    }
}

/// The path below the mount, as it came: axum takes one slash too many away with the prefix, where there are two.
fn path(parts: &Parts) -> String {
    let below = parts.uri.path();
    let with_slash = format!("/{below}");
    let original = parts.extensions.get::<OriginalUri>();
    match original {
        Some(OriginalUri(uri)) if uri.path().ends_with(&with_slash) => with_slash,
        _ => below.to_owned(),
    }
}

/// How a request asks, as the front door sees it.
fn way(endpoint: Endpoint<'_>, asked: &HeaderMap) -> Way {
    let Endpoint::Session(_, part) = endpoint else {
        return Way::Foreign;
    };
    match part {
        Part::Jsonp | Part::HtmlFile => Way::Script,
        Part::EventSource => Way::Blind,
        Part::Xhr | Part::XhrStreaming if may_be_a_browser(asked) => Way::Blind,
        // These are a program's, or browsers send `Origin` with them, or they bring messages to a session that has to be
        // there: a form of an old browser's own page looks like any other.
        Part::Xhr | Part::XhrStreaming | Part::XhrSend | Part::JsonpSend | Part::WebSocket => {
            Way::Foreign
        }
    }
}

/// Every form has a type. A beacon has none, where nothing is sent with it, and looks like a poll of the official client's.
fn may_be_a_browser(asked: &HeaderMap) -> bool {
    asked.contains_key(CONTENT_TYPE) || asked.contains_key(ACCEPT_LANGUAGE)
}

/// Tells a page why it may not come in. It may read that, but nothing that its visitor's cookies have to do with.
fn forbid(endpoint: Endpoint<'_>, asked: &HeaderMap, refused: &OriginRefused) -> Response {
    let mut response = sentence(StatusCode::FORBIDDEN, &refused.to_string());
    if endpoint.is_for_xhr() {
        cors::vary(response.headers_mut());
        if let Some(origin) = asked.get(ORIGIN) {
            cors::allow(origin, response.headers_mut());
        }
    }
    response
}

/// Nothing is said to such a client but what it may do.
fn wrong_method(endpoint: Endpoint<'_>) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    let allow = HeaderValue::from_static(endpoint.allow());
    response.headers_mut().insert(ALLOW, allow);
    response
}

const NOT_FOUND: &str = "Nothing is here. Below this path are: info, websocket, iframe.html, and SERVER/SESSION/TRANSPORT, \
    where TRANSPORT is websocket, xhr, xhr_streaming, xhr_send, eventsource, htmlfile, jsonp or jsonp_send.";

/// Why a request leads to nothing.
#[derive(Debug)]
pub(super) enum Refused {
    /// No session has that name.
    NotFound,
    NoHandshake,
    Callback(BadCallback),
    Malformed(Malformed),
    /// What has nothing to do with SockJS.
    Other(Box<Response>),
}

impl From<BadCallback> for Refused {
    fn from(bad: BadCallback) -> Self {
        Self::Callback(bad)
    }
}

impl From<Malformed> for Refused {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl Refused {
    pub(super) fn other(response: Response) -> Self {
        Self::Other(Box::new(response))
    }

    /// Too much is going on already.
    pub(super) fn busy(node: &Node) -> Self {
        let text = "Too many requests of this session at once.";
        Self::other(unavailable(text, node.jitter()))
    }

    /// The front door, or the application, does not let this client in.
    pub(super) fn turned_away(node: &Node, turned_away: TurnedAway) -> Self {
        let forbid = |refusal: Refusal| sentence(StatusCode::FORBIDDEN, refusal.reason());
        Self::other(turned_away.later(node).unwrap_or_else(forbid))
    }

    fn answer(self) -> Response {
        let (status, text) = match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "No session has this name.".to_owned()),
            Self::NoHandshake => (
                StatusCode::BAD_REQUEST,
                "This is no WebSocket handshake: it wants an upgrade, with Sec-WebSocket-Version: 13 (RFC 6455)."
                    .to_owned(),
            ),
            Self::Callback(bad) => (StatusCode::INTERNAL_SERVER_ERROR, bad.to_string()),
            Self::Malformed(malformed) => (StatusCode::INTERNAL_SERVER_ERROR, malformed.to_string()),
            Self::Other(response) => return *response,
        };
        answer(status, TEXT, text)
    }
}

impl<B> Service<Request<B>> for SockJsService
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
        let service = self.clone();
        Box::pin(async move { Ok(service.respond(request.map(Body::new)).await) })
    }
}

impl fmt::Debug for SockJsService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SockJsService")
            .field("settings", &self.mount.settings)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use tower::ServiceExt;

    /// No router has told of the original URI: the path is read as it comes.
    #[tokio::test]
    async fn a_service_below_no_router_finds_its_way() {
        let service = Throughline::new(testing::node())
            .sockjs(SockJs::default())
            .unwrap();
        for (method, path, status) in [
            (Method::GET, "/", 200),
            (Method::GET, "/info?t=1", 200),
            (Method::GET, "/iframe.html", 200),
            (Method::POST, "/000/alone/xhr", 200),
            (Method::POST, "/000/unknown/xhr_send", 404),
            (Method::GET, "/000/alone/xhr", 405),
            (Method::GET, "//info", 404),
            (Method::POST, "//000/alone/xhr", 404),
            (Method::GET, "/mount/info", 404),
        ] {
            let request = Request::builder().method(method).uri(path);
            let request = request.body(Body::empty()).unwrap();
            let answer = service.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), status, "{path}");
        }
    }
}
