//! A server in memory and a client that speaks the protocol frame by frame.
//!
//! There are no sockets and the clock is paused, so a test that waits ten seconds takes none.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses a part of this"
)]

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use futures_util::{SinkExt, StreamExt};
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use throughline::{Builder, Session, Throughline};
use throughline_core::Message;
use throughline_core::wire::Carried;
use throughline_core::wire::native::websocket::{decode, encode};
use throughline_core::wire::native::{
    Abort, AnswerBatch, Begin, Cursors, Frame, Hello, Item, Poll, PollRequest, Request as Batch,
    Response as Answer, Secret, Welcome,
};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, handshake::client::Response as Handshake};
use tower::ServiceExt;

/// Sends every message back.
pub async fn echo(mut session: Session) {
    while let Some(message) = session.recv().await {
        if session.send(message).await.is_err() {
            break;
        }
    }
}

pub struct Server {
    pub realtime: Throughline,
    pub app: Router,
}

pub fn echo_server() -> Server {
    Server::new(Throughline::builder().on_session(echo))
}

impl Server {
    pub fn new(builder: Builder) -> Self {
        let realtime = builder.build().expect("the test's settings work");
        let app = Router::new().nest_service("/realtime", realtime.clone());
        Self { realtime, app }
    }

    pub async fn request(&self, request: Request<Body>) -> Response {
        self.app
            .clone()
            .oneshot(request)
            .await
            .expect("a router never fails")
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(
            Request::get(path)
                .header(HOST, "here")
                .body(Body::empty())
                .expect("it is a request"),
        )
        .await
    }

    /// A batch up, a batch down.
    pub async fn post(&self, batch: Batch) -> Answer {
        let (status, _, body) = self.post_bytes(batch.encode(), &[]).await;
        assert_eq!(status, StatusCode::OK);
        Answer::decode(&body).expect("the answer is a whole batch")
    }

    pub async fn post_bytes(
        &self,
        body: impl Into<Body>,
        headers: &[(&str, &str)],
    ) -> (StatusCode, HeaderMap, bytes::Bytes) {
        let mut request = Request::post("/realtime/poll").header(HOST, "here");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self
            .request(request.body(body.into()).expect("it is a request"))
            .await;
        let (parts, body) = response.into_parts();
        let body = body
            .collect()
            .await
            .expect("the answer arrives whole")
            .to_bytes();
        (parts.status, parts.headers, body)
    }

    /// The same as text in a GET.
    pub async fn get_text(&self, header: &str) -> (StatusCode, bytes::Bytes) {
        let request = Request::get("/realtime/poll?1")
            .header(HOST, "here")
            .header("throughline", header);
        let response = self
            .request(request.body(Body::empty()).expect("it is a request"))
            .await;
        let status = response.status();
        let body = response.into_body().collect().await;
        (status, body.expect("the answer arrives whole").to_bytes())
    }

    /// A WebSocket connection through memory.
    pub async fn websocket(&self) -> Ws {
        self.try_websocket(None)
            .await
            .expect("the handshake succeeds")
            .0
    }

    pub async fn try_websocket(
        &self,
        origin: Option<&str>,
    ) -> Result<(Ws, Handshake), tungstenite::Error> {
        let mut request = request_for("/realtime/websocket");
        if let Some(origin) = origin {
            request = request.with_header(ORIGIN.as_str(), origin);
        }
        let (stream, handshake) =
            tokio_tungstenite::client_async(request, self.connection()).await?;
        Ok((Ws { stream }, handshake))
    }

    /// A WebSocket at this path that speaks whatever the test does.
    pub async fn plain_websocket(&self, path: &str) -> WebSocketStream<DuplexStream> {
        let connected = tokio_tungstenite::client_async(request_for(path), self.connection());
        connected.await.expect("the handshake succeeds").0
    }

    /// A connection through memory.
    fn connection(&self) -> DuplexStream {
        let (near, far) = tokio::io::duplex(16 * 1024);
        let service = TowerToHyperService::new(self.app.clone());
        tokio::spawn(async move {
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(far), service)
                .with_upgrades();
            let _ = connection.await;
        });
        near
    }

    /// A new session, carried by a WebSocket.
    pub async fn open(&self) -> (Ws, Welcome) {
        let mut ws = self.websocket().await;
        let welcome = ws.hello(new_session()).await;
        ws.begin(&welcome, Cursors::default()).await;
        (ws, welcome)
    }

    /// A new session, carried by polls.
    pub async fn open_polled(&self) -> Poller<'_> {
        match self.post(Batch::Hello(Box::new(new_session()))).await {
            Answer::Welcome(welcome) => Poller::new(self, &welcome),
            other => panic!("no welcome: {other:?}"),
        }
    }
}

fn request_for(path: &str) -> tungstenite::ClientRequestBuilder {
    let url = format!("ws://here{path}");
    tungstenite::ClientRequestBuilder::new(url.parse().expect("it is a URL"))
}

pub fn new_session() -> Hello {
    Hello {
        v: 1,
        ..Hello::default()
    }
}

/// A hello for a session that there is.
pub fn resume(welcome: &Welcome, secret: Secret) -> Hello {
    Hello {
        session: Some(welcome.session.clone()),
        secret: Some(secret),
        ..new_session()
    }
}

pub fn with_token(token: &str) -> Hello {
    Hello {
        token: Some(token.to_owned()),
        ..new_session()
    }
}

pub fn text(seq: u64, text: &str) -> Frame {
    Frame::Sequenced(
        (seq % 32) as u8,
        Item::Message(Message::text(text.to_owned())),
    )
}

/// What a WebSocket message carries; pings and the like carry nothing.
pub fn frame(message: tungstenite::Message) -> Option<Frame> {
    let carried = match message {
        tungstenite::Message::Text(text) => Carried::Text(text.as_str().to_owned().into()),
        tungstenite::Message::Binary(bytes) => Carried::Binary(bytes),
        _ => return None,
    };
    Some(decode(carried).expect("the server's frames are well-formed"))
}

pub struct Ws<S = DuplexStream> {
    pub stream: WebSocketStream<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Ws<S> {
    pub async fn send(&mut self, frame: Frame) {
        let message = match encode(&frame) {
            Carried::Text(text) => tungstenite::Message::text(String::from(&*text)),
            Carried::Binary(bytes) => tungstenite::Message::Binary(bytes),
        };
        self.stream
            .send(message)
            .await
            .expect("the connection stands");
    }

    /// The next frame; `None` when the server has ended the connection.
    pub async fn next(&mut self) -> Option<Frame> {
        loop {
            match self.stream.next().await?.ok()? {
                tungstenite::Message::Close(_) => return None,
                message => {
                    if let Some(frame) = frame(message) {
                        return Some(frame);
                    }
                }
            }
        }
    }

    /// The next frame that is not a cursor.
    pub async fn next_but_acks(&mut self) -> Option<Frame> {
        loop {
            match self.next().await? {
                Frame::Ack(_) => {}
                frame => return Some(frame),
            }
        }
    }

    pub async fn hello(&mut self, hello: Hello) -> Welcome {
        self.send(Frame::Hello(Box::new(hello))).await;
        match self.next().await {
            Some(Frame::Welcome(welcome)) => *welcome,
            other => panic!("no welcome: {other:?}"),
        }
    }

    /// Begins the generation and returns the server's own begin.
    pub async fn begin(&mut self, welcome: &Welcome, cursors: Cursors) -> Begin {
        let (generation, first) = (welcome.generation, welcome.received + 1);
        self.send(Frame::Begin(Begin {
            generation,
            cursors,
            first,
        }))
        .await;
        match self.next().await {
            Some(Frame::Begin(begin)) => begin,
            other => panic!("no begin: {other:?}"),
        }
    }

    pub async fn abort(&mut self) -> Abort {
        match self.next_but_acks().await {
            Some(Frame::Abort(abort)) => *abort,
            other => panic!("no abort: {other:?}"),
        }
    }
}

/// A client that polls.
pub struct Poller<'a> {
    pub server: &'a Server,
    pub poll: Poll,
}

impl<'a> Poller<'a> {
    pub fn new(server: &'a Server, welcome: &Welcome) -> Self {
        let poll = Poll {
            session: welcome.session.clone(),
            secret: welcome
                .secret
                .expect("a new session's welcome has the secret"),
            generation: welcome.generation,
            number: 0,
            cursors: Cursors::default(),
            first: 1,
            hold: 25_000,
            next: 0,
            max_bytes: 100_000,
        };
        Self { server, poll }
    }

    pub fn request(&mut self, items: Vec<Item>) -> Batch {
        self.poll.number += 1;
        let mut poll = self.poll.clone();
        if !items.is_empty() {
            // A poll may be held beside it.
            poll.hold = 0;
        }
        self.poll.first += items.len() as u64;
        Batch::Poll(PollRequest {
            poll: Box::new(poll),
            token: None,
            items,
            abort: None,
        })
    }

    pub async fn send(&mut self, texts: &[&str]) -> AnswerBatch {
        let message = |text: &&str| Item::Message(Message::text((*text).to_owned()));
        let request = self.request(texts.iter().map(message).collect());
        self.answer(request).await
    }

    pub async fn poll(&mut self) -> AnswerBatch {
        let request = self.request(Vec::new());
        self.answer(request).await
    }

    /// Posts, and acknowledges what came.
    async fn answer(&mut self, request: Batch) -> AnswerBatch {
        match self.server.post(request).await {
            Answer::Answer(batch) => {
                let last = batch.answer.first + batch.items.len() as u64 - 1;
                let received = self.poll.cursors.received.max(last);
                self.poll.cursors = Cursors {
                    received,
                    ack: received,
                };
                *batch
            }
            other => panic!("no answer: {other:?}"),
        }
    }

    pub async fn abort(&mut self) -> Abort {
        let request = self.request(Vec::new());
        match self.server.post(request).await {
            Answer::Abort(abort) => *abort,
            other => panic!("no abort: {other:?}"),
        }
    }
}

pub fn texts(batch: &AnswerBatch) -> Vec<&str> {
    batch.items.iter().map(item_text).collect()
}

fn item_text(item: &Item) -> &str {
    match item {
        Item::Message(message) => message.as_text().expect("the message is text"),
        Item::Close(_) => "(close)",
    }
}
