//! When the server answers: the only difference between the transports.
//!
//! A WebSocket **streams**: whatever there is leaves at once, and so does a response that goes on. A long poll is **held** until there is
//! something or its time is up. A periodic poll is answered **now**. Nothing else in the core knows
//! which one runs.

use std::fmt;
use std::time::Duration;

/// How a link carries frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A WebSocket connection.
    WebSocket,
    /// HTTP requests that the server holds until it has something to say.
    LongPoll,
    /// HTTP requests at intervals, answered at once.
    Periodic,
    /// An HTTP response that goes on, of the clients of SockJS.
    HttpStream,
}

impl Transport {
    /// The transport's name, as in the specification and in the client.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WebSocket => "websocket",
            Self::LongPoll => "long_poll",
            Self::Periodic => "periodic",
            Self::HttpStream => "http_stream",
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What waits to be told to the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pending {
    Nothing,
    /// Cursors moved.
    Cursors,
    /// Messages, or cursors without which the peer may have to stop sending.
    Urgent,
}

/// When to tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flush {
    Now,
    Within(Duration),
    /// When something comes up, or the transport's own time is over.
    Wait,
}

/// One `ack` for many messages (spec SEQ-6).
const STREAM_ACK: Duration = Duration::from_millis(200);
/// What has waited for half of that goes with messages that leave anyway.
pub(super) const EARLY_ACK: Duration = Duration::from_millis(100);
/// Releasing a held poll costs a round trip, so cursors alone wait longer.
const HOLD_ACK: Duration = Duration::from_millis(250);

pub(super) fn flush(transport: Transport, pending: Pending) -> Flush {
    match (transport, pending) {
        (Transport::Periodic, _) | (_, Pending::Urgent) => Flush::Now,
        (_, Pending::Nothing) => Flush::Wait,
        (Transport::WebSocket | Transport::HttpStream, Pending::Cursors) => {
            Flush::Within(STREAM_ACK)
        }
        (Transport::LongPoll, Pending::Cursors) => Flush::Within(HOLD_ACK),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // spec: POL-1
    #[test]
    fn messages_leave_at_once_on_every_transport() {
        for transport in [
            Transport::WebSocket,
            Transport::LongPoll,
            Transport::Periodic,
            Transport::HttpStream,
        ] {
            assert_eq!(flush(transport, Pending::Urgent), Flush::Now);
        }
    }

    // spec: POL-1
    #[test]
    fn an_idle_long_poll_is_held_and_an_idle_periodic_poll_is_not() {
        assert_eq!(flush(Transport::LongPoll, Pending::Nothing), Flush::Wait);
        assert_eq!(flush(Transport::Periodic, Pending::Nothing), Flush::Now);
    }

    // spec: SEQ-6
    #[test]
    fn cursors_alone_are_told_within_a_second() {
        for transport in [Transport::WebSocket, Transport::LongPoll] {
            let Flush::Within(delay) = flush(transport, Pending::Cursors) else {
                panic!("cursors wait for ever on {transport}");
            };
            assert!(delay < Duration::from_secs(1));
        }
    }
}
