//! The end of a session: what the application learns, and the little that is kept for a late client.
//!
//! The outcome is always explicit: every message that was not acknowledged has a fate (spec §10.3).

use crate::code::Code;
use crate::message::Message;
use crate::wire::native::{Abort, Cursors, Secret};
use std::time::Duration;

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Why, as a code.
    pub code: Code,
    /// Why, as a sentence.
    pub reason: String,
    /// Whether everything was delivered and the end was acknowledged.
    pub clean: bool,
    /// The messages that were sent but never acknowledged, in order.
    pub undelivered: Vec<Undelivered>,
}

/// A message whose delivery was not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// Its sequence number.
    pub seq: u64,
    /// The message.
    pub message: Message,
    /// What is known of it.
    pub fate: Fate,
}

/// What became of a message that was not acknowledged (spec FAT-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrived, but the application did not take it.
    Received,
    /// It did not arrive.
    Lost,
    /// The peer's final word is not known.
    Unknown,
}

/// What the peer's cursors are worth at the end of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// They are its final ones: what they do not cover did not arrive.
    Last,
    /// They are the last that we heard of, and it may have received more.
    SoFar,
}

impl Fate {
    pub(super) fn of(seq: u64, received: u64, word: Word) -> Self {
        match (seq <= received, word) {
            (true, _) => Self::Received,
            (false, Word::Last) => Self::Lost,
            (false, Word::SoFar) => Self::Unknown,
        }
    }
}

/// What is kept of an ended session, so that a late client learns exactly what was taken (spec ABT-2).
#[derive(Clone, Debug)]
pub struct Tombstone {
    pub(super) secret: Secret,
    pub(super) code: Code,
    pub(super) reason: String,
    pub(super) cursors: Cursors,
    pub(super) retry_after: Option<Duration>,
}

impl Tombstone {
    /// Whether the secret is the session's; compared in constant time.
    #[must_use]
    pub fn proves(&self, secret: &Secret) -> bool {
        self.secret == *secret
    }

    /// The answer to a late hello or poll.
    #[must_use]
    pub fn abort(&self) -> Abort {
        Abort {
            code: self.code,
            reason: self.reason.clone(),
            received: Some(self.cursors.received),
            ack: Some(self.cursors.ack),
            retry_after: self.retry_after.map(millis),
        }
    }
}

/// A duration as the wire has it.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
