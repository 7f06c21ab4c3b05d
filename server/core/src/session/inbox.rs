//! The inbox: what arrived in order and the application has not taken (spec §7).
//!
//! It takes number `received`+1 and nothing else (go-back-N), so its two cursors say all there is to
//! say. Its bound is the window that was granted; a peer that exceeds it broke a rule.

use super::{Violation, give_back};
use crate::limits::Limits;
use crate::message::Message;
use crate::queue::push;
use crate::wire::native::{Close, Cursors, Item};
use std::collections::VecDeque;

#[derive(Debug)]
pub(super) struct Inbox {
    messages: VecDeque<Message>,
    cursors: Cursors,
    /// What the peer has been told on the present link.
    reported: Cursors,
    /// Cost of the messages taken since the last report.
    unreported: usize,
    cost: usize,
    window: usize,
    longest: usize,
    close: Option<Box<Close>>,
    /// The application has asked for more, and there was nothing.
    awaited: bool,
    /// Nothing more is accepted, and nothing taken.
    sealed: bool,
}

impl Inbox {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            messages: VecDeque::new(),
            cursors: Cursors::default(),
            reported: Cursors::default(),
            unreported: 0,
            cost: 0,
            window: limits.window,
            longest: limits.message,
            close: None,
            awaited: false,
            sealed: false,
        }
    }

    pub(super) fn cursors(&self) -> Cursors {
        self.cursors
    }

    pub(super) fn cost(&self) -> usize {
        self.cost
    }

    /// Whether a `take` would give a message or the end.
    pub(super) fn is_ready(&self) -> bool {
        !self.messages.is_empty() || self.close.is_some()
    }

    /// Whether the application has taken everything and waits for more.
    pub(super) fn is_awaited(&self) -> bool {
        self.awaited
    }

    pub(super) fn close(&self) -> Option<&Close> {
        self.close.as_deref()
    }

    /// Whether the peer's close is all that is left, or was taken.
    pub(super) fn is_at_end(&self) -> bool {
        self.messages.is_empty() && self.close.is_some()
    }

    /// Checks consecutive frames from `first` on, so that a batch is applied whole or not at all.
    pub(super) fn check(&self, first: u64, items: &[Item]) -> Result<(), Violation> {
        let mut cost = self.cost;
        let mut closed = self.close.is_some();
        for (seq, item) in (first..).zip(items) {
            if seq <= self.cursors.received {
                continue;
            }
            if closed {
                return Err(Violation::AfterClose);
            }
            match item {
                Item::Message(message) if message.len() > self.longest => {
                    return Err(Violation::MessageTooLarge);
                }
                Item::Message(message) => cost += message.cost(),
                Item::Close(_) => closed = true,
            }
        }
        if cost > self.window {
            return Err(Violation::WindowExceeded);
        }
        Ok(())
    }

    /// Takes a frame that `check` allowed. A lower number is a repetition and is dropped.
    pub(super) fn accept(&mut self, seq: u64, item: Item) {
        if self.sealed || seq != self.cursors.received + 1 {
            return;
        }
        self.cursors.received = seq;
        self.awaited = false;
        match item {
            Item::Message(message) => {
                self.cost += message.cost();
                push(&mut self.messages, message);
            }
            Item::Close(close) => self.close = Some(close),
        }
    }

    /// Gives the next message to the application, which moves `ack`.
    pub(super) fn take(&mut self) -> Option<Message> {
        self.awaited = self.messages.is_empty();
        let message = self.messages.pop_front()?;
        give_back(&mut self.messages);
        self.cost -= message.cost();
        self.unreported += message.cost();
        self.cursors.ack += 1;
        Some(message)
    }

    /// The application has seen the end: the close counts as taken.
    pub(super) fn take_close(&mut self) {
        if !self.sealed && self.is_at_end() {
            self.cursors.ack = self.cursors.received;
        }
    }

    /// We have closed, or are gone. From here on the cursors are final, so that what our close tells the client
    /// stays true: what was not taken stays untaken, and what comes now did not arrive (spec CLS-3).
    pub(super) fn seal(&mut self) {
        self.sealed = true;
        self.messages.clear();
        self.cost = 0;
    }

    /// Whether the peer does not know the cursors yet.
    pub(super) fn is_unreported(&self) -> bool {
        self.cursors != self.reported
    }

    /// Whether so much is unreported that the peer may soon run out of window (spec SEQ-6).
    pub(super) fn is_urgent(&self) -> bool {
        self.unreported >= self.window / 4
    }

    /// The cursors, as something that is being sent now.
    pub(super) fn report(&mut self) -> Cursors {
        self.reported = self.cursors;
        self.unreported = 0;
        self.cursors
    }

    /// A link begins: what was told on the one before may have been lost with it.
    pub(super) fn forget_report(&mut self) {
        self.reported = Cursors::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inbox(window: usize) -> Inbox {
        Inbox::new(&Limits {
            window,
            message: 10,
            ..Limits::default()
        })
    }

    fn item(text: &'static str) -> Item {
        Item::Message(text.into())
    }

    // spec: SEQ-2
    #[test]
    fn takes_only_the_next_number() {
        let mut inbox = inbox(1000);
        inbox.accept(2, item("early"));
        inbox.accept(1, item("one"));
        inbox.accept(1, item("again"));
        assert_eq!(inbox.cursors().received, 1);
        assert_eq!(inbox.take(), Some("one".into()));
        assert_eq!(inbox.take(), None);
    }

    // spec: FLW-3, POL-6
    #[test]
    fn a_batch_beyond_the_window_is_refused_whole() {
        let inbox = inbox(40);
        let items = [item("a"), item("b"), item("c")];
        assert_eq!(inbox.check(1, &items), Err(Violation::WindowExceeded));
        assert_eq!(inbox.check(1, &items[..2]), Ok(()));
    }

    // spec: FLW-4
    #[test]
    fn a_long_message_is_a_violation() {
        assert_eq!(
            inbox(1000).check(1, &[item("longer than ten")]),
            Err(Violation::MessageTooLarge)
        );
    }

    // spec: CLS-1
    #[test]
    fn nothing_follows_a_close() {
        let mut inbox = inbox(1000);
        let close = Item::Close(Box::new(Close::new(crate::Code::NORMAL, String::new())));
        assert_eq!(
            inbox.check(1, &[close.clone(), item("late")]),
            Err(Violation::AfterClose)
        );
        inbox.accept(1, close);
        assert_eq!(inbox.check(2, &[item("late")]), Err(Violation::AfterClose));
    }

    #[test]
    fn a_sealed_inbox_keeps_its_cursors() {
        let mut inbox = inbox(1000);
        inbox.accept(1, item("one"));
        inbox.seal();
        inbox.accept(2, item("two"));
        assert_eq!(
            inbox.cursors(),
            Cursors {
                received: 1,
                ack: 0
            }
        );
        assert!(!inbox.is_ready());
        assert_eq!(inbox.cost(), 0);
    }
}
