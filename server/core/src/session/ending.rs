//! All the ways in which a session ends, and the one function through which they go.

use super::tombstone::{End, Fate, Tombstone, Undelivered, Word};
use super::{Ending, Link, Output, Phase, Session, Timer, Violation};
use crate::code::Code;
use crate::time::Time;
use crate::wire::native::{Abort, Cursors, Response, TokenAccepted};
use std::time::Duration;

impl Session {
    /// Ends the session, once.
    pub(super) fn end(
        &mut self,
        code: Code,
        reason: String,
        retry_after: Option<Duration>,
        word: Word,
    ) {
        if matches!(self.phase, Phase::Ended(..)) {
            return;
        }
        let ending = if self.log.is_finished() {
            Ending::Orderly
        } else {
            Ending::Aborted
        };
        let tombstone = Tombstone {
            secret: self.secret,
            code,
            reason: reason.clone(),
            cursors: self.inbox.cursors(),
            retry_after,
        };
        self.phase = Phase::Ended(Box::new(tombstone), ending);
        self.inbox.seal();
        self.timers.clear_all();
        self.release_link();
        let undelivered = self.undelivered(word);
        self.outputs.push_back(Output::Ended(Box::new(End {
            code,
            reason,
            clean: ending == Ending::Orderly,
            undelivered,
        })));
    }

    /// Tells whoever waits: a held request gets its answer, a WebSocket task looks and finds the end.
    fn release_link(&mut self) {
        match std::mem::replace(&mut self.link, Link::None) {
            Link::None => {}
            Link::Stream(_) | Link::Foreign(_) => self
                .outputs
                .push_back(Output::Wake(self.generations.current())),
            Link::Polled(mut polled) => {
                for request in polled.release() {
                    self.answer_from_tombstone(request);
                }
            }
        }
    }

    pub(super) fn answer_from_tombstone(&mut self, request: u64) {
        if let Phase::Ended(tombstone, _) = &self.phase {
            let abort = Response::Abort(Box::new(tombstone.abort()));
            self.outputs.push_back(Output::Answer(request, abort));
        }
    }

    fn undelivered(&mut self, word: Word) -> Vec<Undelivered> {
        let received = self.log.peer().received;
        self.log
            .drain()
            .into_iter()
            .map(|(seq, message)| Undelivered {
                seq,
                message,
                fate: Fate::of(seq, received, word),
            })
            .collect()
    }

    /// The client has acknowledged our close, and so everything before it.
    pub(super) fn finish(&mut self) {
        let (code, reason) = self.closing_words();
        self.end(code, reason, None, Word::Last);
    }

    /// The code and reason of an end that was under way, or of one that nobody asked for.
    fn closing_words(&self) -> (Code, String) {
        match self.log.close() {
            Some(close) => (close.code, close.reason.clone()),
            None => (Code::EXPIRED, Code::EXPIRED.reason().to_owned()),
        }
    }

    /// The client said that it is over.
    pub(super) fn receive_abort(&mut self, abort: Abort) {
        let cursors = abort.received.zip(abort.ack);
        let are_known = cursors
            .is_some_and(|(received, ack)| self.log.acknowledge(Cursors { received, ack }).is_ok());
        let word = if are_known { Word::Last } else { Word::SoFar };
        self.end(abort.code, abort.reason, None, word);
    }

    pub(super) fn violate(&mut self, violation: Violation) {
        self.end(violation.code(), violation.to_string(), None, Word::SoFar);
    }

    /// Nobody began a generation in time.
    pub(super) fn lapse(&mut self, now: Time) {
        self.generations.expire(now);
        self.expect_use();
        if matches!(self.phase, Phase::New) && self.generations.offers() == 0 {
            self.expire();
        }
    }

    /// Nobody came back in time. An end that was under way keeps its own code.
    pub(super) fn expire(&mut self) {
        let (code, reason) = self.closing_words();
        self.end(code, reason, None, Word::SoFar);
    }

    /// The end made no progress. First the application loses its say, then the client.
    pub(super) fn force_end(&mut self, now: Time) {
        if !self.log.is_closed() {
            if let Some(close) = self.inbox.close().cloned() {
                self.push_close(now, close);
            }
            return;
        }
        if self.is_client_there(now) || now >= self.last_chance() {
            self.expire();
        } else {
            self.expect_end(now);
        }
    }

    /// Whether the client was heard lately. Where it was not, its link or its request may have got lost: then it
    /// is the retention time that counts, so that a bad moment costs none of the last messages.
    fn is_client_there(&self, now: Time) -> bool {
        match &self.link {
            Link::None => false,
            Link::Foreign(_) => true,
            Link::Stream(stream) => now.since(stream.heard()) < self.limits.close,
            Link::Polled(polled) => polled.held_transport().is_some(),
        }
    }

    pub(super) fn expect_token(&mut self, expires: Option<Time>) {
        self.token_expires = expires;
        self.timers.set_or_clear(Timer::Token, expires);
    }

    pub(super) fn accept_token(&mut self, now: Time, expires: Option<Time>) {
        if matches!(self.phase, Phase::Ended(..)) {
            return;
        }
        self.expect_token(expires);
        self.token_accepted = Some(TokenAccepted {
            expires_in: expires.map(|at| super::millis(at.since(now))),
        });
    }

    pub(super) fn token_expired(&mut self) {
        let code = Code::TOKEN_EXPIRED;
        self.end(code, code.reason().to_owned(), None, Word::SoFar);
    }
}
