//! How an Engine.IO session ends from its client's side: in order, after all that arrived before.
//!
//! The application takes what arrived, then finds the end. What it sent and the client did not get is
//! listed as undelivered.

use super::Engine;
use crate::code::Code;
use crate::time::Time;
use crate::wire::native::{Close, Item};

/// Why the client is gone. The words are those that Socket.IO's applications know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ending {
    code: Code,
    reason: &'static str,
}

impl Ending {
    /// The client said so.
    pub(super) const CLOSED: Self = Self::new(Code::NORMAL, "transport close");
    /// Its WebSocket ended.
    pub(super) const TRANSPORT_CLOSE: Self = Self::new(Code::EXPIRED, "transport close");
    /// Its WebSocket failed, or its requests contradict each other.
    pub(super) const TRANSPORT_ERROR: Self = Self::new(Code::EXPIRED, "transport error");
    /// It did not answer a ping in time.
    pub(super) const PING_TIMEOUT: Self = Self::new(Code::EXPIRED, "ping timeout");
    /// What it sent was no packet.
    pub(super) const PARSE_ERROR: Self = Self::new(Code::VIOLATION, "parse error");

    const fn new(code: Code, reason: &'static str) -> Self {
        Self { code, reason }
    }
}

impl Engine {
    /// Whether requests and WebSockets find no session here any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.ending.is_some() || self.session.tombstone().is_some()
    }

    /// The client is gone: nothing more is taken from it, or sent to it.
    pub(super) fn end(&mut self, now: Time, ending: Ending) {
        if self.is_over() {
            return;
        }
        self.ending = Some(ending);
        self.drop_uplink();
        let close = Close::new(ending.code, ending.reason.to_owned());
        self.session.receive(now, Item::Close(Box::new(close)));
        self.session.put_down(now);
        self.let_streams_go();
    }

    /// The application has taken what there was, or has had its time: the rest has nowhere to go.
    pub(super) fn finish_ending(&mut self) {
        let Some(Ending { code, reason }) = self.ending else {
            return;
        };
        if self.session.is_closed() {
            self.session.abort(code, reason, None);
        }
    }
}
