//! The application's side: send, take, close, abort, refresh a token.

use crate::link::Stage;
use crate::log::cost;
use crate::session::{Client, Output, Phase};
use throughline_core::wire::native::{Abort, Close, Frame, TokenAccepted, WireLimits};
use throughline_core::{Code, Message, Time};

/// Why a message was not sent. It has no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The session is not open, not open any more, or closing.
    #[error("the session is not open")]
    NotOpen,
    /// The window is full: wait for an acknowledgement.
    #[error("the window is full")]
    Full,
    /// The message exceeds the server's limit.
    #[error("the message is longer than the server accepts")]
    TooLarge,
}

impl Client {
    /// Numbers a message and keeps it until the server has acknowledged it. Returns its number.
    ///
    /// # Errors
    /// [`SendError`]; the message was not numbered.
    pub fn send(&mut self, now: Time, message: Message) -> Result<u64, SendError> {
        let limits = self.limits();
        if self.phase != Phase::Open || self.log.is_closed() {
            return Err(SendError::NotOpen);
        }
        if message.len() as u64 > limits.message {
            return Err(SendError::TooLarge);
        }
        if (self.log.cost() + cost(&message)) as u64 > limits.window {
            return Err(SendError::Full);
        }
        let seq = self.log.push(message);
        self.settle(now);
        Ok(seq)
    }

    /// Gives the next message to the application. Where the server's close is next, the session ends.
    pub fn take(&mut self, now: Time) -> Option<Message> {
        let message = self.inbox.take();
        self.settle(now);
        message
    }

    /// Says that no more will be sent. The session ends when the server has closed as well.
    pub fn close(&mut self, now: Time, code: Code, reason: &str) {
        if self.phase == Phase::Open && !self.log.is_closed() {
            self.log.push_close(Close::new(code, reason.to_owned()));
            self.settle(now);
        }
    }

    /// Ends the session at once.
    pub fn abort(&mut self, now: Time, code: Code, reason: &str) {
        if self.phase == Phase::Open {
            self.send_abort(now, code, reason);
            self.end(code, reason.to_owned());
        }
    }

    pub(crate) fn send_abort(&mut self, now: Time, code: Code, reason: &str) {
        let cursors = self.inbox.cursors();
        let abort = Abort {
            code,
            reason: reason.to_owned(),
            received: Some(cursors.received),
            ack: Some(cursors.ack),
            retry_after: None,
        };
        match (self.current, self.current_stage()) {
            (Some(id), Some(Stage::Stream(_))) => {
                self.outputs
                    .push_back(Output::Frame(id, Frame::Abort(Box::new(abort))));
            }
            (_, Some(Stage::Polled(_))) => self.poll_abort(now, abort),
            _ => {}
        }
    }

    /// Shows the server a fresh token, until it has accepted it.
    pub fn refresh(&mut self, now: Time, token: String) {
        self.setup.token = Some(token.clone());
        self.fresh_token = Some(token.clone());
        match (self.current, self.current_stage()) {
            (Some(id), Some(Stage::Stream(_))) => self.send_token(id, token),
            (_, Some(Stage::Polled(_))) => self.poll_anew(now),
            _ => {}
        }
    }

    pub(crate) fn receive_token(&mut self, accepted: TokenAccepted) {
        self.fresh_token = None;
        self.outputs.push_back(Output::TokenAccepted(accepted));
    }

    /// The server's limits; a link that has begun always knows them.
    pub(crate) fn limits(&self) -> WireLimits {
        const NONE: WireLimits = WireLimits {
            message: 0,
            window: 0,
            batch: 0,
            hold: 0,
            heartbeat: 0,
            timeout: 0,
            retention: 0,
            offer: 0,
        };
        self.credentials.as_ref().map_or(NONE, |known| known.limits)
    }
}
