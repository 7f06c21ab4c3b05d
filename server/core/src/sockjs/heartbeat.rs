//! The heartbeat: who receives hears from the server at a fixed interval, and a WebSocket has to answer.
//!
//! Over HTTP a frame is sent, and a client that is gone shows by its connection. A WebSocket is pinged, and gone when
//! neither a pong nor anything else comes in time. A stream that takes nothing is gone as well. While the application takes
//! nothing, nothing is read, and silence is not the client's fault.

use super::receiver::Receiver;
use super::{Connection, Down, Ending};
use crate::time::Time;
use crate::wire::sockjs;
use std::time::Duration;

/// How long a pong may take.
const PONG: Duration = Duration::from_secs(10);
/// As many intervals may pass while one is due and the stream does not take it.
const STUCK: u32 = 2;
/// What a client is told that did not answer.
const NO_RESPONSE: (u16, &str) = (3000, "No response from heartbeat");

#[derive(Debug)]
pub(super) struct Heartbeat {
    next: Time,
    /// One has to leave, and the stream knows since then.
    due: Option<Time>,
    /// A ping is out, and something has to come until then.
    asked: Option<Time>,
}

impl Heartbeat {
    pub(super) const fn new(first: Time) -> Self {
        Self {
            next: first,
            due: None,
            asked: None,
        }
    }

    pub(super) fn deadline(&self) -> Time {
        self.asked.map_or(self.next, |asked| asked.min(self.next))
    }

    /// Whether one has to leave.
    pub(super) fn is_due(&self) -> bool {
        self.due.is_some()
    }

    /// The same; it counts as left then.
    pub(super) fn take(&mut self) -> bool {
        self.due.take().is_some()
    }

    pub(super) fn hear(&mut self) {
        self.asked = None;
    }

    /// What came may have waited unread: it has its time from now on.
    pub(super) fn forgive(&mut self, now: Time) {
        if let Some(asked) = &mut self.asked {
            *asked = now + PONG;
        }
    }

    fn advance(&mut self, now: Time, interval: Duration) {
        while self.next <= now {
            self.due.get_or_insert(now);
            self.next = self.next + interval;
        }
    }
}

impl Connection {
    pub(super) fn beat(&mut self, now: Time) {
        let is_websocket = match &self.receiver {
            Receiver::None => return,
            Receiver::Poll(_) => false,
            Receiver::Stream(stream) => stream.transport.is_websocket(),
        };
        if is_websocket && self.heartbeat.asked.is_some_and(|asked| asked <= now) {
            self.miss(now);
        }
        let interval = self.settings.heartbeat_delay;
        let was_due = self.heartbeat.due;
        if was_due.is_some_and(|due| due + interval * STUCK <= now) {
            return self.end(now, Ending::SILENT, Vec::new());
        }
        self.heartbeat.advance(now, interval);
        if self.heartbeat.due.is_some() && was_due.is_none() {
            if is_websocket {
                self.heartbeat.asked.get_or_insert(now + PONG);
            }
            self.wake_stream();
        }
    }

    /// No pong came. While nothing is read, it may be waiting to be.
    fn miss(&mut self, now: Time) {
        if self.uplink.is_blocked() {
            return self.heartbeat.forgive(now);
        }
        let (code, reason) = NO_RESPONSE;
        let frame = Down::Text(sockjs::close(code, reason).into());
        let closure = Down::Close(code, reason.to_owned());
        let is_raw = !self.has_frames();
        let last = if is_raw {
            vec![closure]
        } else {
            vec![frame, closure]
        };
        self.end(now, Ending::SILENT, last);
    }
}
