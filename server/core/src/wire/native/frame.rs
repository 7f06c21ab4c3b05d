//! The frames of the native protocol (spec §4): what can be said, not how it is written.
//!
//! A `Frame` is always well-formed: sizes of ids, secrets and reasons are checked while it is parsed.

use super::json;
use crate::code::Code;
use crate::message::Message;
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::{Deserialize, Serialize};

/// One frame. What comes rarely and is large lies elsewhere, so that a message moves in little memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Client: asks for a link.
    Hello(Box<Hello>),
    /// Server: offers a generation.
    Welcome(Box<Welcome>),
    /// Server: turns a hello down.
    Refuse(Box<Refuse>),
    /// Both, WebSocket: begins a generation and anchors the numbers on this link.
    Begin(Begin),
    /// Client, HTTP: heads a request.
    Poll(Box<Poll>),
    /// Server, HTTP: heads an answer.
    Answer(Answer),
    /// Both: cursors.
    Ack(Cursors),
    /// Both: asks for a sign of life.
    Ping(u64),
    /// Both: gives it, with the ping's nonce.
    Pong(u64),
    /// Client: a fresh token.
    Token(Token),
    /// Server: the token was accepted, and when it expires.
    TokenAccepted(TokenAccepted),
    /// Both: the session ends at once.
    Abort(Box<Abort>),
    /// Server: the generation used is not current any more; this one is.
    Fenced(u64),
    /// Server: the generation used is not on offer.
    Stale(u64),
    /// Both: a sequenced frame, with its number mod 32.
    Sequenced(u8, Item),
}

/// What is numbered, retained and acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A message of the application.
    Message(Message),
    /// The orderly end of a direction.
    Close(Box<Close>),
}

/// Cursors of one direction: both are cumulative (spec §7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursors {
    /// Everything up to here arrived.
    pub received: u64,
    /// Everything up to here was taken by the application.
    pub ack: u64,
}

/// The client's offer to attach (spec §6.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The protocol version.
    pub v: u64,
    /// The session to resume; absent for a new one.
    #[serde(
        default,
        deserialize_with = "json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub session: Option<String>,
    /// Its secret.
    #[serde(
        default,
        deserialize_with = "json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub secret: Option<Secret>,
    /// What the authentication hook wants.
    #[serde(
        default,
        deserialize_with = "json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub token: Option<String>,
    /// Application protocols offered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protocols: Vec<String>,
    /// What the client is ready to hold, in bytes.
    #[serde(
        default,
        deserialize_with = "json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub window: Option<u64>,
}

/// The server's offer of a generation (spec §6.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The session's id.
    pub session: String,
    /// The secret, for a new session only.
    #[serde(
        default,
        deserialize_with = "json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub secret: Option<Secret>,
    /// The generation on offer.
    pub generation: u64,
    /// The server's cursor.
    pub received: u64,
    /// The server's cursor.
    pub ack: u64,
    /// The application protocol chosen.
    #[serde(
        default,
        deserialize_with = "json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub protocol: Option<String>,
    /// In how many milliseconds the token expires.
    #[serde(
        default,
        deserialize_with = "json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub expires_in: Option<u64>,
    /// The bounds that the client needs to know.
    #[serde(deserialize_with = "json::object")]
    pub limits: WireLimits,
}

/// The part of the limits that a client needs; bytes and milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireLimits {
    /// Bytes of one message.
    pub message: u64,
    /// Bytes that the client may have unacknowledged.
    pub window: u64,
    /// Bytes of one request body.
    pub batch: u64,
    /// The longest hold.
    pub hold: u64,
    /// Silence after which the server pings.
    pub heartbeat: u64,
    /// Further silence after which a link is dead.
    pub timeout: u64,
    /// How long a session without a link is kept.
    pub retention: u64,
    /// How long the offer stands.
    pub offer: u64,
}

/// A hello turned down (spec §6.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refuse {
    /// Why, as a code.
    pub code: Code,
    /// Why, as a sentence.
    #[serde(default)]
    pub reason: String,
    /// When to try again, in milliseconds.
    #[serde(
        default,
        deserialize_with = "json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub retry_after: Option<u64>,
}

/// The first frame of either side on a WebSocket link (spec §6.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begin {
    /// The generation that begins.
    pub generation: u64,
    /// The sender's cursors.
    pub cursors: Cursors,
    /// The number of the first sequenced frame that will follow.
    pub first: u64,
}

/// The head of a request (spec §8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    /// The session's id.
    pub session: String,
    /// Its secret.
    pub secret: Secret,
    /// The link's generation.
    pub generation: u64,
    /// The request's number.
    pub number: u64,
    /// The client's cursors.
    pub cursors: Cursors,
    /// The number of the first sequenced frame in this batch.
    pub first: u64,
    /// How long the answer may be held, in milliseconds.
    pub hold: u64,
    /// The time until the next request after this one's answer, in milliseconds.
    pub next: u64,
    /// The size that the answer's frames should not exceed.
    pub max_bytes: u64,
}

/// The head of an answer (spec §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The link's generation.
    pub generation: u64,
    /// The highest number seen.
    pub number: u64,
    /// The server's cursors.
    pub cursors: Cursors,
    /// The number of the first sequenced frame in this batch.
    pub first: u64,
}

/// A fresh token (spec §12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The token.
    pub token: String,
}

/// A token was accepted (spec §12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenAccepted {
    /// In how many milliseconds it expires; absent: never.
    #[serde(
        default,
        deserialize_with = "json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub expires_in: Option<u64>,
}

/// The end of a session at once (spec §10.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abort {
    /// Why, as a code.
    pub code: Code,
    /// Why, as a sentence.
    #[serde(default)]
    pub reason: String,
    /// The sender's cursor, where it is known.
    #[serde(
        default,
        deserialize_with = "json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub received: Option<u64>,
    /// The sender's cursor, where it is known.
    #[serde(
        default,
        deserialize_with = "json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub ack: Option<u64>,
    /// When a new session may be tried, in milliseconds.
    #[serde(
        default,
        deserialize_with = "json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub retry_after: Option<u64>,
}

/// The orderly end of a direction (spec §10.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Close {
    /// Why, as a code.
    pub code: Code,
    /// Why, as a sentence of at most 123 bytes.
    #[serde(default)]
    pub reason: String,
    /// The server's final cursor; a client's close has none.
    #[serde(
        default,
        deserialize_with = "json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub received: Option<u64>,
    /// The server's final cursor; a client's close has none.
    #[serde(
        default,
        deserialize_with = "json::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub ack: Option<u64>,
}

impl Close {
    /// A close without cursors, as a client says it.
    #[must_use]
    pub const fn new(code: Code, reason: String) -> Self {
        Self {
            code,
            reason,
            received: None,
            ack: None,
        }
    }

    /// The same as a server says it, whose inbox is sealed.
    #[must_use]
    pub fn with_cursors(self, Cursors { received, ack }: Cursors) -> Self {
        Self {
            received: Some(received),
            ack: Some(ack),
            ..self
        }
    }
}

/// 128 random bits that prove a session (spec ATT-7). Compared in constant time; never printed.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Secret([u8; 16]);

impl Secret {
    /// Makes a secret from random bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// To compare two numbers takes less than to compare sixteen bytes.
    const fn halves(&self) -> [u64; 2] {
        let bits = u128::from_ne_bytes(self.0);
        [bits as u64, (bits >> 64) as u64]
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        subtle::ConstantTimeEq::ct_eq(&self.halves()[..], &other.halves()[..]).into()
    }
}

impl Eq for Secret {}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The text was not 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret is 32 hexadecimal digits")]
pub struct SecretError;

impl TryFrom<String> for Secret {
    type Error = SecretError;

    fn try_from(text: String) -> Result<Self, SecretError> {
        text.parse()
    }
}

impl std::str::FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let mut secret = [0; 16];
        if text.len() != 2 * secret.len() {
            return Err(SecretError);
        }
        let read = HEXLOWER_PERMISSIVE.decode_mut(text.as_bytes(), &mut secret);
        read.map(|_| Self(secret)).map_err(|_| SecretError)
    }
}

impl From<Secret> for String {
    fn from(secret: Secret) -> Self {
        HEXLOWER.encode(&secret.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_from_digits_of_either_case() {
        for byte in 0..=u8::MAX {
            let secret = Secret::new([byte; 16]);
            let text = String::from(secret);
            assert_eq!(text.parse(), Ok(secret));
            assert_eq!(text.to_uppercase().parse(), Ok(secret));
        }
    }

    #[test]
    fn whatever_is_no_digit_and_any_other_length_is_no_secret() {
        for byte in 0..=127_u8 {
            let text = format!("{}{}", "0".repeat(31), char::from(byte));
            let read = text.parse::<Secret>();
            assert_eq!(read.is_ok(), byte.is_ascii_hexdigit(), "{byte}");
        }
        for length in [0, 1, 30, 31, 33, 34, 64] {
            assert_eq!("0".repeat(length).parse::<Secret>(), Err(SecretError));
        }
    }

    #[test]
    fn secrets_that_differ_anywhere_are_not_the_same() {
        let secret = Secret::new([7; 16]);
        for index in 0..16 {
            let mut other = [7; 16];
            other[index] ^= 1;
            assert_ne!(Secret::new(other), secret);
        }
    }

    /// Each moves several times on its way.
    #[test]
    fn a_frame_is_small() {
        assert_eq!(size_of::<Item>(), 40);
        assert_eq!(size_of::<Frame>(), 48);
    }
}
