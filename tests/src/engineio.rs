//! A client of Engine.IO by hand, request by request and message by message, so that a test can do what the
//! official clients never do. It knows nothing but URLs, and the packets as they are written.

use crate::http::{Answer, Http, NoAnswer};
use crate::target::Target;
use crate::wait::soon;
use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use http::Method;
use throughline_core::wire::engineio::Handshake;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

/// What stands between two packets of a body.
pub const SEPARATOR: char = '\u{1e}';

/// The path with this query.
#[must_use]
pub fn path(target: &Target, query: &str) -> String {
    format!("{}?{query}", target.path(""))
}

/// The parameters that a first packet brings.
///
/// # Panics
///
/// When this is no such packet.
#[must_use]
pub fn handshake(packet: &str) -> Handshake {
    let body = packet.strip_prefix('0').expect("the first packet opens");
    serde_json::from_str(body).expect("it has the five members")
}

/// A session over polling. Clones are the same client; each request is the test's own.
#[derive(Clone, Debug)]
pub struct Poller {
    /// Its connections.
    pub http: Http,
    target: Target,
    /// What the server said first.
    pub handshake: Handshake,
}

impl Poller {
    /// Opens a session.
    ///
    /// # Panics
    ///
    /// When the server does not open one.
    pub async fn open(target: &Target) -> Self {
        let http = Http::new(target);
        let path = path(target, "EIO=4&transport=polling");
        let answer = ask(&http, Method::GET, &path, "").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        Self {
            http,
            target: target.clone(),
            handshake: handshake(&answer.text()),
        }
    }

    /// The path of a request, with this at its end.
    #[must_use]
    pub fn path(&self, more: &str) -> String {
        path(&self.target, &self.query(&format!("polling{more}")))
    }

    fn query(&self, transport: &str) -> String {
        format!("EIO=4&sid={}&transport={transport}", self.handshake.sid)
    }

    /// Asks for packets, and gives whatever comes back.
    pub async fn get(&self) -> Answer {
        ask(&self.http, Method::GET, &self.path(""), "").await
    }

    /// Asks for packets with this stamp.
    pub async fn get_stamped(&self, stamp: &str) -> Answer {
        let path = self.path(&format!("&t={stamp}"));
        ask(&self.http, Method::GET, &path, "").await
    }

    /// Brings packets, and gives whatever comes back.
    pub async fn post(&self, body: impl Into<Bytes>) -> Answer {
        ask(&self.http, Method::POST, &self.path(""), body).await
    }

    /// Brings packets with this stamp.
    pub async fn post_stamped(&self, stamp: &str, body: impl Into<Bytes>) -> Answer {
        let path = self.path(&format!("&t={stamp}"));
        ask(&self.http, Method::POST, &path, body).await
    }

    /// Brings a body that is said to be of this type.
    ///
    /// # Panics
    ///
    /// When there is no answer.
    pub async fn post_as(&self, content_type: &str, body: impl Into<Bytes>) -> Answer {
        let (path, headers) = (self.path(""), [("content-type", content_type)]);
        let posted = self
            .http
            .request(Method::POST, &path, &headers, body.into());
        soon("an answer", posted).await.expect("a whole answer")
    }

    /// Brings packets that must be taken.
    ///
    /// # Panics
    ///
    /// When they are not.
    pub async fn send(&self, body: impl Into<Bytes>) {
        let answer = self.post(body).await;
        assert_eq!((answer.status.as_u16(), &*answer.text()), (200, "ok"));
    }

    /// The packets of the next answer.
    ///
    /// # Panics
    ///
    /// When there are none.
    pub async fn packets(&self) -> Vec<String> {
        let answer = self.get().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        packets(&answer)
    }

    /// A request that is sent now, and waited for later.
    #[must_use]
    pub fn park(&self) -> Parked {
        let poller = self.clone();
        Parked(tokio::spawn(async move { poller.get().await }))
    }

    /// A WebSocket that names this session.
    ///
    /// # Errors
    /// The handshake failed.
    pub async fn websocket(&self) -> Result<Ws, Box<Error>> {
        Ws::connect(&self.target, &self.query("websocket"), &[]).await
    }

    /// A WebSocket to which the client may move now.
    ///
    /// # Panics
    ///
    /// When the server does not answer the probe.
    pub async fn probe(&self) -> Ws {
        let mut ws = self.websocket().await.expect("the handshake succeeds");
        ws.send("2probe").await;
        assert_eq!(ws.text().await, "3probe");
        ws
    }

    /// Expects that nothing knows this session any more.
    ///
    /// # Panics
    ///
    /// When somebody does.
    pub async fn is_unknown(&self) {
        let answer = self.get().await;
        assert_eq!(answer.status, 400);
        assert_eq!(
            answer.text(),
            r#"{"code":1,"message":"Session ID unknown"}"#
        );
    }
}

/// The packets of a body.
#[must_use]
pub fn packets(answer: &Answer) -> Vec<String> {
    answer.text().split(SEPARATOR).map(str::to_owned).collect()
}

/// A request whose answer is waited for later.
#[derive(Debug)]
pub struct Parked(tokio::task::JoinHandle<Answer>);

impl Parked {
    /// Its answer.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub async fn answer(self) -> Answer {
        self.0.await.expect("there is an answer")
    }

    /// Whether it has its answer.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.0.is_finished()
    }
}

/// Sends any request, which must be answered.
///
/// # Panics
///
/// When it is not.
pub async fn ask(http: &Http, method: Method, path: &str, body: impl Into<Bytes>) -> Answer {
    let asked: Result<Answer, NoAnswer> =
        soon("an answer", http.request(method, path, &[], body.into())).await;
    asked.expect("a whole answer")
}

/// A WebSocket of a client of Engine.IO, or of anybody else whose messages are text.
#[derive(Debug)]
pub struct Ws<S = WebSocketStream<TcpStream>> {
    stream: S,
}

/// How a WebSocket ended: with the code of a close frame, with none in it, or without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// With this code.
    With(u16),
    /// In order.
    WithoutCode,
    /// The connection was gone.
    Lost,
}

impl Ws {
    /// Connects with this query and these headers.
    ///
    /// # Errors
    /// The handshake failed; of an answer that is not 101, the error has the status and the body.
    pub async fn connect(
        target: &Target,
        query: &str,
        headers: &[(&'static str, &'static str)],
    ) -> Result<Self, Box<Error>> {
        Self::at(target, &path(target, query), headers).await
    }

    /// Connects to this path, which may be anybody's.
    ///
    /// # Errors
    /// As of [`connect`](Self::connect).
    pub async fn at(
        target: &Target,
        path: &str,
        headers: &[(&'static str, &'static str)],
    ) -> Result<Self, Box<Error>> {
        let stream = target.dial().await.map_err(Error::Io)?;
        let url = format!("ws://{}{path}", target.address);
        let mut request = url.into_client_request()?;
        for (name, value) in headers {
            let value = value.parse().map_err(Error::from)?;
            request.headers_mut().insert(*name, value);
        }
        let (stream, _) = soon("the WebSocket handshake", client_async(request, stream)).await?;
        Ok(Self { stream })
    }

    /// Opens a session.
    ///
    /// # Panics
    ///
    /// When the server does not open one.
    pub async fn open(target: &Target) -> (Self, Handshake) {
        let connected = Self::connect(target, "EIO=4&transport=websocket", &[]).await;
        let mut ws = connected.expect("the handshake succeeds");
        let handshake = handshake(&ws.text().await);
        (ws, handshake)
    }

    /// Both halves, for tasks of their own.
    #[must_use]
    pub fn split(self) -> (Ws<Up>, Ws<Down>) {
        let (up, down) = self.stream.split();
        (Ws { stream: up }, Ws { stream: down })
    }
}

/// The half that sends.
pub type Up = SplitSink<WebSocketStream<TcpStream>, Message>;
/// The half that hears.
pub type Down = SplitStream<WebSocketStream<TcpStream>>;

impl<S: Sink<Message> + Unpin> Ws<S> {
    /// Sends a text. That the server has closed already is no failure: what it said before is still to be read.
    pub async fn send(&mut self, text: impl Into<String>) {
        self.send_message(Message::text(text.into())).await;
    }

    /// Sends any message.
    pub async fn send_message(&mut self, message: Message) {
        drop(self.stream.send(message).await);
    }
}

impl<S: Stream<Item = Result<Message, Error>> + Unpin> Ws<S> {
    /// The next message.
    ///
    /// # Panics
    ///
    /// When none comes.
    pub async fn message(&mut self) -> Message {
        let next = soon("a message", self.stream.next()).await;
        next.expect("the WebSocket goes on").expect("it is good")
    }

    /// The next message, which is text.
    ///
    /// # Panics
    ///
    /// When it is something else.
    pub async fn text(&mut self) -> String {
        match self.message().await {
            Message::Text(text) => text.to_string(),
            other => panic!("no text: {other:?}"),
        }
    }

    /// The next text, if the WebSocket does not end instead.
    pub async fn next_text(&mut self) -> Option<String> {
        match soon("a message or the end", self.stream.next()).await {
            Some(Ok(Message::Text(text))) => Some(text.to_string()),
            _ => None,
        }
    }

    /// Waits for the end; nothing else may come.
    ///
    /// # Panics
    ///
    /// When something comes.
    pub async fn closed(&mut self) -> Closed {
        match soon("the end of the WebSocket", self.stream.next()).await {
            Some(Ok(Message::Close(Some(CloseFrame { code, .. })))) => Closed::With(code.into()),
            Some(Ok(Message::Close(None))) => Closed::WithoutCode,
            None | Some(Err(_)) => Closed::Lost,
            Some(Ok(message)) => panic!("more came: {message:?}"),
        }
    }
}

/// The status and the text with which the handshake of a WebSocket failed.
///
/// # Panics
///
/// When it did not fail so.
#[must_use]
pub fn refusal(connected: Result<Ws, Box<Error>>) -> (u16, String) {
    match connected.map_err(|error| *error) {
        Err(Error::Http(answer)) => {
            let body = answer.body().clone().unwrap_or_default();
            let text = String::from_utf8_lossy(&body).into_owned();
            (answer.status().as_u16(), text)
        }
        other => panic!("no refusal: {other:?}"),
    }
}
