//! What a peer can do wrong, in two kinds.
//!
//! A [`LinkError`] may be the network's doing: the link is given up and the session resumes. A
//! [`Violation`] is a well-formed sentence that breaks a rule: the session is aborted.

use crate::code::Code;

/// Why a link was given up. The session survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// A sequenced frame is missing on the link.
    #[error("gap in the sequence numbers of the link")]
    Gap,
    /// A frame that cannot come here; accepted are sequenced frames, ack, ping, pong, token, abort.
    #[error("unexpected frame, accepted are messages, close, ack, ping, pong, token and abort")]
    Unexpected,
    /// Nothing was received for `heartbeat` and `timeout`.
    #[error("the link was silent for too long")]
    Silent,
}

/// A rule that the peer broke. The session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// A cursor names what was never sent, or `ack` exceeds `received`.
    #[error("a cursor names a frame that was never sent")]
    Cursor,
    /// More was sent than the window allows.
    #[error("more was sent than the window allows")]
    WindowExceeded,
    /// A message is longer than the limit.
    #[error("a message is longer than the limit")]
    MessageTooLarge,
    /// A sequenced frame follows a close.
    #[error("a frame follows the close")]
    AfterClose,
}

impl Violation {
    /// The code with which the session is aborted.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::Cursor | Self::AfterClose => Code::VIOLATION,
            Self::WindowExceeded => Code::WINDOW_EXCEEDED,
            Self::MessageTooLarge => Code::MESSAGE_TOO_LARGE,
        }
    }
}
