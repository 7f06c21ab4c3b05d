//! Why a session ended: one table of codes, the same on every transport (spec §11).
//!
//! A code is either the application's own, or one of ours in one of two bands: `Retry` (a new session
//! may work) and `Final` (it will not without a change).

use serde::{Deserialize, Serialize};
use std::fmt;

/// A code of the end of a session, or of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(u16);

/// What a code says about trying again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Band {
    /// A new session may work, later.
    Retry,
    /// A new session will not work without a change. Orderly closes are final, too.
    Final,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $constant:ident = $value:literal $name:literal $reason:literal;)*) => {
        impl Code {
            $($(#[$doc])* pub const $constant: Self = Self($value);)*

            /// The name of one of the protocol's own codes, as in the specification.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($name),)*
                    _ => None,
                }
            }

            /// A sentence for people; empty for a code of the application.
            #[must_use]
            pub const fn reason(self) -> &'static str {
                match self.0 {
                    $($value => $reason,)*
                    _ => "",
                }
            }
        }
    };
}

codes! {
    /// Orderly close.
    NORMAL = 1000 "normal" "";
    /// The server is going away.
    SHUTDOWN = 4500 "shutdown" "the server is going away";
    /// No sign of the client for the retention time.
    EXPIRED = 4501 "expired" "the session expired";
    /// The owner does not know the session.
    UNKNOWN_SESSION = 4502 "unknown_session" "the session is not known here";
    /// Too many sessions, in all or from this address.
    AT_CAPACITY = 4503 "at_capacity" "the server is at capacity";
    /// This node is not the owner of the session.
    ELSEWHERE = 4504 "elsewhere" "the session lives on another node";
    /// The session was too slow for what was sent to it.
    OVERFLOW = 4505 "overflow" "the session was too slow for what was sent to it";
    /// The authentication hook failed, which is no verdict.
    UNAVAILABLE = 4507 "unavailable" "authentication is not available";
    /// The application's handler failed.
    INTERNAL = 4700 "internal" "the server's handler failed";
    /// The protocol version is not understood.
    VERSION = 4701 "version" "protocol version not understood, accepted is 1";
    /// The peer broke a rule of the protocol.
    VIOLATION = 4702 "violation" "the peer broke a rule of the protocol";
    /// More was sent than the window allows.
    WINDOW_EXCEEDED = 4703 "window_exceeded" "more was sent than the window allows";
    /// Another client with the same credentials has taken over.
    TAKEN_OVER = 4704 "taken_over" "another client has taken over";
    /// The token, identity or secret was refused.
    UNAUTHORIZED = 4705 "unauthorized" "not authorized";
    /// A message above the limit.
    MESSAGE_TOO_LARGE = 4706 "message_too_large" "the message is too large";
    /// The token expired and was not refreshed.
    TOKEN_EXPIRED = 4707 "token_expired" "the token expired";
    /// The application ended every session of this identity.
    LOGGED_OUT = 4708 "logged_out" "logged out";
    /// The request's Origin is not allowed.
    ORIGIN = 4709 "origin" "the origin is not allowed";
    /// The application aborted the session.
    ABORTED = 4710 "aborted" "the session was aborted";
}

impl Code {
    /// A code of the application: 1000, or 3000 to 4499.
    ///
    /// # Errors
    /// The value, when it lies outside.
    pub const fn application(value: u16) -> Result<Self, u16> {
        match value {
            1000 | 3000..=4499 => Ok(Self(value)),
            _ => Err(value),
        }
    }

    /// The code as it is on the wire.
    #[must_use]
    pub const fn value(self) -> u16 {
        self.0
    }

    /// What the code says about trying again.
    #[must_use]
    pub const fn band(self) -> Band {
        match self.0 {
            4500..=4599 => Band::Retry,
            _ => Band::Final,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} {name}", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}
