//! The heartbeat: a ping every `ping_interval` after the pong before, and a pong within `ping_timeout`.
//!
//! Its deadlines are computed, not counted by timers, so that a late driver changes nothing. While the
//! application takes nothing, nothing is read, and silence is not the client's fault.

use super::{Ending, Engine, Settings};
use crate::time::Time;
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Heartbeat {
    interval: Duration,
    timeout: Duration,
    state: State,
}

#[derive(Debug)]
enum State {
    /// All is well until then.
    Quiet(Time),
    /// A ping is on its way, or waits for a poll that takes it.
    Asked { until: Time, sent: bool },
}

impl Heartbeat {
    pub(super) fn start(now: Time, settings: &Settings) -> Self {
        Self {
            interval: settings.ping_interval,
            timeout: settings.ping_timeout,
            state: State::Quiet(now + settings.ping_interval),
        }
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        match self.state {
            State::Quiet(until) | State::Asked { until, .. } => Some(until),
        }
    }

    /// Whether a ping has to leave.
    pub(super) fn is_due(&self) -> bool {
        matches!(self.state, State::Asked { sent: false, .. })
    }

    pub(super) fn sent(&mut self) {
        if let State::Asked { sent, .. } = &mut self.state {
            *sent = true;
        }
    }

    /// An answer that carried the ping is given once more.
    pub(super) fn send_again(&mut self) {
        if let State::Asked { sent, .. } = &mut self.state {
            *sent = false;
        }
    }

    pub(super) fn pong(&mut self, now: Time) {
        self.state = State::Quiet(now + self.interval);
    }

    /// Says whether the client has been silent for too long.
    fn beat(&mut self, now: Time, is_deaf: bool) -> bool {
        match self.state {
            State::Quiet(at) if at <= now => {
                self.state = State::Asked {
                    until: at + self.timeout,
                    sent: false,
                };
                self.beat(now, is_deaf)
            }
            State::Asked { until, sent } if until <= now && is_deaf => {
                let until = now + self.timeout;
                self.state = State::Asked { until, sent };
                false
            }
            State::Asked { until, .. } => until <= now,
            State::Quiet(_) => false,
        }
    }
}

impl Engine {
    pub(super) fn beat(&mut self, now: Time) {
        let was_due = self.heartbeat.is_due();
        if self.heartbeat.beat(now, self.uplink.is_blocked()) {
            self.end(now, Ending::PING_TIMEOUT);
        } else if self.heartbeat.is_due() && !was_due {
            self.wake_carrier();
        }
    }
}
