//! The tower service of a mount: which request is which, who may ask, and what all answers have in common.

use super::batch::{Batch, Purpose};
use super::headers::{Audience, Manners, TEXT, answer, preflight};
use super::iframe::Page;
use super::names::{Found, Names};
use super::path::{Endpoint, Part};
use super::query::Query;
use super::receive::{self, Receiving};
use super::{SockJs, hixie76, info, send, websocket};
use crate::answering::Answering;
use crate::arrival::{Arriving, Head};
use crate::attach::TurnedAway;
use crate::builder::BuildError;
use crate::front_door::cors;
use crate::front_door::origin::{OriginRefused, Way};
use crate::node::Node;
use crate::service::{sentence, unavailable};
use crate::shared::Shared;
use crate::transport::polling::{Polling, Stage};
use crate::{Refusal, Throughline};
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{ACCEPT_LANGUAGE, ALLOW, CONTENT_TYPE, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use throughline_core::sockjs::Stamp;
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
    /// The node that it is a mount of.
    pub(crate) fn throughline(&self) -> Throughline {
        Throughline::new(self.mount.node.clone())
    }

    pub(crate) fn respond(&self, head: Head, body: Arriving) -> Answering {
        self.mount.respond(head, body)
    }
}

/// What a request comes for, where its origin may ask.
enum Errand {
    /// It is done already.
    Done(Response),
    /// What its session's name leads to comes last.
    Receive(Transport, Option<Stamp>, Option<Found>),
    Send(Arc<Shared>, send::Way, Option<Stamp>),
}

impl Mount {
    fn respond(self: &Arc<Self>, head: Head, body: Arriving) -> Answering {
        let path = head.path();
        let endpoint = Endpoint::of(&path).filter(|endpoint| self.has(*endpoint));
        let Some(endpoint) = endpoint else {
            return Answering::given(sentence(StatusCode::NOT_FOUND, NOT_FOUND));
        };
        let headers = &head.parts.headers;
        if !endpoint.takes(&head.parts.method) {
            return Answering::given(wrong_method(endpoint));
        }
        match endpoint {
            Endpoint::Greeting => {
                let welcome = answer(StatusCode::OK, TEXT, "Welcome to SockJS!\n");
                return Answering::given(welcome);
            }
            Endpoint::Iframe => return Answering::given(self.page.answer(headers)),
            Endpoint::Session(_, Part::WebSocket) => {
                drop(path);
                return self.upgrade(head, Transport::WebSocket);
            }
            Endpoint::RawWebSocket => {
                drop(path);
                return self.upgrade(head, Transport::RawWebSocket);
            }
            Endpoint::Info | Endpoint::Session(..) => {}
        }
        if let Err(refused) = self.node.check_origin(&head, way(endpoint, headers)) {
            return Answering::given(forbid(endpoint, headers, &refused));
        }
        let is_preflight = head.parts.method == Method::OPTIONS;
        let has_cookie = self.settings.jsessionid && endpoint.has_cookie(is_preflight);
        let manners = Manners::new(headers, endpoint.audience(), has_cookie);
        let errand = match is_preflight {
            true => Ok(Errand::Done(preflight(headers, endpoint.allow_preflight()))),
            false => self.errand(endpoint, &head.parts),
        };
        drop(path);
        match errand {
            Ok(Errand::Done(response)) => Answering::given(manners.finish(Ok(response))),
            Ok(Errand::Receive(transport, stamp, found)) => {
                let receiving = Receiving {
                    mount: self.clone(),
                    manners,
                    transport,
                    stamp,
                };
                receiving.respond(head, found)
            }
            Ok(Errand::Send(session, way, stamp)) => {
                let batch = Batch {
                    mount: self.clone(),
                    manners,
                    purpose: Purpose::Send(session, way, stamp),
                };
                let stage = Stage::Asked(Box::new((head, body)));
                Answering::sock_js(Polling::new(self.node.clone(), batch, stage))
            }
            Err(refused) => Answering::given(manners.finish(Err(refused))),
        }
    }

    fn has(&self, endpoint: Endpoint<'_>) -> bool {
        self.settings.websocket || !endpoint.is_websocket()
    }

    fn errand(&self, endpoint: Endpoint<'_>, asked: &Parts) -> Result<Errand, Refused> {
        let Endpoint::Session(name, part) = endpoint else {
            return Ok(Errand::Done(info::info(&self.settings)));
        };
        let query = Query::of(asked);
        let receiver = receive::receiver(part, &query)?;
        let found = self.names.find(self.node.clock.now(), name);
        if let Some((transport, stamp)) = receiver {
            return Ok(Errand::Receive(transport, stamp, found));
        }
        let way = send::Way::of(part).ok_or(Refused::NotFound)?;
        match found {
            Some(Found::Live(session)) => Ok(Errand::Send(session, way, way.stamp(&query))),
            Some(Found::Closed(_)) => Ok(Errand::Done(way.taken())),
            None => Err(Refused::NotFound),
        }
    }

    fn upgrade(self: &Arc<Self>, mut head: Head, transport: Transport) -> Answering {
        websocket::translate_version_8(&mut head.parts.headers);
        if let Err(refused) = self.node.check_origin(&head, Way::Foreign) {
            let refusal = sentence(StatusCode::FORBIDDEN, &refused.to_string());
            return Answering::given(refusal);
        }
        let mount = self.clone();
        Answering::rare(async move {
            let is_old = mount.settings.allow_hixie76 && hixie76::is_handshake(&head.parts);
            let upgraded = match is_old {
                true => hixie76::upgrade(&mount, head, transport).await,
                false => websocket::upgrade(&mount, head, transport).await,
            };
            upgraded.unwrap_or_else(Refused::answer)
        })
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
    if endpoint.audience() != Audience::Own {
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

    pub(super) fn answer(self) -> Response {
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
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (parts, body) = request.into_parts();
        self.respond(Head::routed(parts), Arriving::Routed(Body::new(body)))
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
