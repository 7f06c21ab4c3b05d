//! A server, a proxy before it, and clients that talk through it. Nothing waits longer than a bound.

use crate::server::Server;
use bytes::Bytes;
use futures_util::{FutureExt, SinkExt, StreamExt};
use http::{HeaderMap, Method, Request, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;
use throughline_hostile::{Counts, Fault, Options, Proxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{interval, timeout};
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

const SOON: Duration = Duration::from_secs(20);

pub(crate) struct Lab {
    pub(crate) server: Server,
    pub(crate) proxy: Proxy,
}

/// An answer that came whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// Whatever went wrong.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

impl Lab {
    /// A lab with these faults, written as on the command line.
    pub(crate) async fn with(faults: &[&str]) -> Self {
        let server = Server::start().await;
        let proxy = Proxy::start(Options {
            upstream: Some(server.address.into()),
            seed: Some(1),
            faults: parsed(faults),
            ..Options::default()
        });
        let proxy = proxy.await.expect("a port is free");
        Self { server, proxy }
    }

    pub(crate) fn add(&self, fault: &str) {
        self.proxy.add(parsed(&[fault]));
    }

    pub(crate) fn counts(&self) -> Counts {
        self.proxy.state().counts
    }

    pub(crate) fn struck(&self, fault: &str) -> u64 {
        self.counts().struck.get(fault).copied().unwrap_or_default()
    }

    /// Waits until this fault has struck.
    pub(crate) async fn strike_of(&self, fault: &str) {
        until(fault, || self.struck(fault) > 0).await;
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Answer, Failure> {
        self.ask(Method::GET, path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Result<Answer, Failure> {
        self.ask(Method::POST, path, &[], body).await
    }

    /// One request on a connection of its own, and the whole answer.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, Failure> {
        let response = self.begin(method, path, headers, body).await?;
        soon("the answer's body", whole(response)).await
    }

    /// One request, and the head of its answer.
    pub(crate) async fn begin(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<http::Response<Incoming>, Failure> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in [("host", "server.test")].iter().chain(headers) {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body.to_owned())))?;
        soon("the answer's head", send(self.proxy.address(), request)).await
    }

    /// Opens a WebSocket.
    pub(crate) async fn websocket(&self) -> Result<Socket, tungstenite::Error> {
        let stream = TcpStream::connect(self.proxy.address()).await?;
        Socket::open(stream).await
    }

    /// Opens a WebSocket and reads the server's greeting.
    pub(crate) async fn greeted(&self) -> Socket {
        let mut socket = self.websocket().await.expect("a WebSocket");
        assert_eq!(socket.next().await.expect("a greeting"), "welcome");
        socket
    }

    /// What a WebSocket's handshake is answered with.
    pub(crate) async fn handshake_status(&self) -> StatusCode {
        match self.websocket().await {
            Err(tungstenite::Error::Http(response)) => response.status(),
            Err(error) => panic!("no answer: {error}"),
            Ok(_) => StatusCode::SWITCHING_PROTOCOLS,
        }
    }

    /// A connection without manners.
    pub(crate) async fn raw(&self, bytes: &str) -> TcpStream {
        let stream = TcpStream::connect(self.proxy.address()).await;
        let mut stream = stream.expect("the proxy listens");
        let written = stream.write_all(bytes.as_bytes()).await;
        written.expect("the proxy reads");
        stream
    }
}

fn parsed(faults: &[&str]) -> Vec<Fault> {
    let parsed = faults.iter().map(|fault| fault.parse());
    parsed
        .collect::<Result<_, _>>()
        .expect("the test's faults are faults")
}

async fn send(
    address: SocketAddr,
    request: Request<Full<Bytes>>,
) -> Result<http::Response<Incoming>, Failure> {
    let stream = TcpStream::connect(address).await?;
    let (mut requests, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(requests.send_request(request).await?)
}

pub(crate) async fn whole(response: http::Response<Incoming>) -> Result<Answer, Failure> {
    let (head, body) = response.into_parts();
    Ok(Answer {
        status: head.status,
        version: head.version,
        headers: head.headers,
        body: String::from_utf8_lossy(&body.collect().await?.to_bytes()).into_owned(),
    })
}

/// A client's WebSocket.
#[derive(Debug)]
pub(crate) struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    pub(crate) async fn open(stream: TcpStream) -> Result<Self, tungstenite::Error> {
        let opened = client_async("ws://server.test/websocket", stream);
        soon("the handshake", opened)
            .await
            .map(|(socket, _)| Self(socket))
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.0
            .send(Message::from(text))
            .await
            .expect("the socket is open");
    }

    /// Sends bytes that need not be frames.
    pub(crate) async fn send_raw(&mut self, bytes: &[u8]) {
        let sent = self.0.get_mut().write_all(bytes).await;
        sent.expect("the connection is open");
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> Result<String, Failure> {
        let message = soon("a message", self.0.next())
            .await
            .ok_or("the socket has ended")?;
        Ok(message?.into_text()?.to_string())
    }

    /// Whether there is nothing to read at this moment.
    pub(crate) fn is_silent(&mut self) -> bool {
        self.0.next().now_or_never().is_none()
    }
}

/// Reads until the end or a failure.
pub(crate) async fn rest(stream: &mut TcpStream) -> (String, std::io::Result<()>) {
    let mut bytes = Vec::new();
    let ended = soon("the end", stream.read_to_end(&mut bytes)).await;
    (
        String::from_utf8_lossy(&bytes).into_owned(),
        ended.map(drop),
    )
}

/// Fails a test that would hang.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    let done = timeout(SOON, future).await;
    done.unwrap_or_else(|_| panic!("{what} did not come"))
}

/// Waits for a condition.
pub(crate) async fn until(what: &str, condition: impl Fn() -> bool) {
    soon(what, async {
        let mut asking = interval(Duration::from_millis(2));
        while !condition() {
            asking.tick().await;
        }
    })
    .await;
}

/// Fails when this is done before the condition holds, or at that moment.
pub(crate) async fn pending_until<T>(future: impl Future<Output = T>, condition: impl Future) {
    tokio::pin!(future);
    tokio::select! {
        _ = &mut future => panic!("it was to be pending"),
        _ = condition => {}
    }
    assert!(future.now_or_never().is_none(), "it was to be pending");
}
