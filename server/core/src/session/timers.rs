//! Every deadline of a session in one table.
//!
//! A session that has not ended always has at least one: no state waits for ever.

use crate::time::Time;

/// What a session may be waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    /// The next offered generation dies.
    Offer,
    /// Cursors must be told to the peer.
    Ack,
    /// A held poll must be answered.
    Hold,
    /// A silent WebSocket needs a ping.
    Heartbeat,
    /// A silent WebSocket is dead.
    Link,
    /// A session without a link has been kept long enough.
    Expiry,
    /// The end made no progress.
    Close,
    /// The token expires.
    Token,
}

impl Timer {
    pub(super) const ALL: [Self; 8] = [
        Self::Offer,
        Self::Ack,
        Self::Hold,
        Self::Heartbeat,
        Self::Link,
        Self::Expiry,
        Self::Close,
        Self::Token,
    ];
}

#[derive(Debug, Default)]
pub(super) struct Timers([Option<Time>; Timer::ALL.len()]);

impl Timers {
    pub(super) fn set(&mut self, timer: Timer, at: Time) {
        self.0[timer as usize] = Some(at);
    }

    pub(super) fn set_or_clear(&mut self, timer: Timer, at: Option<Time>) {
        self.0[timer as usize] = at;
    }

    pub(super) fn clear(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    pub(super) fn clear_all(&mut self) {
        self.0 = Default::default();
    }

    pub(super) fn get(&self, timer: Timer) -> Option<Time> {
        self.0[timer as usize]
    }

    /// The earliest deadline.
    pub(super) fn next(&self) -> Option<Time> {
        self.0.iter().flatten().min().copied()
    }

    /// Clears the timer and says so when its time has come.
    pub(super) fn fire(&mut self, timer: Timer, now: Time) -> bool {
        let due = self.get(timer).is_some_and(|at| at <= now);
        if due {
            self.clear(timer);
        }
        due
    }
}
