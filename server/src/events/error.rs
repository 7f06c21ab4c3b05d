//! Why an event was not sent, an answer did not come, or a client was not let in.

use serde::Serialize;
use serde_json::Value;
use throughline_core::session::SendError;
use throughline_core::wire::socketio::Malformed;

/// Why an event was not sent. Nobody got it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EmitError {
    /// The name is one that both sides use for themselves, such as `disconnect`; choose another.
    #[error("`{0}` is a reserved name")]
    Reserved(String),
    /// The arguments cannot be written, or hold more than ten pieces of binary data.
    #[error("the arguments cannot be written: {0}")]
    Arguments(String),
    /// The socket has no room now; wait with [`emit`](super::Socket::emit).
    #[error("the socket has no room for the event")]
    Full,
    /// The event is larger than the limit: its text or a piece of its binary data, or all of them together.
    #[error("the event has {len} bytes, the limit is {limit}")]
    TooLarge {
        /// Its length.
        len: usize,
        /// The limit.
        limit: usize,
    },
    /// More answers are awaited of this socket than it may owe.
    #[error("too many answers are awaited")]
    TooManyAcks,
    /// The socket is disconnected.
    #[error("the socket is disconnected")]
    Disconnected,
}

impl From<serde_json::Error> for EmitError {
    fn from(error: serde_json::Error) -> Self {
        Self::Arguments(error.to_string())
    }
}

impl From<Malformed> for EmitError {
    fn from(malformed: Malformed) -> Self {
        Self::Arguments(malformed.to_string())
    }
}

impl From<SendError> for EmitError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Full => Self::Full,
            SendError::TooLarge { len, limit } => Self::TooLarge { len, limit },
            _ => Self::Disconnected,
        }
    }
}

/// Why an answer did not come.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AckError {
    /// It did not come in time. It may have been on its way: the client may have handled the event.
    #[error("the answer did not come in time")]
    Timeout,
    /// The socket was disconnected before.
    #[error("socket has been disconnected")]
    Disconnected,
    /// The event was not sent.
    #[error(transparent)]
    NotSent(EmitError),
}

/// Why a guard does not let a client in. The client's `connect_error` gets the message, and the data with it.
///
/// ```
/// # use throughline::events::Refused;
/// let refused = Refused::new("Auth failed").data(("try", "again"));
/// # let _ = refused;
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Refused {
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
}

impl Refused {
    /// Refuses with these words, which the client sees.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            data: None,
        }
    }

    /// Adds what a program can read. What serde cannot write is left out.
    #[must_use]
    pub fn data(mut self, data: impl Serialize) -> Self {
        self.data = serde_json::to_value(data).ok();
        self
    }

    /// What clients of Socket.IO 2 get.
    pub(super) fn data_or_message(&self) -> Value {
        let message = || Value::String(self.message.clone());
        self.data.clone().unwrap_or_else(message)
    }

    /// What the packet says.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| r#"{"message":"refused"}"#.to_owned())
    }
}
