//! Requests that come twice, because a browser or a proxy sent them again when their connection broke.
//!
//! They have the same stamp, and come however soon: a browser may send a request again at once. A poll is answered with
//! what it was answered with before, and what a request brought is not taken twice. A stamp tells a repetition from the
//! next request because answers wait until the client's clock has moved on, as far as its times show how coarse it is.
//!
//! Where a clock stands still, is set back to the very millisecond of the last request, or is coarse in a way that its times do not show,
//! the next request looks like a repetition: a frame comes again, or messages are not taken that are the same as the last. That has
//! bounds: a request counts as repeated a few times and for a minute, and the greeting is not repeated to a client that
//! has been heard from since. A client that is greeted twice gives its session up.

use super::Connection;
use super::stamp::Stamp;
use crate::time::Time;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// As often a request may come again.
const MOST_TIMES: u8 = 3;
/// A browser sends a request again when its connection has failed, and a connection fails within that.
const LONGEST: Duration = Duration::from_secs(60);
/// The official client waits 25 ms from the answer to what it sent until it sends more, and a browser's timer may be early.
const REST: Duration = Duration::from_millis(24);

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
    sent: Option<(Sent, Bound)>,
}

#[derive(Debug)]
struct Polled {
    stamp: Stamp,
    /// It was answered with the first frame.
    is_greeting: bool,
    bound: Bound,
}

/// How often, and until when, a request may still come again.
#[derive(Debug)]
struct Bound {
    times: u8,
    until: Time,
}

impl Bound {
    fn new(now: Time) -> Self {
        Self {
            times: MOST_TIMES,
            until: now + LONGEST,
        }
    }

    /// Whether the same stamp is a repetition now; it counts as one then.
    fn allows(&mut self, now: Time) -> bool {
        let is_allowed = self.times > 0 && now < self.until;
        self.times -= u8::from(is_allowed);
        is_allowed
    }
}

impl Connection {
    /// Before then, a poll is not answered.
    pub(super) fn poll_not_before(&mut self, now: Time, stamp: Option<&Stamp>) -> Time {
        let lasts = stamp.map(|stamp| self.clock.lasts(stamp));
        now + lasts.unwrap_or_default()
    }

    /// Before then, a request that brought messages is not answered.
    pub(super) fn send_not_before(&mut self, now: Time, stamp: Option<&Stamp>) -> Time {
        let lasts = stamp.map(|stamp| self.clock.lasts(stamp));
        now + lasts.unwrap_or_default().saturating_sub(REST)
    }

    pub(super) fn note_answered(&mut self, now: Time, stamp: Option<Stamp>, is_greeting: bool) {
        let before = self.answered.poll.take();
        self.answered.poll = stamp.map(|stamp| Polled {
            // Its bound is the stamp's, or a clock that stands still had frames repeated for ever.
            bound: match before {
                Some(polled) if polled.stamp == stamp => polled.bound,
                _ => Bound::new(now),
            },
            stamp,
            is_greeting,
        });
    }

    pub(super) fn note_taken(&mut self, now: Time, sent: Sent) {
        self.answered.sent = match self.answered.sent.take() {
            Some((known, bound)) if known.is_same(&sent) => Some((known, bound)),
            _ => Some((sent, Bound::new(now))),
        };
    }

    /// Who sends has been greeted.
    pub(super) fn note_sender(&mut self) {
        self.answered.poll.take_if(|polled| polled.is_greeting);
    }

    /// Whether this poll had its answer already, which did not arrive: then it gets the same, and what came since.
    pub(super) fn repeat(&mut self, now: Time, stamp: Option<&Stamp>) -> bool {
        let answered = &mut self.answered.poll;
        answered.take_if(|polled| Some(&polled.stamp) != stamp);
        let Some(polled) = answered else {
            return false;
        };
        let is_repetition = polled.bound.allows(now);
        if is_repetition {
            self.is_greeting |= polled.is_greeting;
            self.session.rewind();
        }
        is_repetition
    }

    /// Whether what this request brings was taken already.
    pub(super) fn has_taken(&mut self, now: Time, sent: &Sent) -> bool {
        let answered = self.answered.sent.as_mut();
        answered.is_some_and(|(known, bound)| known.is_same(sent) && bound.allows(now))
    }
}
