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
    /// The message is longer than the limit, or several together are more than the log can hold; split
    /// it, or raise the limit.
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
    pub fn send(&mut self, now: Time, message: &Message) -> Result<u64, SendError> {
        self.check_room(message.len())?;
        self.log.push(message);
        self.settle(now);
        Ok(self.log.last())
    }

    /// The same for a text that is in no message: it is copied.
    ///
    /// # Errors
    /// As of `send`.
    pub fn send_text(&mut self, now: Time, text: &str) -> Result<u64, SendError> {
        self.check_room(text.len())?;
        self.log.push_text(text);
        self.settle(now);
        Ok(self.log.last())
    }

    /// The same for a message that many sessions get: they share its body, which [`send`](Self::send) copies where it is small.
    ///
    /// # Errors
    /// As of `send`.
    pub fn share(&mut self, now: Time, message: &Message) -> Result<u64, SendError> {
        self.check_room(message.len())?;
        self.log.share(message);
        self.settle(now);
        Ok(self.log.last())
    }

    /// Numbers several messages, one right behind the other, or none of them. Returns the number of the last. Their bodies are shared.
    ///
    /// # Errors
    /// [`SendError`]; no message was numbered. More than the log can ever hold is [`SendError::TooLarge`].
    pub fn send_together(&mut self, now: Time, messages: &[Message]) -> Result<u64, SendError> {
        self.check_room_for_all(messages)?;
        for message in messages {
            self.log.share(message);
        }
        self.settle(now);
        Ok(self.log.last())
    }

    /// Whether a message of that length could be sent now.
    ///
    /// # Errors
    /// [`SendError`] says what stands against it.
    pub fn check_room(&self, len: usize) -> Result<(), SendError> {
        self.check_open()?;
        self.check_length(len)?;
        if !self.log.has_room_for(len + crate::message::OVERHEAD) {
            return Err(SendError::Full);
        }
        Ok(())
    }

    fn check_room_for_all(&self, messages: &[Message]) -> Result<(), SendError> {
        self.check_open()?;
        for message in messages {
            self.check_length(message.len())?;
        }
        let (len, limit) = (
            messages.iter().map(Message::cost).sum(),
            self.log.capacity(),
        );
        if len > limit {
            return Err(SendError::TooLarge { len, limit });
        }
        if !self.log.has_room_for(len) {
            return Err(SendError::Full);
        }
        Ok(())
    }

    fn check_open(&self) -> Result<(), SendError> {
        match self.is_open() {
            true => Ok(()),
            false => Err(SendError::Closed),
        }
    }

    fn check_length(&self, len: usize) -> Result<(), SendError> {
        let limit = self.limits.message;
        if len > limit {
            return Err(SendError::TooLarge { len, limit });
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
        if !self.is_open() {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::session::{Input, Setup};
    use crate::wire::native::{Begin, Cursors, Secret};

    /// A session that has begun, whose log holds so many bytes.
    fn session(log: usize) -> Session {
        let setup = Setup {
            id: "a".to_owned(),
            secret: Secret::new([7; 16]),
            limits: Limits {
                message: 100,
                log,
                ..Limits::default()
            },
            window: None,
            protocol: None,
            token_expires: None,
        };
        let (mut session, _) = Session::open(Time::ZERO, setup);
        let begin = Begin {
            generation: 1,
            cursors: Cursors::default(),
            first: 1,
        };
        session.handle(Time::ZERO, Input::Begin(begin));
        session
    }

    #[test]
    fn several_messages_are_numbered_together_or_not_at_all() {
        let mut session = session(200);
        let three: [Message; 3] = ["a".into(), "b".into(), "c".into()];
        assert_eq!(session.send_together(Time::ZERO, &three), Ok(3));
        let full = vec![Message::text("x".repeat(67)); 2];
        assert_eq!(
            session.send_together(Time::ZERO, &full),
            Err(SendError::Full)
        );
        assert_eq!(session.outgoing().0, 3);
        assert_eq!(session.send_together(Time::ZERO, &full[..1]), Ok(4));
    }

    #[test]
    fn what_the_log_can_never_hold_is_too_large_and_not_waited_for() {
        let mut session = session(200);
        let many = vec![Message::text("x".repeat(85)); 2];
        let (len, limit) = (202, 200);
        let over = Err(SendError::TooLarge { len, limit });
        assert_eq!(session.send_together(Time::ZERO, &many), over);
        let (len, limit) = (101, 100);
        let long = [Message::text(""), Message::text("x".repeat(101))];
        let over = Err(SendError::TooLarge { len, limit });
        assert_eq!(session.send_together(Time::ZERO, &long), over);
        assert_eq!(session.outgoing().0, 0);
    }
}
