//! What one session of SockJS is given: delays, bounds.

use crate::limits::Limits;
use std::time::Duration;

/// The parameters of a session, under the names that SockJS has for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// From one sign of life of the server to the next.
    pub heartbeat_delay: Duration,
    /// How long a client may go without receiving before it is gone.
    pub disconnect_delay: Duration,
    /// As many bytes of frames have room in a streaming response, but for the last frame.
    pub response_limit: usize,
    /// The longest body of a request and WebSocket message, in bytes. The driver holds to it.
    pub max_payload: usize,
}

impl Settings {
    /// The bounds of the session behind it: with room for at least one message, and for a close time until its client comes.
    pub(super) fn limits(&self, limits: &Limits) -> Limits {
        Limits {
            close: limits.close.max(self.disconnect_delay),
            ..limits.with_room_for(self.max_payload)
        }
    }
}
