//! The heartbeat: who asks for signs of life, who answers, and until when.
//!
//! In version 4 the server pings every `ping_interval` after the pong before, and has its pong within `ping_timeout`. In
//! version 3 the client pings, and is gone when none has come for the sum of both. The deadlines are computed, not
//! counted by timers, so that a late driver changes nothing.
//!
//! While the application takes nothing, nothing is read, and silence is not the client's fault: it is pinged again, and
//! has its time anew as long as each ping finds a way to it. Where not even those leave, nobody is there.

use super::{Ending, Engine, Settings};
use crate::time::Time;
use crate::wire::engineio::{Packet, Version};
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Heartbeat {
    version: Version,
    interval: Duration,
    timeout: Duration,
    until: Time,
    /// The client has to say something until then.
    asked: bool,
    /// What has to leave.
    due: Option<Packet>,
    /// What has left since the client's last word.
    sent: Option<Packet>,
}

impl Heartbeat {
    pub(super) fn start(now: Time, settings: &Settings) -> Self {
        let mut heartbeat = Self {
            version: settings.version,
            interval: settings.ping_interval,
            timeout: settings.ping_timeout,
            until: now,
            asked: false,
            due: None,
            sent: None,
        };
        heartbeat.begin(now);
        heartbeat
    }

    /// The client has given its sign of life.
    fn begin(&mut self, now: Time) {
        self.sent = None;
        self.asked = self.version == Version::V3;
        self.until = match self.version {
            Version::V3 => now + self.interval + self.timeout,
            Version::V4 => now + self.interval,
        };
    }

    pub(super) const fn deadline(&self) -> Time {
        self.until
    }

    pub(super) const fn is_due(&self) -> bool {
        self.due.is_some()
    }

    /// The ping or pong that has to leave.
    pub(super) fn next(&mut self) -> Option<Packet> {
        if !self.is_due() {
            return None;
        }
        let packet = self.due.take()?;
        self.sent = Some(packet.clone());
        Some(packet)
    }

    /// An answer that may have carried one is given once more.
    pub(super) fn send_again(&mut self) {
        self.due = self.due.take().or(self.sent.take());
    }

    /// Takes a ping or pong; says whether it is the client's to send in its version.
    pub(super) fn receive(&mut self, now: Time, packet: Packet) -> bool {
        match (self.version, packet) {
            (Version::V3, Packet::Ping(data)) => {
                self.begin(now);
                self.due = Some(Packet::Pong(data));
            }
            (Version::V4, Packet::Pong(_)) => self.begin(now),
            _ => return false,
        }
        true
    }

    /// The client can be heard again, and has time to be.
    pub(super) fn hear_again(&mut self, now: Time) {
        if self.asked {
            self.until = self.until.max(now + self.timeout);
        }
    }

    /// Asks when it is time, and says whether the client has been silent for too long.
    fn advance(&mut self, now: Time, hearing: Hearing) -> Verdict {
        if !self.asked && self.until <= now {
            self.asked = true;
            self.ask(self.until);
        }
        if !self.asked || now < self.until {
            return Verdict::Alive;
        }
        let may_ask_again = self.version == Version::V4 && !self.is_due();
        match hearing {
            Hearing::Blocked if may_ask_again => {
                self.ask(now);
                Verdict::Alive
            }
            Hearing::Blocked | Hearing::Open => Verdict::Gone,
        }
    }

    fn ask(&mut self, at: Time) {
        self.until = at + self.timeout;
        self.due = Some(Packet::Ping("".into()));
    }
}

/// Whether what the client says is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hearing {
    Open,
    Blocked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Alive,
    Gone,
}

impl Engine {
    pub(super) fn beat(&mut self, now: Time) {
        let was_due = self.heartbeat.is_due();
        let hearing = match self.uplink.is_blocked() {
            true => Hearing::Blocked,
            false => Hearing::Open,
        };
        match self.heartbeat.advance(now, hearing) {
            Verdict::Gone => self.end(now, Ending::PING_TIMEOUT),
            Verdict::Alive if self.heartbeat.is_due() && !was_due => self.wake_carrier(),
            Verdict::Alive => {}
        }
    }
}
