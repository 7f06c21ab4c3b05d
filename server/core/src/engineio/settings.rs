//! What an Engine.IO session is told about itself, and the bounds that follow from it.

use crate::limits::Limits;
use crate::message::Body;
use crate::wire::Carried;
use crate::wire::engineio::{Packet, Version, websocket};
use crate::wire::websocket::write;
use std::fmt;
use std::time::Duration;

/// The parameters of an Engine.IO session. Each is what the reference calls by this name.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// The client's version of the protocol.
    pub version: Version,
    /// What the client names the session by; it is the session's secret, too.
    pub sid: String,
    /// From one sign of life to the next ping.
    pub ping_interval: Duration,
    /// How long an answer to a ping may take.
    pub ping_timeout: Duration,
    /// How long a WebSocket may take to be upgraded to.
    pub upgrade_timeout: Duration,
    /// The longest request body and the longest WebSocket message, in bytes.
    pub max_payload: usize,
    /// Whether polling clients are told that they may move to a WebSocket.
    pub upgrades: bool,
    /// The client takes no binary WebSocket messages, nor in version 3 binary bodies (`b64=1`).
    pub text_only: bool,
}

/// Without the `sid`, which is a secret.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("version", &self.version)
            .field("ping_interval", &self.ping_interval)
            .field("ping_timeout", &self.ping_timeout)
            .field("max_payload", &self.max_payload)
            .finish_non_exhaustive()
    }
}

/// How long a session that the server closes waits for a poll that can tell its client.
const CLOSE: Duration = Duration::from_secs(30);

impl Settings {
    /// The bounds of the session behind it, with room for at least one message. The longest payload bounds what the client
    /// sends, and never the application, whose messages may be as long as those of any session.
    pub(super) fn limits(&self, limits: &Limits) -> Limits {
        Limits {
            close: CLOSE,
            ..limits.with_room_for(self.max_payload)
        }
    }

    pub(super) fn encode(&self, packet: &Packet) -> Carried {
        if self.text_only {
            websocket::encode_text(self.version, packet)
        } else {
            websocket::encode(self.version, packet)
        }
    }

    /// Writes a message as a frame of WebSocket, behind whatever is there.
    pub(super) fn write(&self, message: Body<'_>, out: &mut Vec<u8>) {
        match message {
            Body::Binary(_) if self.text_only => {
                write::message(&self.encode(&Packet::Message(message.into())), out);
            }
            _ => websocket::write_message(self.version, message, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_takes_text_alone_is_written_text() {
        let settings = Settings {
            version: Version::V4,
            sid: String::new(),
            ping_interval: Duration::ZERO,
            ping_timeout: Duration::ZERO,
            upgrade_timeout: Duration::ZERO,
            max_payload: 0,
            upgrades: false,
            text_only: true,
        };
        let mut written = Vec::new();
        settings.write(Body::Binary(&[1, 2, 3]), &mut written);
        assert_eq!(written, b"\x81\x05bAQID");
        written.clear();
        settings.write(Body::Text("a"), &mut written);
        assert_eq!(written, b"\x81\x024a");
    }
}
