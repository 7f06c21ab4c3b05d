//! What arrived in order and the client's application has not taken (spec §7).

use crate::log::cost;
use std::collections::VecDeque;
use throughline_core::wire::native::{Close, Cursors, Item};
use throughline_core::{Code, Message};

#[derive(Debug, Default)]
pub(crate) struct Inbox {
    messages: VecDeque<Message>,
    cursors: Cursors,
    /// What the server was told last on the present link.
    reported: Cursors,
    /// Cost of what was taken since the last report.
    unreported: usize,
    cost: usize,
    close: Option<Close>,
}

/// What the server may send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) window: usize,
    pub(crate) message: usize,
}

impl Inbox {
    pub(crate) fn cursors(&self) -> Cursors {
        self.cursors
    }

    pub(crate) fn cost(&self) -> usize {
        self.cost
    }

    pub(crate) fn close(&self) -> Option<&Close> {
        self.close.as_ref()
    }

    /// Whether the application has taken all that there was before the server's close.
    pub(crate) fn is_at_end(&self) -> bool {
        self.messages.is_empty() && self.close.is_some()
    }

    /// Takes the next number, and drops a lower one. A higher one is the caller's concern.
    ///
    /// # Errors
    /// The code with which to abort when the server broke a rule.
    pub(crate) fn accept(&mut self, seq: u64, item: Item, bounds: Bounds) -> Result<(), Code> {
        if seq != self.cursors.received + 1 {
            return Ok(());
        }
        if self.close.is_some() {
            return Err(Code::VIOLATION);
        }
        match item {
            Item::Message(message) if message.len() > bounds.message => {
                return Err(Code::MESSAGE_TOO_LARGE);
            }
            Item::Message(message) if self.cost + cost(&message) > bounds.window => {
                return Err(Code::WINDOW_EXCEEDED);
            }
            Item::Message(message) => {
                self.cost += cost(&message);
                self.messages.push_back(message);
            }
            Item::Close(close) => self.close = Some(*close),
        }
        self.cursors.received = seq;
        Ok(())
    }

    /// Gives the next message to the application, which moves `ack`.
    pub(crate) fn take(&mut self) -> Option<Message> {
        let message = self.messages.pop_front()?;
        self.cost -= cost(&message);
        self.unreported += cost(&message);
        self.cursors.ack += 1;
        Some(message)
    }

    /// The close was delivered: it counts as taken.
    pub(crate) fn take_close(&mut self) {
        if self.is_at_end() {
            self.cursors.ack = self.cursors.received;
        }
    }

    pub(crate) fn is_unreported(&self) -> bool {
        self.cursors != self.reported
    }

    /// Whether the server may soon run out of window (spec SEQ-6).
    pub(crate) fn is_urgent(&self, window: usize) -> bool {
        self.unreported >= window / 4
    }

    /// The cursors, as something that is being sent now.
    pub(crate) fn report(&mut self) -> Cursors {
        self.reported = self.cursors;
        self.unreported = 0;
        self.cursors
    }

    /// What was sent may have been lost: tell the cursors again.
    pub(crate) fn forget_report(&mut self) {
        self.reported = Cursors::default();
        self.unreported = 0;
    }
}
