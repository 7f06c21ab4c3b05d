//! The application's side: send, take, close, abort.

use super::tombstone::Word;
use super::{Phase, Session, Timer};
use crate::code::Code;
use crate::message::Message;
use crate::time::Time;
use crate::wire::native::Close;
use std::time::Duration;

/// The longest reason of a close, in bytes, as with WebSocket.
const LONGEST_REASON: usize = 123;

/// Why a message was not sent. It has no number and will not be delivered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The log is full: wait until the client has acknowledged some of it.
    #[error("the session has no room for the message")]
    Full,
    /// The message is longer than the limit; split it, or raise the limit.
    #[error("the message has {len} bytes, the limit is {limit}")]
    TooLarge {
        /// The message's length.
        len: usize,
        /// The limit.
        limit: usize,
    },
    /// The session is closing or over.
    #[error("the session is closed")]
    Closed,
}

/// Why a close was refused. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a reason may have 123 bytes, this one has {len}")]
pub struct CloseError {
    len: usize,
}

/// What the inbox had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Take {
    /// A message; it is acknowledged to the client.
    Message(Message),
    /// Nothing yet.
    Empty,
    /// There will be no more.
    End,
}

impl Session {
    /// Numbers a message and keeps it until the client has acknowledged it. Returns its number.
    ///
    /// # Errors
    /// [`SendError`]; the message was not numbered.
    pub fn send(&mut self, now: Time, message: Message) -> Result<u64, SendError> {
        self.check_room(message.len())?;
        let seq = self.log.push(message);
        self.settle(now);
        Ok(seq)
    }

    /// Whether a message of that length could be sent now.
    ///
    /// # Errors
    /// [`SendError`] says what stands against it.
    pub fn check_room(&self, len: usize) -> Result<(), SendError> {
        if self.log.is_closed() || !matches!(self.phase, Phase::Open) {
            return Err(SendError::Closed);
        }
        let limit = self.limits.message;
        if len > limit {
            return Err(SendError::TooLarge { len, limit });
        }
        if !self.log.has_room_for(len + crate::message::OVERHEAD) {
            return Err(SendError::Full);
        }
        Ok(())
    }

    /// Gives the next message to the application.
    ///
    /// The first time that it says [`Take::End`] because the client closed, the session answers with
    /// a close of its own, after everything that was sent before.
    pub fn take(&mut self, now: Time) -> Take {
        if matches!(self.phase, Phase::Ended(..)) || self.log.is_closed() {
            return Take::End;
        }
        if let Some(message) = self.inbox.take() {
            self.progress_end(now);
            self.settle(now);
            return Take::Message(message);
        }
        let Some(close) = self.inbox.close().cloned() else {
            return Take::Empty;
        };
        self.inbox.take_close();
        self.push_close(now, close);
        self.settle(now);
        Take::End
    }

    /// Whether [`take`](Self::take) has something to say.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.inbox.is_ready() || self.log.is_closed() || matches!(self.phase, Phase::Ended(..))
    }

    /// How the client closed its direction, once that has arrived.
    #[must_use]
    pub fn peer_close(&self) -> Option<&Close> {
        self.inbox.close()
    }

    /// Ends the session in order: after everything sent before, and once. A second call does nothing.
    ///
    /// From here on [`take`](Self::take) says [`Take::End`]: what was not taken stays untaken, and the client
    /// learns so.
    ///
    /// # Errors
    /// [`CloseError`] when the reason is too long.
    pub fn close(&mut self, now: Time, code: Code, reason: &str) -> Result<(), CloseError> {
        if reason.len() > LONGEST_REASON {
            return Err(CloseError { len: reason.len() });
        }
        let reason = reason.to_owned();
        self.push_close(now, Close::new(code, reason));
        self.settle(now);
        Ok(())
    }

    /// The application is gone: what it sent is flushed, then the session closes with 1000.
    pub fn release(&mut self, now: Time) {
        self.push_close(now, Close::new(Code::NORMAL, String::new()));
        self.settle(now);
    }

    /// Ends the session at once. `retry_after` tells the client when a new one may be tried.
    pub fn abort(&mut self, code: Code, reason: &str, retry_after: Option<Duration>) {
        self.end(code, reason.to_owned(), retry_after, Word::SoFar);
    }

    pub(super) fn push_close(&mut self, now: Time, close: Close) {
        if self.log.is_closed() || !matches!(self.phase, Phase::Open) {
            return;
        }
        self.inbox.seal();
        self.log
            .push_close(close.with_cursors(self.inbox.cursors()));
        self.progress_end(now);
    }

    /// The end came nearer: it gets its time anew.
    pub(super) fn progress_end(&mut self, now: Time) {
        if self.is_ending() {
            self.progressed = now;
            self.expect_end(now);
        }
    }

    /// Arms the close deadline of an end that is under way. A client that comes and goes without taking the
    /// end in gets the time that an absent one has, and no more.
    pub(super) fn expect_end(&mut self, now: Time) {
        if self.is_ending() {
            let patience = self.limits.close + self.absence;
            self.timers
                .set(Timer::Close, (now + patience).min(self.last_chance()));
        }
    }

    /// When an end that makes no progress is forced, whatever the client does.
    pub(super) fn last_chance(&self) -> Time {
        self.progressed + self.limits.close + self.absence + self.limits.retention
    }

    fn is_ending(&self) -> bool {
        self.log.is_closed() || self.inbox.close().is_some()
    }
}
