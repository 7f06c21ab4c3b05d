//! A mount of its own on a node, and a client that does what the official one does, request by request.

use crate::connection::{Connection, Head};
use axum::Router;
use http::Method;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use throughline::{Builder, SockJs};
use throughline_tests::engineio::Ws;
use throughline_tests::http::{Answer, Http};
use throughline_tests::server::{Server, mounted};
use throughline_tests::target::Target;
use throughline_tests::wait::soon;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) const MOUNT: &str = "/sockjs";

/// A mount for clients of SockJS. Its node serves others beside it.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) server: Server,
    pub(crate) target: Target,
    pub(crate) http: Http,
    task: JoinHandle<()>,
}

impl Site {
    pub(crate) async fn new(server: Server, settings: SockJs) -> Self {
        let service = server.node.sockjs(settings).expect("the settings work");
        let (address, task) = mounted(MOUNT, service).await;
        Self::at(address, server, task)
    }

    fn at(address: SocketAddr, server: Server, task: JoinHandle<()>) -> Self {
        let target = Target::new(address, MOUNT);
        Self {
            server,
            http: Http::new(&target),
            target,
            task,
        }
    }

    /// One that echoes, for pages of any origin.
    pub(crate) async fn echo(settings: SockJs) -> Self {
        Self::new(Server::echo(Builder::allow_any_origin).await, settings).await
    }

    /// One whose sessions are the test's.
    pub(crate) async fn accepting(settings: SockJs) -> Self {
        Self::new(Server::start(Builder::allow_any_origin).await, settings).await
    }

    /// The same, where a client that reads nothing is cut.
    pub(crate) async fn cutting(settings: SockJs, after: Duration) -> Self {
        let server = Server::start(Builder::allow_any_origin).await;
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let serve = throughline::serve(listener, router(&server, settings)).write_deadline(after);
        let task = tokio::spawn(async { serve.await.expect("it serves") });
        Self::at(address, server, task)
    }

    /// Asks for something below the mount.
    pub(crate) async fn ask(
        &self,
        method: &str,
        below: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let path = format!("{MOUNT}{below}");
        let method: Method = method.parse().expect("a method");
        let body = body.to_owned().into();
        let asked = self.http.request(method, &path, headers, body);
        soon("an answer", asked).await.expect("a whole answer")
    }

    /// A client whose session nobody knows yet.
    pub(crate) fn visitor(&self) -> Visitor {
        static NUMBERS: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        Visitor {
            target: self.target.clone(),
            http: Http::new(&self.target),
            name: format!("session{number}"),
        }
    }

    /// The same, after its first poll.
    pub(crate) async fn open(&self) -> Visitor {
        let visitor = self.visitor();
        visitor.open().await;
        visitor
    }
}

fn router(server: &Server, settings: SockJs) -> Router {
    let service = server.node.sockjs(settings).expect("the settings work");
    Router::new().nest_service(MOUNT, service)
}

/// Waits until another server has had so much time for its next heartbeat: a clock that a test can hear.
pub(crate) async fn heartbeat(after: Duration) {
    let site = Site::echo(SockJs {
        heartbeat_delay: after,
        ..SockJs::default()
    })
    .await;
    let visitor = site.open().await;
    assert_eq!(visitor.poll().await, "h\n");
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A client with one session.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    pub(crate) target: Target,
    pub(crate) http: Http,
    pub(crate) name: String,
}

impl Visitor {
    pub(crate) fn path(&self, transport: &str) -> String {
        format!("{MOUNT}/000/{}/{transport}", self.name)
    }

    pub(crate) async fn ask(
        &self,
        method: Method,
        transport: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let (path, body) = (self.path(transport), body.to_owned().into());
        let asked = self.http.request(method, &path, headers, body);
        soon("an answer", asked).await.expect("a whole answer")
    }

    pub(crate) async fn get(&self, transport: &str) -> Answer {
        self.ask(Method::GET, transport, &[], "").await
    }

    pub(crate) async fn post(&self, transport: &str, body: &str) -> Answer {
        self.ask(Method::POST, transport, &[], body).await
    }

    /// A poll's body.
    pub(crate) async fn poll(&self) -> String {
        let answer = self.post("xhr", "").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.text()
    }

    pub(crate) async fn open(&self) {
        assert_eq!(self.poll().await, "o\n");
    }

    pub(crate) async fn send(&self, json: &str) {
        let answer = self.post("xhr_send", json).await;
        assert_eq!((answer.status.as_u16(), &*answer.text()), (204, ""));
    }

    /// A POST on a connection of its own that nobody has read yet.
    pub(crate) async fn park(&self, transport: &str) -> Connection {
        let mut connection = Connection::open(&self.target).await;
        connection.ask("POST", &self.path(transport), "", "").await;
        connection
    }

    /// A response that goes on, after its prelude.
    pub(crate) async fn stream(&self, transport: &str) -> (Connection, Head) {
        let method = if transport == "xhr_streaming" {
            "POST"
        } else {
            "GET"
        };
        let mut connection = Connection::open(&self.target).await;
        connection.ask(method, &self.path(transport), "", "").await;
        let head = connection.head().await;
        assert_eq!(head.status, 200);
        connection.chunk().await.expect("there is a prelude");
        (connection, head)
    }

    /// The first streaming response of a session, after its first frame.
    pub(crate) async fn stream_open(&self) -> Connection {
        let (mut stream, _) = self.stream("xhr_streaming").await;
        assert_eq!(stream.chunk().await.as_deref(), Some("o\n"));
        stream
    }

    /// A WebSocket, after its first frame.
    pub(crate) async fn websocket(&self) -> Ws {
        let path = self.path("websocket");
        let connected = Ws::at(&self.target, &path, &[]).await;
        let mut ws = connected.expect("the handshake succeeds");
        assert_eq!(ws.text().await, "o");
        ws
    }

    /// A WebSocket without frames.
    pub(crate) async fn raw_websocket(&self) -> Ws {
        let path = format!("{MOUNT}/websocket");
        let connected = Ws::at(&self.target, &path, &[]).await;
        connected.expect("the handshake succeeds")
    }
}
