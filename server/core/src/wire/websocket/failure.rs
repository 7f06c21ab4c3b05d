//! Why a connection is failed (RFC 6455, section 7.1.7), and the status code that says so.

/// What was wrong with what came. Nothing that follows on the connection means anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// A frame that may not be sent, or not there.
    #[error("a WebSocket frame broke the protocol: {0}")]
    Protocol(&'static str),
    /// A text, or a reason to close, that is not UTF-8.
    #[error("a WebSocket text is not UTF-8")]
    Utf8,
    /// A message that is longer than the limit, by what its headers say.
    #[error("a WebSocket message is longer than the limit")]
    TooLong,
}

impl Failure {
    /// The status code of the close that tells it (RFC 6455, section 7.4.1).
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Protocol(_) => 1002,
            Self::Utf8 => 1007,
            Self::TooLong => 1009,
        }
    }
}
