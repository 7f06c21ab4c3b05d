//! Requests that come twice, because a browser or a proxy sent them again when their connection broke.
//!
//! Clients put the time in milliseconds into each URL, or a name of its own. The same URL again is a repetition, unless
//! it comes so soon that it may be a new request of the same millisecond. A poll is answered with what it was answered
//! with before, and what a request brought is not taken twice.

use super::Connection;
use crate::time::Time;
use bytestring::ByteString;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// What a client puts into a URL so that no two requests are alike.
pub type Stamp = ByteString;

/// A request that comes sooner after the answer is a new one, of a client that is quick.
const SOONEST: Duration = Duration::from_millis(100);

/// A request that brought messages.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    stamp: Stamp,
    digest: u64,
}

impl Sent {
    pub(super) fn new(stamp: Stamp, body: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        Self {
            stamp,
            digest: hasher.finish(),
        }
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        (&self.stamp, self.digest) == (&other.stamp, other.digest)
    }
}

/// The requests that were answered last.
#[derive(Debug, Default)]
pub(super) struct Answered {
    poll: Option<Polled>,
    sent: Option<(Sent, Time)>,
}

#[derive(Debug)]
struct Polled {
    stamp: Stamp,
    at: Time,
    /// It was answered with the first frame.
    is_greeting: bool,
}

impl Connection {
    pub(super) fn note_answered(&mut self, now: Time, stamp: Option<Stamp>, is_greeting: bool) {
        self.answered.poll = stamp.map(|stamp| Polled {
            stamp,
            at: now,
            is_greeting,
        });
    }

    pub(super) fn note_taken(&mut self, now: Time, sent: Sent) {
        self.answered.sent = Some((sent, now));
    }

    /// Whether this poll had its answer already, which did not arrive: then it gets the same, and what came since.
    pub(super) fn repeat(&mut self, now: Time, stamp: Option<&Stamp>) -> bool {
        let answered = self.answered.poll.as_ref();
        let is_same = |polled: &&Polled| Some(&polled.stamp) == stamp && polled.at + SOONEST <= now;
        let Some(answered) = answered.filter(is_same) else {
            self.answered.poll = None;
            return false;
        };
        self.is_greeting |= answered.is_greeting;
        self.session.rewind();
        true
    }

    /// Whether what this request brings was taken already.
    pub(super) fn has_taken(&self, now: Time, sent: &Sent) -> bool {
        let answered = self.answered.sent.as_ref();
        answered.is_some_and(|(known, at)| known.is_same(sent) && *at + SOONEST <= now)
    }
}
