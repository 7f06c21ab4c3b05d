//! The heartbeat: who asks for signs of life, who answers, and until when.
//!
//! In version 4 the server pings every `ping_interval` after the pong before, and has its pong within `ping_timeout`. In
//! version 3 the client pings, and is gone when none has come for the sum of both. The deadlines are computed, not
//! counted by timers, so that a late driver changes nothing. While the application takes nothing, nothing is read, and
//! silence is not the client's fault.

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

    /// Says whether the client has been silent for too long. One that cannot be heard gets its time anew.
    fn is_over(&mut self, now: Time, is_deaf: bool) -> bool {
        if !self.asked && self.until <= now {
            self.asked = true;
            self.until = self.until + self.timeout;
            self.due = Some(Packet::Ping("".into()));
        }
        if self.asked && self.until <= now && is_deaf {
            self.until = now + self.timeout;
        }
        self.asked && self.until <= now
    }
}

impl Engine {
    pub(super) fn beat(&mut self, now: Time) {
        let was_due = self.heartbeat.is_due();
        if self.heartbeat.is_over(now, self.uplink.is_blocked()) {
            self.end(now, Ending::PING_TIMEOUT);
        } else if self.heartbeat.is_due() && !was_due {
            self.wake_carrier();
        }
    }
}
