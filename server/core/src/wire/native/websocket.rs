//! One frame as one WebSocket message: a header byte, then the body (spec §4.1).
//!
//! A text frame is a WebSocket text message, since its header is an ASCII character; every other frame
//! is a binary one. So a message costs one byte over its payload, and nothing is escaped.

use super::Malformed;
use super::body::{self, ANSWER, CLOSE, POLL, TEXT};
use super::frame::{Frame, Item};
use crate::message::Message;
use bytes::Bytes;
use bytestring::ByteString;

/// One WebSocket message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// A text message.
    Text(ByteString),
    /// A binary message.
    Binary(Bytes),
}

/// Writes a frame.
#[must_use]
pub fn encode(frame: &Frame) -> Carried {
    let header = body::header(frame);
    if let Frame::Sequenced(_, Item::Message(message)) = frame {
        return encode_message(header, message);
    }
    let mut out = vec![header];
    body::write(frame, &mut out);
    Carried::Binary(out.into())
}

fn encode_message(header: u8, message: &Message) -> Carried {
    match message {
        Message::Text(text) => {
            let mut out = String::with_capacity(1 + text.len());
            out.push(char::from(header));
            out.push_str(text);
            Carried::Text(out.into())
        }
        Message::Binary(bytes) => {
            let mut out = Vec::with_capacity(1 + bytes.len());
            out.push(header);
            out.extend_from_slice(bytes);
            Carried::Binary(out.into())
        }
    }
}

/// Reads a frame.
///
/// # Errors
/// [`Malformed`]: the link has failed; the session has not.
pub fn decode(carried: Carried) -> Result<Frame, Malformed> {
    match carried {
        Carried::Text(text) => decode_text(&text),
        Carried::Binary(bytes) => decode_binary(&bytes),
    }
}

fn decode_text(text: &ByteString) -> Result<Frame, Malformed> {
    let header = *text.as_bytes().first().ok_or(CUT)?;
    if !(TEXT..CLOSE).contains(&header) {
        return Err(Malformed::WrongKind);
    }
    let payload = &text[1..];
    let payload = if payload.len() <= COPIED {
        payload.into()
    } else {
        text.slice_ref(payload)
    };
    Ok(body::sequenced(header, Message::Text(payload)))
}

fn decode_binary(bytes: &Bytes) -> Result<Frame, Malformed> {
    let (&header, body) = bytes.split_first().ok_or(CUT)?;
    if (TEXT..CLOSE).contains(&header) {
        return Err(Malformed::WrongKind);
    }
    if matches!(header, POLL | ANSWER) {
        return Err(Malformed::Header(header));
    }
    body::parse(header, body, || {
        if body.len() <= COPIED {
            Bytes::copy_from_slice(body)
        } else {
            bytes.slice_ref(body)
        }
    })
}

const CUT: Malformed = Malformed::Cut("a frame before its header");

/// Payloads up to this size are copied out of the carrier's buffer. A WebSocket library cuts small
/// messages out of one read buffer of a few KiB, so a retained message of ten bytes would pin all of
/// it, and byte bounds would count less than what is really held. A larger message has a buffer of
/// its own, and copying it would cost more than it saves.
const COPIED: usize = 4096;
