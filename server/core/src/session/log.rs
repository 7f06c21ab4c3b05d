//! The retained outgoing log: every sequenced frame that the peer has not acknowledged (spec §7).
//!
//! Its bound is the peer's window, so whatever is in the log may be sent at once and flow control
//! needs no second check. Only `ack` frees: `received` merely says where to go on sending. Room for
//! the close is always kept, since a close costs nothing.

use super::{Violation, give_back};
use crate::message::Message;
use crate::wire::native::{Close, Cursors, Item};
use std::collections::VecDeque;

#[derive(Debug)]
pub(super) struct Log {
    items: VecDeque<Item>,
    /// The peer's cursors; `items` starts right above `peer.ack`.
    peer: Cursors,
    cost: usize,
    capacity: usize,
    /// The close that ends this direction, with its number.
    close: Option<(u64, Box<Close>)>,
}

impl Log {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            items: VecDeque::new(),
            peer: Cursors::default(),
            cost: 0,
            capacity,
            close: None,
        }
    }

    /// The number of the last sequenced frame.
    pub(super) fn last(&self) -> u64 {
        self.peer.ack + self.items.len() as u64
    }

    /// What the peer has told us of this direction.
    pub(super) fn peer(&self) -> Cursors {
        self.peer
    }

    pub(super) fn cost(&self) -> usize {
        self.cost
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn has_room_for(&self, cost: usize) -> bool {
        self.cost + cost <= self.capacity
    }

    pub(super) fn is_closed(&self) -> bool {
        self.close.is_some()
    }

    /// The close that was numbered.
    pub(super) fn close(&self) -> Option<&Close> {
        self.close.as_ref().map(|(_, close)| &**close)
    }

    /// Whether the close was sent and acknowledged, and so everything before it.
    pub(super) fn is_finished(&self) -> bool {
        self.close
            .as_ref()
            .is_some_and(|(seq, _)| *seq <= self.peer.ack)
    }

    /// Numbers a message. The caller has checked the room.
    pub(super) fn push(&mut self, message: Message) -> u64 {
        self.cost += message.cost();
        self.items.push_back(Item::Message(message));
        self.last()
    }

    /// Numbers the close; nothing may follow it (spec CLS-1).
    pub(super) fn push_close(&mut self, close: Close) {
        self.items.push_back(Item::Close(Box::new(close.clone())));
        self.close = Some((self.last(), Box::new(close)));
    }

    pub(super) fn get(&self, seq: u64) -> Option<&Item> {
        let index = seq.checked_sub(self.peer.ack + 1)?;
        self.items.get(usize::try_from(index).ok()?)
    }

    /// Whether what there is from `next` on costs more than that.
    pub(super) fn lags(&self, next: u64, lag: usize) -> bool {
        let mut cost = 0;
        (next..).map_while(|seq| self.get(seq)).any(|item| {
            if let Item::Message(message) = item {
                cost += message.cost();
            }
            cost > lag
        })
    }

    /// Cursors must name what was sent (spec SEQ-5).
    pub(super) fn check(&self, cursors: Cursors) -> Result<(), Violation> {
        if cursors.ack > cursors.received || cursors.received > self.last() {
            return Err(Violation::Cursor);
        }
        Ok(())
    }

    /// Frees what `ack` covers; says whether anything moved.
    pub(super) fn acknowledge(&mut self, cursors: Cursors) -> Result<bool, Violation> {
        self.check(cursors)?;
        let before = self.peer;
        self.peer.received = before.received.max(cursors.received);
        while self.peer.ack < cursors.ack {
            self.free_first();
        }
        give_back(&mut self.items);
        Ok(self.peer != before)
    }

    fn free_first(&mut self) {
        if let Some(Item::Message(message)) = self.items.pop_front() {
            self.cost -= message.cost();
        }
        self.peer.ack += 1;
    }

    /// Gives up what is left, each message with its number.
    pub(super) fn drain(&mut self) -> Vec<(u64, Message)> {
        let first = self.peer.ack + 1;
        self.cost = 0;
        (first..)
            .zip(std::mem::take(&mut self.items))
            .filter_map(|(seq, item)| match item {
                Item::Message(message) => Some((seq, message)),
                Item::Close(_) => None,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursors(received: u64, ack: u64) -> Cursors {
        Cursors { received, ack }
    }

    // spec: SEQ-3
    #[test]
    fn only_ack_frees() {
        let mut log = Log::new(1000);
        log.push("a".into());
        log.push("b".into());
        assert_eq!(log.acknowledge(cursors(2, 1)), Ok(true));
        assert!(log.get(1).is_none());
        assert!(log.get(2).is_some());
        assert_eq!(log.cost(), 17);
    }

    #[test]
    fn a_burst_leaves_no_memory_behind() {
        let mut log = Log::new(100_000);
        for _ in 0..1000 {
            log.push("a".into());
        }
        log.acknowledge(cursors(1000, 1000)).unwrap();
        assert!(log.items.capacity() < 100);
    }

    // spec: SEQ-4
    #[test]
    fn cursors_never_go_back() {
        let mut log = Log::new(1000);
        log.push("a".into());
        log.push("b".into());
        log.acknowledge(cursors(2, 2)).unwrap();
        assert_eq!(log.acknowledge(cursors(1, 0)), Ok(false));
        assert_eq!(log.peer(), cursors(2, 2));
    }

    // spec: SEQ-5
    #[test]
    fn a_cursor_beyond_what_was_sent_is_a_violation() {
        let mut log = Log::new(1000);
        log.push("a".into());
        assert!(log.acknowledge(cursors(2, 0)).is_err());
        assert!(log.acknowledge(cursors(0, 1)).is_err());
        assert_eq!(log.peer(), cursors(0, 0));
    }

    #[test]
    fn what_lags_is_what_lies_from_a_number_on() {
        let mut log = Log::new(1000);
        log.push("a".into());
        log.push("b".into());
        assert!(log.lags(1, 33));
        assert!(!log.lags(1, 34));
        assert!(log.lags(2, 16));
        assert!(!log.lags(3, 0));
    }

    // spec: FLW-1
    #[test]
    fn room_is_kept_for_the_close() {
        let mut log = Log::new(17);
        log.push("a".into());
        assert!(!log.has_room_for(16));
        log.push_close(Close::new(crate::Code::NORMAL, String::new()));
        assert_eq!(log.cost(), 17);
        log.acknowledge(cursors(2, 2)).unwrap();
        assert!(log.is_finished());
    }
}
