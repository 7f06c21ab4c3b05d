//! The last events of a namespace, for those who come back.
//!
//! Bounded by count and by bytes: the oldest goes. Each event has a number, and whoever knows how far it has come either
//! gets all that it missed, or is told that the ring no longer holds all of it.

use super::selection::Selection;
use std::collections::VecDeque;
use std::sync::Arc;
use throughline_core::Message;

/// What an event costs on top of its bytes: its place in the ring, and the names of its rooms.
const OVERHEAD: usize = 128;

#[derive(Debug)]
pub(super) struct Ring {
    events: VecDeque<Kept>,
    /// The number of the last event.
    last: u64,
    bytes: usize,
    most_events: usize,
    most_bytes: usize,
}

/// One event, with whom it was for.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) messages: Arc<[Message]>,
    pub(super) selection: Arc<Selection>,
}

impl Kept {
    fn cost(&self) -> usize {
        self.messages.iter().map(Message::len).sum::<usize>() + self.selection.cost() + OVERHEAD
    }
}

impl Ring {
    pub(super) fn new(most_events: usize, most_bytes: usize) -> Self {
        Self {
            events: VecDeque::new(),
            last: 0,
            bytes: 0,
            most_events,
            most_bytes,
        }
    }

    pub(super) fn last(&self) -> u64 {
        self.last
    }

    pub(super) fn push(&mut self, kept: Kept) {
        self.last += 1;
        self.bytes += kept.cost();
        self.events.push_back(kept);
        while self.events.len() > self.most_events || self.bytes > self.most_bytes {
            self.drop_first();
        }
    }

    /// Drops all events. Their numbers stay given.
    pub(super) fn clear(&mut self) {
        self.events = VecDeque::new();
        self.bytes = 0;
    }

    fn drop_first(&mut self) {
        if let Some(kept) = self.events.pop_front() {
            self.bytes -= kept.cost();
        }
    }

    /// The number of the last event that is gone.
    fn gone(&self) -> u64 {
        self.last - self.events.len() as u64
    }

    /// Whether it holds everything behind that number.
    pub(super) fn holds_all_after(&self, number: u64) -> bool {
        (self.gone()..=self.last).contains(&number)
    }

    /// What it holds behind that number. What lies before costs nothing.
    pub(super) fn after(&self, number: u64) -> impl Iterator<Item = (u64, &Kept)> {
        let passed = number.clamp(self.gone(), self.last) - self.gone();
        let index = usize::try_from(passed).unwrap_or(self.events.len());
        (self.gone() + passed + 1..).zip(self.events.range(index..))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(ring: &mut Ring, text: &str) {
        ring.push(Kept {
            messages: [Message::text(text.to_owned())].into(),
            selection: Arc::new(Selection::everybody()),
        });
    }

    fn texts(ring: &Ring, after: u64) -> Vec<String> {
        let kept = ring.after(after);
        kept.map(|(number, kept)| format!("{number}{}", kept.messages[0].as_text().unwrap()))
            .collect()
    }

    #[test]
    fn the_oldest_goes_and_is_known_to_be_gone() {
        let mut ring = Ring::new(2, 10_000);
        assert!(ring.holds_all_after(0));
        for text in ["a", "b", "c"] {
            push(&mut ring, text);
        }
        assert!(!ring.holds_all_after(0));
        assert_eq!(texts(&ring, 1), ["2b", "3c"]);
        assert_eq!(texts(&ring, 2), ["3c"]);
        assert!(texts(&ring, 3).is_empty() && texts(&ring, 4).is_empty());
        assert_eq!(texts(&ring, 0), ["2b", "3c"]);
        assert!(ring.holds_all_after(3) && !ring.holds_all_after(4));
    }

    #[test]
    fn bytes_are_bounded_too() {
        let mut ring = Ring::new(100, 1000);
        for _ in 0..10 {
            push(&mut ring, &"x".repeat(300));
        }
        assert_eq!(ring.after(0).count(), 2);
        push(&mut ring, &"x".repeat(2000));
        assert_eq!((ring.after(0).count(), ring.bytes), (0, 0));
        assert!(ring.holds_all_after(11) && !ring.holds_all_after(10));
        push(&mut ring, "x");
        ring.clear();
        assert_eq!((ring.after(0).count(), ring.bytes, ring.last()), (0, 0, 12));
    }
}
