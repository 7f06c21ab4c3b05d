//! Why a request has no session: a code and a sentence that the clients know.

use std::fmt;

/// A refusal before there is a session. A poll is answered with its status, and with JSON of its code and
/// message; the upgrade to a WebSocket with 400 and the message alone, as in the reference.
///
/// ```
/// use throughline_core::wire::engineio::Refusal;
///
/// assert_eq!(Refusal::UnknownSession.status(), 400);
/// assert_eq!(Refusal::UnknownSession.json(), r#"{"code":1,"message":"Session ID unknown"}"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `transport` is missing, or names none that is offered.
    UnknownTransport,
    /// `sid` names no session.
    UnknownSession,
    /// A handshake is a GET.
    BadHandshakeMethod,
    /// Anything else that a request cannot be.
    BadRequest,
    /// The application says no, in its own words.
    Forbidden(String),
    /// `EIO` is missing, or a version that is not spoken.
    UnsupportedVersion,
}

impl Refusal {
    /// The number of the refusal.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::UnknownTransport => 0,
            Self::UnknownSession => 1,
            Self::BadHandshakeMethod => 2,
            Self::BadRequest => 3,
            Self::Forbidden(_) => 4,
            Self::UnsupportedVersion => 5,
        }
    }

    /// The status of the answer to a poll.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Forbidden(_) => 403,
            _ => 400,
        }
    }

    /// The sentence.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::UnknownTransport => "Transport unknown",
            Self::UnknownSession => "Session ID unknown",
            Self::BadHandshakeMethod => "Bad handshake method",
            Self::BadRequest => "Bad request",
            Self::Forbidden(message) => message,
            Self::UnsupportedVersion => "Unsupported protocol version",
        }
    }

    /// The body of the answer to a poll.
    #[must_use]
    pub fn json(&self) -> String {
        let message = serde_json::Value::from(self.message());
        format!(r#"{{"code":{},"message":{message}}}"#, self.code())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}
