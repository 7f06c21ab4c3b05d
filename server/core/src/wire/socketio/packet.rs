//! One packet: what happens in which namespace.

use bytes::Bytes;
use bytestring::ByteString;

/// As many attachments as one packet may have, as in the reference (since its version 4.2.6, after an advisory).
pub const MOST_ATTACHMENTS: usize = 10;

/// One Socket.IO packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The namespace, `/` where none is named.
    pub namespace: ByteString,
    /// What happens there.
    pub body: Body,
}

/// What a packet says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// The client asks to join, with a JSON object for the server's middleware; the server grants it.
    Connect(Option<ByteString>),
    /// Either side leaves.
    Disconnect,
    /// A JSON array: the event's name, then its arguments.
    Event {
        /// What an answer has to name, where one is wanted.
        id: Option<u64>,
        /// The name and the arguments.
        payload: Payload,
    },
    /// A JSON array: the arguments of an answer.
    Ack {
        /// What is answered. An answer to nothing is ignored.
        id: Option<u64>,
        /// The arguments.
        payload: Payload,
    },
    /// The server refuses to let the client join: a JSON object with a `message`, or a string.
    ConnectError(ByteString),
}

/// A JSON array, in which `{"_placeholder":true,"num":n}` stands for the attachment `n`.
///
/// Where there are no attachments, a placeholder is ordinary data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    pub(super) json: ByteString,
    pub(super) attachments: Vec<Bytes>,
}

impl Payload {
    /// The JSON text.
    #[must_use]
    pub const fn json(&self) -> &ByteString {
        &self.json
    }

    /// The binary data that its placeholders name.
    #[must_use]
    pub fn attachments(&self) -> &[Bytes] {
        &self.attachments
    }
}
