//! Between the messages of axum's WebSocket and frames. No payload is copied on the way.

use axum::extract::ws::{Message, Utf8Bytes};
use bytestring::ByteString;
use throughline_core::wire::Carried;
use throughline_core::wire::native::websocket::{decode, encode};
use throughline_core::wire::native::{Frame, Malformed};

/// What a WebSocket message says.
#[derive(Debug)]
pub(super) enum Incoming {
    Frame(Box<Frame>),
    /// A ping or pong of WebSocket itself: a sign of life.
    Alive,
    /// The link has ended; the session has not (spec WS-2).
    Closed,
    Malformed(Malformed),
}

pub(super) fn read(message: Message) -> Incoming {
    let carried = match message {
        Message::Text(text) => match ByteString::try_from(bytes::Bytes::from(text)) {
            Ok(text) => Carried::Text(text),
            Err(_) => return Incoming::Malformed(Malformed::Utf8),
        },
        Message::Binary(bytes) => Carried::Binary(bytes),
        Message::Ping(_) | Message::Pong(_) => return Incoming::Alive,
        Message::Close(_) => return Incoming::Closed,
    };
    match decode(carried) {
        Ok(frame) => Incoming::Frame(Box::new(frame)),
        Err(malformed) => Incoming::Malformed(malformed),
    }
}

pub(super) fn write(frame: &Frame) -> Message {
    match encode(frame) {
        Carried::Text(text) => {
            let text = Utf8Bytes::try_from(text.into_bytes());
            Message::Text(text.expect("a ByteString is UTF-8"))
        }
        Carried::Binary(bytes) => Message::Binary(bytes),
    }
}
