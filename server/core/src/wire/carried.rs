//! One WebSocket message, and how a decoder keeps a part of it.
//!
//! What is kept owns the memory that it holds, so that byte bounds count what is really there.

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

/// Parts up to this size are copied out of the carrier's buffer. A WebSocket library cuts small
/// messages out of one read buffer of a few KiB, so a retained message of ten bytes would pin all of
/// it, and byte bounds would count less than what is really held. A larger message has a buffer of
/// its own, and copying it would cost more than it saves.
const COPIED: usize = 4096;

/// Keeps a part of this text.
pub(super) fn keep_text(whole: &ByteString, part: &str) -> ByteString {
    if part.len() <= COPIED {
        part.into()
    } else {
        whole.slice_ref(part)
    }
}

/// Keeps a part of these bytes.
pub(super) fn keep_bytes(whole: &Bytes, part: &[u8]) -> Bytes {
    if part.len() <= COPIED {
        Bytes::copy_from_slice(part)
    } else {
        whole.slice_ref(part)
    }
}
