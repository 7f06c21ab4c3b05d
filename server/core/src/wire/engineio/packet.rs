//! One packet: a digit that names its type, then its data.

use super::handshake::Handshake;
use super::malformed::Malformed;
use super::version::Version;
use crate::message::Message;
use crate::wire::keep;
use bytestring::ByteString;
use data_encoding::BASE64;

/// One Engine.IO packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// The session's parameters as JSON, see [`Handshake`].
    Open(ByteString),
    /// No more packets.
    Close,
    /// A sign of life is asked for. `probe` asks whether a WebSocket works.
    Ping(ByteString),
    /// The answer, with the ping's own data.
    Pong(ByteString),
    /// The application's.
    Message(Message),
    /// The WebSocket that was probed carries the session from now on.
    Upgrade,
    /// Nothing, so that a poll is answered.
    Noop,
}

/// What stands before binary data that is written as text. Only messages have such data.
const fn base64_prefix(version: Version) -> &'static str {
    match version {
        Version::V3 => "b4",
        Version::V4 => "b",
    }
}

impl From<&Handshake> for Packet {
    fn from(handshake: &Handshake) -> Self {
        let json = serde_json::to_string(handshake);
        Self::Open(json.expect("strings and numbers have a JSON form").into())
    }
}

impl Packet {
    /// Writes the packet as text, binary data in base64.
    pub(super) fn write(&self, version: Version, out: &mut String) {
        let (digit, data) = match self {
            Self::Open(data) => ('0', &**data),
            Self::Close => ('1', ""),
            Self::Ping(data) => ('2', &**data),
            Self::Pong(data) => ('3', &**data),
            Self::Message(Message::Text(data)) => ('4', &**data),
            Self::Message(Message::Binary(bytes)) => {
                out.push_str(base64_prefix(version));
                return BASE64.encode_append(bytes, out);
            }
            Self::Upgrade => ('5', ""),
            Self::Noop => ('6', ""),
        };
        out.push(digit);
        out.push_str(data);
    }

    /// Bytes that the packet needs as text, at most.
    pub(super) fn text_len(&self) -> usize {
        1 + match self {
            Self::Message(Message::Binary(bytes)) => 1 + BASE64.encode_len(bytes.len()),
            Self::Message(Message::Text(data))
            | Self::Open(data)
            | Self::Ping(data)
            | Self::Pong(data) => data.len(),
            Self::Close | Self::Upgrade | Self::Noop => 0,
        }
    }

    /// Reads a packet that is this part of a text. Data behind a type that has none is ignored.
    pub(super) fn read(
        version: Version,
        whole: &ByteString,
        part: &str,
    ) -> Result<Self, Malformed> {
        let digit = *part.as_bytes().first().ok_or(Malformed::Empty)?;
        let data = || keep::text(whole, &part[1..]);
        Ok(match digit {
            b'0' => Self::Open(data()),
            b'1' => Self::Close,
            b'2' => Self::Ping(data()),
            b'3' => Self::Pong(data()),
            b'4' => Self::Message(Message::Text(data())),
            b'5' => Self::Upgrade,
            b'6' => Self::Noop,
            b'b' => {
                let base64 = part.strip_prefix(base64_prefix(version));
                let bytes = BASE64.decode(base64.ok_or(Malformed::Type)?.as_bytes());
                Self::Message(bytes.map_err(|_| Malformed::Base64)?.into())
            }
            _ => return Err(Malformed::Type),
        })
    }
}
