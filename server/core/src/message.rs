//! What an application sends and receives: text or binary.
//!
//! The body is shared, not copied: cloning a message costs one reference count. A body must own all
//! the memory that it holds (decoders copy small bodies out of larger buffers), so that byte bounds
//! count what is really there.

use bytes::Bytes;
use bytestring::ByteString;

/// What every message costs in a window and in a log, on top of its body (spec FLW-1).
pub const OVERHEAD: usize = 16;

/// One application message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Text, which the peer receives as text.
    Text(ByteString),
    /// Bytes, which the peer receives as bytes.
    Binary(Bytes),
}

impl Message {
    /// A text message.
    pub fn text(text: impl Into<ByteString>) -> Self {
        Self::Text(text.into())
    }

    /// A binary message.
    pub fn binary(bytes: impl Into<Bytes>) -> Self {
        Self::Binary(bytes.into())
    }

    /// The body's length in bytes; of text, in UTF-8.
    #[must_use]
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Whether the body is empty. An empty message is a message all the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The body, whichever kind it is.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    /// The text, when this is a text message.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Binary(_) => None,
        }
    }

    /// What the message costs in a window and in a log.
    pub(crate) fn cost(&self) -> usize {
        self.len() + OVERHEAD
    }
}

/// A message's body where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// Text.
    Text(&'a str),
    /// Bytes.
    Binary(&'a [u8]),
}

impl<'a> Body<'a> {
    /// The bytes, whichever kind it is.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }
}

impl<'a> From<&'a Message> for Body<'a> {
    fn from(message: &'a Message) -> Self {
        match message {
            Message::Text(text) => Self::Text(text),
            Message::Binary(bytes) => Self::Binary(bytes),
        }
    }
}

/// A copy of it.
impl From<Body<'_>> for Message {
    fn from(body: Body<'_>) -> Self {
        match body {
            Body::Text(text) => Self::Text(text.into()),
            Body::Binary(bytes) => Self::Binary(Bytes::copy_from_slice(bytes)),
        }
    }
}

impl From<&'static str> for Message {
    fn from(text: &'static str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<ByteString> for Message {
    fn from(text: ByteString) -> Self {
        Self::Text(text)
    }
}

impl From<Bytes> for Message {
    fn from(bytes: Bytes) -> Self {
        Self::Binary(bytes)
    }
}

impl From<Vec<u8>> for Message {
    fn from(bytes: Vec<u8>) -> Self {
        Self::binary(bytes)
    }
}
