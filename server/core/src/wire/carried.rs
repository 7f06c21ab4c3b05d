//! One WebSocket message, whichever dialect speaks in it.

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
