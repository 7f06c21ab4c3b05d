//! Why a socket was disconnected, in the words that Socket.IO has for it.

use std::fmt;
use throughline_core::Code;

/// Why a socket was disconnected. It displays as the string that Socket.IO users know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// [`Socket::disconnect`](super::Socket::disconnect) was called.
    ServerNamespaceDisconnect,
    /// The client left the namespace.
    ClientNamespaceDisconnect,
    /// The node shut down.
    ServerShuttingDown,
    /// The client was not heard for too long.
    PingTimeout,
    /// The client closed its session, or another one took this socket over.
    TransportClose,
    /// The session broke, for instance since it was too slow for what was sent to it.
    TransportError,
    /// The client sent what is no packet.
    ParseError,
    /// The session was ended from outside the events layer: aborted, logged out, or its token was refused or expired.
    ForcedClose,
    /// The server closed the session: it was told to, or the client broke a rule.
    ForcedServerClose,
    /// A handler of this socket panicked.
    HandlerPanicked,
}

impl DisconnectReason {
    /// The words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServerNamespaceDisconnect => "server namespace disconnect",
            Self::ClientNamespaceDisconnect => "client namespace disconnect",
            Self::ServerShuttingDown => "server shutting down",
            Self::PingTimeout => "ping timeout",
            Self::TransportClose => "transport close",
            Self::TransportError => "transport error",
            Self::ParseError => "parse error",
            Self::ForcedClose => "forced close",
            Self::ForcedServerClose => "forced server close",
            Self::HandlerPanicked => "handler panicked",
        }
    }

    /// What the code and the words of a session's end say, or of a client's close. A dialect puts its own words there; but
    /// whoever was put out by the application must not come back, whatever words it was told.
    pub(super) fn of_end(code: Code, words: &str) -> Self {
        match (words, code) {
            (_, Code::ABORTED | Code::LOGGED_OUT | Code::TOKEN_EXPIRED | Code::UNAUTHORIZED) => {
                Self::ForcedClose
            }
            ("ping timeout", _) => Self::PingTimeout,
            ("transport close", _) => Self::TransportClose,
            ("transport error", _) => Self::TransportError,
            ("parse error", _) => Self::ParseError,
            (_, Code::NORMAL) => Self::TransportClose,
            (_, Code::EXPIRED) => Self::PingTimeout,
            (_, Code::SHUTDOWN) => Self::ServerShuttingDown,
            // Codes of applications, which a client may close with.
            (_, code) if code.value() < 4500 => Self::TransportClose,
            _ => Self::TransportError,
        }
    }

    /// Whether the server ended it by its own will: then what the client had still sent is not handled.
    pub(super) const fn is_by_server(self) -> bool {
        matches!(
            self,
            Self::ServerNamespaceDisconnect | Self::HandlerPanicked
        )
    }

    /// Whether the client may come back to the same socket.
    pub(super) const fn is_recoverable(self) -> bool {
        matches!(
            self,
            Self::ServerShuttingDown
                | Self::PingTimeout
                | Self::TransportClose
                | Self::TransportError
                | Self::ForcedServerClose
        )
    }
}

impl fmt::Display for DisconnectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_session_has_its_words() {
        for (code, reason, words) in [
            (Code::EXPIRED, "ping timeout", "ping timeout"),
            (Code::EXPIRED, "transport error", "transport error"),
            (Code::ABORTED, "transport error", "forced close"),
            (Code::TOKEN_EXPIRED, "the token expired", "forced close"),
            (Code::VIOLATION, "parse error", "parse error"),
            (Code::NORMAL, "", "transport close"),
            (Code::EXPIRED, "the session expired", "ping timeout"),
            (Code::EXPIRED, "transport close", "transport close"),
            (Code::SHUTDOWN, "", "server shutting down"),
            (Code::OVERFLOW, "", "transport error"),
            (Code::LOGGED_OUT, "", "forced close"),
            (Code::application(3000).unwrap(), "bye", "transport close"),
        ] {
            let end = DisconnectReason::of_end(code, reason);
            assert_eq!(end.as_str(), words, "{code}");
            assert!(!(end.is_recoverable() && words == "forced close"));
        }
    }
}
