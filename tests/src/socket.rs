//! A WebSocket connection, frame by frame.

use crate::target::Target;
use crate::wait::soon;
use bytes::Bytes;
use bytestring::ByteString;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use throughline_core::wire::Carried;
use throughline_core::wire::native::{Frame, Malformed, websocket};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async};

/// A WebSocket connection to a node.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<TcpStream>,
}

/// What came on a WebSocket.
#[derive(Debug)]
pub enum Arrival {
    /// A frame.
    Frame(Frame),
    /// A message that is no frame.
    Malformed(Malformed),
}

impl Socket {
    /// Connects, with these headers in the handshake.
    ///
    /// # Errors
    /// The handshake failed; of an answer that is not 101, the error has the status and the body.
    ///
    /// # Panics
    ///
    /// When these are no headers.
    pub async fn connect(target: &Target, headers: &[(&str, &str)]) -> Result<Self, Box<Error>> {
        let stream = target.dial().await.map_err(Error::Io)?;
        let path = target.path("websocket");
        let url = format!("ws://{}{path}", target.address);
        let mut request = url.into_client_request()?;
        for (name, value) in headers {
            let name: HeaderName = name.parse().expect("the test's headers are headers");
            let value = HeaderValue::from_str(value).expect("the test's headers are headers");
            request.headers_mut().insert(name, value);
        }
        let (stream, _) = client_async(request, stream).await?;
        Ok(Self { stream })
    }

    /// Connects to a node that lets everybody in.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub async fn open(target: &Target) -> Self {
        let socket = soon("the WebSocket handshake", Self::connect(target, &[])).await;
        socket.expect("the handshake succeeds")
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: &Frame) {
        self.send_message(message(websocket::encode(frame))).await;
    }

    /// Sends any WebSocket message. That the server has closed already is no failure: what it said before
    /// is still to be read.
    pub async fn send_message(&mut self, message: Message) {
        drop(self.stream.send(message).await);
    }

    /// The next frame; `None` when the connection has ended.
    ///
    /// # Panics
    ///
    /// When nothing comes, or something that is no frame.
    pub async fn frame(&mut self) -> Option<Frame> {
        match soon("a frame", next(&mut self.stream)).await? {
            Arrival::Frame(frame) => Some(frame),
            Arrival::Malformed(malformed) => panic!("the server sent no frame: {malformed}"),
        }
    }

    /// Both halves, for tasks of their own.
    pub fn split(
        self,
    ) -> (
        SplitSink<WebSocketStream<TcpStream>, Message>,
        SplitStream<WebSocketStream<TcpStream>>,
    ) {
        self.stream.split()
    }
}

/// The next frame of a stream of messages; `None` when it has ended, however that came about.
pub async fn next<S>(stream: &mut S) -> Option<Arrival>
where
    S: StreamExt<Item = Result<Message, Error>> + Unpin,
{
    loop {
        let carried = match stream.next().await?.ok()? {
            Message::Text(text) => Carried::Text(as_text(text)),
            Message::Binary(bytes) => Carried::Binary(bytes),
            Message::Close(_) => return None,
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => continue,
        };
        return Some(match websocket::decode(carried) {
            Ok(frame) => Arrival::Frame(frame),
            Err(malformed) => Arrival::Malformed(malformed),
        });
    }
}

/// One frame as one message.
#[must_use]
pub fn message(carried: Carried) -> Message {
    match carried {
        Carried::Text(text) => {
            let text = Utf8Bytes::try_from(text.into_bytes());
            Message::Text(text.expect("a byte string is UTF-8"))
        }
        Carried::Binary(bytes) => Message::Binary(bytes),
    }
}

fn as_text(text: Utf8Bytes) -> ByteString {
    ByteString::try_from(Bytes::from(text)).expect("a text message is UTF-8")
}
