//! What the client sent and the server has not acknowledged (spec §7).
//!
//! Its bound is the window that the server granted, so whatever is in it may be sent.

use std::collections::VecDeque;
use throughline_core::message::OVERHEAD;
use throughline_core::wire::native::{Close, Cursors, Item};
use throughline_core::{Code, Message};

#[derive(Debug, Default)]
pub(crate) struct Log {
    items: VecDeque<Item>,
    /// The server's cursors; `items` starts right above `peer.ack`.
    peer: Cursors,
    cost: usize,
    closed: bool,
}

impl Log {
    /// The number of the last sequenced frame.
    pub(crate) fn last(&self) -> u64 {
        self.peer.ack + self.items.len() as u64
    }

    /// What the server has told of this direction.
    pub(crate) fn peer(&self) -> Cursors {
        self.peer
    }

    pub(crate) fn cost(&self) -> usize {
        self.cost
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(crate) fn push(&mut self, message: Message) -> u64 {
        self.cost += cost(&message);
        self.items.push_back(Item::Message(message));
        self.last()
    }

    pub(crate) fn push_close(&mut self, close: Close) {
        self.closed = true;
        self.items.push_back(Item::Close(Box::new(close)));
    }

    pub(crate) fn get(&self, seq: u64) -> Option<&Item> {
        let index = seq.checked_sub(self.peer.ack + 1)?;
        self.items.get(usize::try_from(index).ok()?)
    }

    /// Where to go on sending on a new link.
    pub(crate) fn unreceived(&self) -> u64 {
        self.peer.received + 1
    }

    /// The numbers of the messages that are not known to be taken.
    pub(crate) fn unacknowledged(&self) -> Vec<u64> {
        (self.peer.ack + 1..)
            .zip(&self.items)
            .filter(|(_, item)| matches!(item, Item::Message(_)))
            .map(|(seq, _)| seq)
            .collect()
    }

    /// Frees what `ack` covers.
    ///
    /// # Errors
    /// The cursors name what was never sent (spec SEQ-5).
    pub(crate) fn acknowledge(&mut self, cursors: Cursors) -> Result<(), Code> {
        if cursors.ack > cursors.received || cursors.received > self.last() {
            return Err(Code::VIOLATION);
        }
        self.peer.received = self.peer.received.max(cursors.received);
        while self.peer.ack < cursors.ack {
            if let Some(Item::Message(message)) = self.items.pop_front() {
                self.cost -= cost(&message);
            }
            self.peer.ack += 1;
        }
        Ok(())
    }
}

/// What a message costs in a window (spec FLW-1).
pub(crate) fn cost(message: &Message) -> usize {
    message.len() + OVERHEAD
}
