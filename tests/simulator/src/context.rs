//! What every part of a simulated world shares: the time, the events to come, chance, and the record.

use crate::fault::{Fault, Faults};
use crate::random::Random;
use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;
use throughline_client::RequestId;
use throughline_core::Time;
use throughline_core::wire::Carried;

pub(crate) type SocketId = u64;
/// One copy of a request on its way; a repeated request has two.
pub(crate) type CopyId = u64;

/// What will happen.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// The handshake reached the server.
    Accepted(SocketId),
    /// The handshake's answer reached the client.
    Connected(SocketId),
    ToServer(SocketId, Carried),
    ToClient(SocketId, Carried),
    /// The server notices that the connection is gone.
    LostByServer(SocketId),
    LostByClient(SocketId),
    Breaks(SocketId),
    RequestArrives(CopyId, Bytes),
    /// The server notices that nobody waits for the answer.
    RequestGone(CopyId),
    AnswerArrives(RequestId, Bytes),
    RequestFails(RequestId),
    /// The hook has looked at a token.
    TokenChecked(String),
    /// The driver has something to do.
    Driver,
    /// The scenario strikes.
    Injection,
}

/// The time, the events to come, chance, and the record.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) now: Time,
    pub(crate) random: Random,
    pub(crate) faults: Faults,
    pub(crate) trace: Trace,
    /// How much trouble may still be made; a network that never gets better ends nowhere.
    pub(crate) trouble: u64,
    /// Events of the same moment happen in the order in which they were scheduled.
    queue: BTreeMap<(Time, u64), Event>,
    /// Silence is rationed: two in a row could outlast the retention time.
    silence: Time,
    scheduled: u64,
}

impl Context {
    pub(crate) fn new(random: Random, trouble: u64, trace: Trace) -> Self {
        Self {
            now: Time::ZERO,
            random,
            faults: Faults::default(),
            trace,
            trouble,
            queue: BTreeMap::new(),
            silence: Time::ZERO,
            scheduled: 0,
        }
    }

    pub(crate) fn after(&mut self, delay: Duration, event: Event) {
        self.at(self.now + delay, event);
    }

    pub(crate) fn at(&mut self, at: Time, event: Event) {
        self.scheduled += 1;
        self.queue.insert((at.max(self.now), self.scheduled), event);
    }

    pub(crate) fn next_event(&self) -> Option<Time> {
        self.queue.first_key_value().map(|((at, _), _)| *at)
    }

    /// The next event, when its time has come.
    pub(crate) fn due(&mut self) -> Option<Event> {
        let first = self.queue.first_entry()?;
        (first.key().0 <= self.now).then(|| first.remove())
    }

    /// Whether trouble strikes that does in so many of a thousand cases, and there is some left.
    pub(crate) fn strikes(&mut self, fault: Fault, per_mille: u64) -> bool {
        if self.trouble == 0 || !self.random.per_mille(per_mille) {
            return false;
        }
        self.trouble -= 1;
        self.count(fault);
        true
    }

    /// As `strikes`, for trouble that nobody is told of.
    pub(crate) fn silences(&mut self, fault: Fault, per_mille: u64) -> bool {
        if self.now < self.silence || !self.strikes(fault, per_mille) {
            return false;
        }
        self.silence = self.now + SILENCE;
        true
    }

    pub(crate) fn count(&mut self, fault: Fault) {
        self.faults.count(fault);
        self.note(|| format!("    fault: {}", fault.name()));
    }

    pub(crate) fn note(&mut self, line: impl FnOnce() -> String) {
        let now = self.now;
        self.trace.note(now, line);
    }
}

/// The time between one silence and the next.
const SILENCE: Duration = Duration::from_secs(45);

/// The record of a run. Keeping none costs nothing: a run can be repeated from its seed.
#[derive(Debug)]
pub(crate) enum Trace {
    Off,
    /// Keep the last lines.
    Last(VecDeque<String>),
    /// Print everything.
    Print,
}

/// How many lines a failure shows.
const KEPT: usize = 60;

impl Trace {
    fn note(&mut self, now: Time, line: impl FnOnce() -> String) {
        let line = match self {
            Self::Off => return,
            Self::Last(_) | Self::Print => format!("{:>9} {}", now.as_millis(), line()),
        };
        match self {
            Self::Off => {}
            Self::Print => println!("{line}"),
            Self::Last(lines) => {
                if lines.len() == KEPT {
                    lines.pop_front();
                }
                lines.push_back(line);
            }
        }
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Last(lines) = self {
            for line in lines {
                writeln!(f, "{line}")?;
            }
        }
        Ok(())
    }
}
