//! Between the messages of axum's WebSocket and those of a dialect. No payload is copied on the way.

use crate::dialect::{Outgoing, Speaker};
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes};
use bytes::Bytes;
use bytestring::ByteString;
use throughline_core::wire::Carried;
use throughline_core::wire::native::Malformed;

/// What a WebSocket message says.
#[derive(Debug)]
pub(super) enum Incoming<U> {
    Said(U),
    /// A ping or pong of WebSocket itself.
    Alive,
    /// The link has ended; what that means for the session is its dialect's to say.
    Closed,
    Malformed(Malformed),
}

pub(super) fn read<D: Speaker>(message: Message) -> Incoming<D::Up> {
    let carried = match message {
        Message::Text(text) => match ByteString::try_from(Bytes::from(text)) {
            Ok(text) => Carried::Text(text),
            Err(_) => return Incoming::Malformed(Malformed::Utf8),
        },
        Message::Binary(bytes) => Carried::Binary(bytes),
        Message::Ping(_) | Message::Pong(_) => return Incoming::Alive,
        Message::Close(_) => return Incoming::Closed,
    };
    match D::decode(carried) {
        Ok(up) => Incoming::Said(up),
        Err(malformed) => Incoming::Malformed(malformed),
    }
}

/// What goes down, as a message; what the connection is to be closed with is none.
pub(super) fn write<D: Speaker>(down: D::Down) -> Result<Message, CloseFrame> {
    match D::encode(down) {
        Outgoing::Message(Carried::Text(text)) => {
            let text = Utf8Bytes::try_from(text.into_bytes());
            Ok(Message::Text(text.expect("a ByteString is UTF-8")))
        }
        Outgoing::Message(Carried::Binary(bytes)) => Ok(Message::Binary(bytes)),
        Outgoing::Ping => Ok(Message::Ping(Bytes::new())),
        Outgoing::Close(code, reason) => Err(CloseFrame {
            code,
            reason: reason.into(),
        }),
    }
}
