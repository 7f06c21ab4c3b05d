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

/// The deadlines, and the earliest of them, which is asked for far more often than any of them changes.
#[derive(Debug)]
pub(super) struct Timers {
    at: [Time; Timer::ALL.len()],
    next: Time,
}

/// What a timer that waits for nothing waits for.
const NEVER: Time = Time::from_millis(u64::MAX);
/// So long that no limit makes a deadline be none.
const LATEST: Time = Time::from_millis(u64::MAX - 1);

impl Default for Timers {
    fn default() -> Self {
        Self {
            at: [NEVER; Timer::ALL.len()],
            next: NEVER,
        }
    }
}

impl Timers {
    pub(super) fn set(&mut self, timer: Timer, at: Time) {
        self.put(timer, at.min(LATEST));
    }

    fn put(&mut self, timer: Timer, at: Time) {
        let before = std::mem::replace(&mut self.at[timer as usize], at);
        if at <= self.next {
            self.next = at;
        } else if before == self.next {
            self.next = self.earliest();
        }
    }

    pub(super) fn set_or_clear(&mut self, timer: Timer, at: Option<Time>) {
        self.put(timer, at.map_or(NEVER, |at| at.min(LATEST)));
    }

    pub(super) fn clear(&mut self, timer: Timer) {
        self.put(timer, NEVER);
    }

    pub(super) fn clear_all(&mut self) {
        *self = Self::default();
    }

    pub(super) fn get(&self, timer: Timer) -> Option<Time> {
        some(self.at[timer as usize])
    }

    /// The earliest deadline.
    pub(super) fn next(&self) -> Option<Time> {
        some(self.next)
    }

    fn earliest(&self) -> Time {
        self.at.iter().copied().fold(NEVER, Time::min)
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

fn some(at: Time) -> Option<Time> {
    (at != NEVER).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_wait_is_a_wait_with_a_deadline() {
        let mut timers = Timers::default();
        timers.set(Timer::Expiry, NEVER);
        assert!(timers.next().is_some());
    }

    #[test]
    fn the_earliest_deadline_is_the_least_of_all() {
        let at = Time::from_millis;
        let mut timers = Timers::default();
        assert_eq!(timers.next(), None);
        for (timer, ms, next) in [
            (Timer::Link, 9, 9),
            (Timer::Ack, 5, 5),
            (Timer::Hold, 7, 5),
            (Timer::Ack, 8, 7),
            (Timer::Hold, 7, 7),
        ] {
            timers.set(timer, at(ms));
            assert_eq!(timers.next(), Some(at(next)));
        }
        timers.clear(Timer::Hold);
        assert_eq!(timers.next(), Some(at(8)));
        assert!(!timers.fire(Timer::Ack, at(7)));
        assert!(timers.fire(Timer::Ack, at(8)));
        assert_eq!(timers.get(Timer::Ack), None);
        assert_eq!(timers.next(), Some(at(9)));
        timers.set_or_clear(Timer::Link, None);
        assert_eq!(timers.next(), None);
    }
}
