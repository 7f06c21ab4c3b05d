//! The server behind the proxy. It remembers what it was asked, and can be told when to go on.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use futures_util::{FutureExt, StreamExt, stream};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// A server on a port of its own; it ends when it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    memory: Arc<Memory>,
    task: JoinHandle<()>,
}

struct Memory {
    seen: Mutex<Vec<Seen>>,
    go_on: Semaphore,
}

/// A request whose head, at least, came to the server.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    /// `None` while it is under way.
    pub(crate) body: Option<String>,
    pub(crate) from: IpAddr,
}

type Shared = State<Arc<Memory>>;

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let memory = Arc::new(Memory {
            seen: Mutex::default(),
            go_on: Semaphore::new(0),
        });
        let app = Router::new()
            .route("/websocket", any(websocket))
            .route("/hold", any(hold))
            .route("/stream", get(stream_in_two))
            .route("/binary", get(binary))
            .route("/missing", get(missing))
            .route("/labelled", get(labelled))
            .fallback(echo)
            .layer(axum::middleware::from_fn_with_state(
                Arc::clone(&memory),
                remember,
            ))
            .with_state(Arc::clone(&memory))
            .into_make_service_with_connect_info::<SocketAddr>();
        let task = tokio::spawn(axum::serve(listener, app).into_future().map(drop));
        Self {
            address,
            memory,
            task,
        }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.memory.lock().clone()
    }

    /// What the only request was.
    pub(crate) fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen[0].clone()
    }

    /// Lets one request that is held go on.
    pub(crate) fn go_on(&self) {
        self.memory.go_on.add_permits(1);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Memory {
    async fn wait(&self) {
        let permit = self.go_on.acquire().await;
        permit.expect("it is never closed").forget();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().expect("nobody panics while holding it")
    }
}

async fn remember(
    State(memory): Shared,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    request: Request,
    next: axum::middleware::Next,
) -> Response {
    let seen = Seen {
        method: request.method().clone(),
        path: request.uri().path().to_owned(),
        version: request.version(),
        headers: request.headers().clone(),
        body: None,
        from: from.ip(),
    };
    let index = {
        let mut all = memory.lock();
        all.push(seen);
        all.len() - 1
    };
    if request.uri().path() == "/websocket" {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let text = String::from_utf8_lossy(&body).into_owned();
    memory.lock()[index].body = Some(text);
    next.run(Request::from_parts(head, Body::from(body))).await
}

/// Says how many requests there were before, and what this one said.
async fn echo(State(memory): Shared, body: String) -> String {
    let count = memory.lock().len();
    format!("{count}: {body}")
}

async fn hold(State(memory): Shared) -> &'static str {
    memory.wait().await;
    "held"
}

async fn stream_in_two(State(memory): Shared) -> Response {
    let first = stream::iter([Bytes::from_static(b"first,")]);
    let second = stream::once(async move {
        memory.wait().await;
        Bytes::from_static(b"second")
    });
    let parts = first.chain(second).map(Ok::<_, Infallible>);
    Body::from_stream(parts).into_response()
}

async fn binary() -> Vec<u8> {
    vec![1, 2, 3]
}

async fn missing() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "the server's own words")
}

async fn labelled() -> impl IntoResponse {
    let headers = [
        (header::SET_COOKIE, "a=1"),
        (header::CONTENT_LANGUAGE, "en"),
    ];
    (headers, [("x-label", "1")], "labelled")
}

async fn websocket(upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>) -> Response {
    match upgrade {
        Ok(upgrade) => upgrade.on_upgrade(talk),
        Err(_) => "the plain page".into_response(),
    }
}

/// Greets, then sends every message back.
async fn talk(mut socket: WebSocket) {
    if socket.send(Message::from("welcome")).await.is_err() {
        return;
    }
    while let Some(Ok(message)) = socket.recv().await {
        let text = matches!(message, Message::Text(_) | Message::Binary(_));
        if text && socket.send(message).await.is_err() {
            return;
        }
    }
}
