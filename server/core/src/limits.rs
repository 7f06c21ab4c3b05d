//! The bounds of one session, fixed for its life (spec §6.2, FLW-2).
//!
//! Every queue of the core is bounded by one of these, and the bound is checked before the insert.

use crate::message::OVERHEAD;
use std::time::Duration;

/// The bounds and deadlines of a session. The defaults are finite and documented one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest message, in bytes, in both directions. Default 64 KiB.
    pub message: usize,
    /// How many bytes the client may have unacknowledged: the bound of the inbox. Default 256 KiB.
    /// A message counts its body and 16 bytes.
    pub window: usize,
    /// How many bytes the application may have unacknowledged: the bound of the retained log, and the
    /// most that a `hello` can ask for as the client's window. Default 256 KiB.
    pub log: usize,
    /// The longest HTTP batch, in bytes, in both directions. Default 256 KiB.
    pub batch: usize,
    /// The longest that a poll is held. Default 25 s.
    pub hold: Duration,
    /// Silence on a WebSocket after which the server pings. Default 20 s.
    pub heartbeat: Duration,
    /// Further silence after which a link is dropped. Default 10 s.
    pub timeout: Duration,
    /// How long a session without a link is kept, and a tombstone after its end. Default 120 s.
    pub retention: Duration,
    /// The longest absence that a client may promise with `next`. Default 10 min.
    pub absence: Duration,
    /// How long an offered generation waits for its first use. Default 10 s.
    pub offer: Duration,
    /// How long the end of a session may make no progress before it is forced. Default 10 s.
    pub close: Duration,
}

/// The smallest batch that can carry any control frame.
const SMALLEST_BATCH: usize = 4096;

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: 64 * 1024,
            window: 256 * 1024,
            log: 256 * 1024,
            batch: 256 * 1024,
            hold: Duration::from_secs(25),
            heartbeat: Duration::from_secs(20),
            timeout: Duration::from_secs(10),
            retention: Duration::from_secs(120),
            absence: Duration::from_secs(600),
            offer: Duration::from_secs(10),
            close: Duration::from_secs(10),
        }
    }
}

impl Limits {
    /// Checks that the bounds fit each other.
    ///
    /// # Errors
    /// [`LimitsError`] names the first bound that does not, and what it needs.
    pub fn check(&self) -> Result<(), LimitsError> {
        let longest = self.message + OVERHEAD;
        let sizes = [
            ("window", self.window, longest),
            ("log", self.log, longest),
            ("batch", self.batch, (longest + 1024).max(SMALLEST_BATCH)),
        ];
        for (name, value, least) in sizes {
            if value < least {
                return Err(LimitsError { name, value, least });
            }
        }
        Ok(())
    }

    /// The same, but messages may be at least so long, and there is room for one.
    pub(crate) fn with_room_for(&self, message: usize) -> Self {
        let message = self.message.max(message);
        let least = message + OVERHEAD;
        Self {
            message,
            window: self.window.max(least),
            log: self.log.max(least),
            ..self.clone()
        }
    }
}

/// A bound that cannot hold even one message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("limit `{name}` is {value} bytes, but must be at least {least} for the longest message")]
pub struct LimitsError {
    name: &'static str,
    value: usize,
    least: usize,
}
