//! Requests that come twice, because a browser or a proxy sent them again when their connection broke.
//!
//! Clients put the time into each URL, or a name of its own. The same URL again is a repetition, however soon it comes: a
//! browser may send a request again at once. A poll is answered with what it was answered with before, and
//! what a request brought is not taken twice.

use super::Connection;
use bytestring::ByteString;
use std::hash::{DefaultHasher, Hash, Hasher};

/// What a client puts into a URL so that no two requests are alike. Where it is a time, the driver answers no sooner
/// than the client's clock has moved on, so that the next request has another one.
pub type Stamp = ByteString;

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
    sent: Option<Sent>,
}

#[derive(Debug)]
struct Polled {
    stamp: Stamp,
    /// It was answered with the first frame.
    is_greeting: bool,
}

impl Connection {
    pub(super) fn note_answered(&mut self, stamp: Option<Stamp>, is_greeting: bool) {
        self.answered.poll = stamp.map(|stamp| Polled { stamp, is_greeting });
    }

    pub(super) fn note_taken(&mut self, sent: Sent) {
        self.answered.sent = Some(sent);
    }

    /// Whether this poll had its answer already, which did not arrive: then it gets the same, and what came since.
    pub(super) fn repeat(&mut self, stamp: Option<&Stamp>) -> bool {
        let answered = self.answered.poll.as_ref();
        let Some(answered) = answered.filter(|polled| Some(&polled.stamp) == stamp) else {
            self.answered.poll = None;
            return false;
        };
        self.is_greeting |= answered.is_greeting;
        self.session.rewind();
        true
    }

    /// Whether what this request brings was taken already.
    pub(super) fn has_taken(&self, sent: &Sent) -> bool {
        let answered = self.answered.sent.as_ref();
        answered.is_some_and(|known| known.is_same(sent))
    }
}
