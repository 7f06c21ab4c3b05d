//! One frame as one WebSocket message: a header byte, then the body (spec §4.1).
//!
//! A text frame is a WebSocket text message, since its header is an ASCII character; every other frame
//! is a binary one. So a message costs one byte over its payload, and nothing is escaped.

use super::Malformed;
use super::body::{self, ANSWER, CLOSE, POLL, TEXT};
use super::frame::{Frame, Item};
use crate::message::{Body, Message};
use crate::wire::websocket::write::{self, Opcode};
use crate::wire::{Carried, keep};
use bytes::{Buf, Bytes};
use bytestring::ByteString;

/// Writes a frame.
#[must_use]
pub fn encode(frame: &Frame) -> Carried {
    let header = body::header(frame);
    if let Frame::Sequenced(_, Item::Message(message)) = frame {
        return encode_message(header, message);
    }
    let mut out = Vec::with_capacity(1 + body::numbers_len(frame));
    out.push(header);
    body::write(frame, &mut out);
    Carried::Binary(out.into())
}

/// Writes a frame as a frame of WebSocket, behind whatever is there.
pub fn write(frame: &Frame, out: &mut Vec<u8>) {
    let header = body::header(frame);
    match frame {
        Frame::Sequenced(_, Item::Message(message)) => {
            write_body(header, message.into(), out);
        }
        _ => {
            let mut said = Vec::new();
            body::write(frame, &mut said);
            write::payload(Opcode::Binary, [&[header], &said], out);
        }
    }
}

/// Writes a message with its number, likewise.
pub(crate) fn write_message(seq: u64, message: Body<'_>, out: &mut Vec<u8>) {
    write_body(body::message_header(seq, message), message, out);
}

fn write_body(header: u8, message: Body<'_>, out: &mut Vec<u8>) {
    let opcode = match message {
        Body::Text(_) => Opcode::Text,
        Body::Binary(_) => Opcode::Binary,
    };
    write::payload(opcode, [&[header], message.as_bytes()], out);
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
        Carried::Text(text) => decode_text(text),
        Carried::Binary(bytes) => decode_binary(bytes),
    }
}

fn decode_text(text: ByteString) -> Result<Frame, Malformed> {
    let header = *text.as_bytes().first().ok_or(CUT)?;
    if !(TEXT..CLOSE).contains(&header) {
        return Err(Malformed::WrongKind);
    }
    let payload = keep::behind(text, 1);
    Ok(body::sequenced(header, Message::Text(payload)))
}

fn decode_binary(mut bytes: Bytes) -> Result<Frame, Malformed> {
    let header = *bytes.first().ok_or(CUT)?;
    if (TEXT..CLOSE).contains(&header) {
        return Err(Malformed::WrongKind);
    }
    if matches!(header, POLL | ANSWER) {
        return Err(Malformed::Header(header));
    }
    bytes.advance(1);
    body::parse(header, &bytes, || bytes.clone())
}

const CUT: Malformed = Malformed::Cut("a frame before its header");
