//! The retained outgoing log: every sequenced frame that the peer has not acknowledged (spec §7).
//!
//! Its bound is the peer's window, so whatever is in the log may be sent at once and flow control
//! needs no second check. Only `ack` frees: `received` merely says where to go on sending. Room for
//! the close is always kept, since a close costs nothing. A small message of this session alone lies in the log's own
//! memory: to copy one costs less than to share it and to free it by itself. What many sessions get is shared, and what is sent together.

mod bodies;
mod memory;

use super::{Violation, give_back};
use crate::message::{Body, Message, OVERHEAD};
use crate::queue::push;
use crate::wire::native::batch;
use crate::wire::native::{Close, Cursors, Item};
use bodies::{Bodies, Place};
use std::collections::VecDeque;

/// Longer messages are shared with whoever else has them, in any case.
const SMALL: usize = 512;

#[derive(Debug)]
pub(super) struct Log {
    entries: VecDeque<Entry>,
    /// Texts, which stay what they are.
    texts: Bodies<String>,
    /// Once there were some; most sessions have none.
    binaries: Option<Box<Bodies<Vec<u8>>>>,
    /// The peer's cursors; `entries` starts right above `peer.ack`.
    peer: Cursors,
    cost: usize,
    capacity: usize,
    /// The close that ends this direction, which is the last entry.
    close: Option<Box<Close>>,
}

#[derive(Debug)]
enum Entry {
    Text(Place),
    Binary(Place),
    Shared(Message),
    /// The log's own close.
    Close,
}

/// A sequenced frame where it lies in the log.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Logged<'a> {
    Small(Body<'a>),
    Shared(&'a Message),
    Close(&'a Close),
}

impl<'a> Logged<'a> {
    /// What it says, unless it is the close.
    pub(crate) fn body(self) -> Option<Body<'a>> {
        match self {
            Self::Small(body) => Some(body),
            Self::Shared(message) => Some(message.into()),
            Self::Close(_) => None,
        }
    }

    /// How many bytes the frame takes in a batch.
    pub(crate) fn wire_len(self) -> usize {
        match self.body() {
            Some(body) => batch::framed_len(body.as_bytes().len()),
            None => Item::from(self).wire_len(),
        }
    }
}

impl From<Logged<'_>> for Item {
    fn from(logged: Logged<'_>) -> Self {
        match logged {
            Logged::Small(body) => Self::Message(body.into()),
            Logged::Shared(message) => Self::Message(message.clone()),
            Logged::Close(close) => Self::Close(Box::new(close.clone())),
        }
    }
}

impl Log {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            texts: Bodies::default(),
            binaries: None,
            peer: Cursors::default(),
            cost: 0,
            capacity,
            close: None,
        }
    }

    /// The number of the last sequenced frame.
    pub(super) fn last(&self) -> u64 {
        self.peer.ack + self.entries.len() as u64
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
        self.close.as_deref()
    }

    /// Whether the close was sent and acknowledged, and so everything before it.
    pub(super) fn is_finished(&self) -> bool {
        self.is_closed() && self.entries.is_empty()
    }

    /// Numbers a message that nobody else gets. The caller has checked the room.
    pub(super) fn push(&mut self, message: &Message) {
        match message.len() > SMALL {
            true => self.share(message),
            false => self.copy(message.into()),
        }
    }

    /// Numbers a text that is in no message, likewise.
    pub(super) fn push_text(&mut self, text: &str) {
        match text.len() > SMALL {
            true => self.share(&Message::text(text)),
            false => self.copy(Body::Text(text)),
        }
    }

    fn copy(&mut self, body: Body<'_>) {
        let entry = match body {
            Body::Text(text) => Entry::Text(self.texts.push(text)),
            Body::Binary(bytes) => {
                let binaries = self.binaries.get_or_insert_default();
                Entry::Binary(binaries.push(bytes))
            }
        };
        self.cost += entry.cost();
        push(&mut self.entries, entry);
    }

    /// Numbers a message that others get, too, likewise.
    pub(super) fn share(&mut self, message: &Message) {
        self.cost += message.cost();
        push(&mut self.entries, Entry::Shared(message.clone()));
    }

    /// Numbers the close; nothing may follow it (spec CLS-1).
    pub(super) fn push_close(&mut self, close: Close) {
        self.entries.push_back(Entry::Close);
        self.close = Some(Box::new(close));
    }

    fn entry(&self, seq: u64) -> Option<&Entry> {
        let index = seq.checked_sub(self.peer.ack + 1)?;
        self.entries.get(usize::try_from(index).ok()?)
    }

    pub(super) fn get(&self, seq: u64) -> Option<Logged<'_>> {
        self.look(self.entry(seq)?)
    }

    /// What the messages from that number on say, up to the close.
    pub(super) fn bodies(&self, first: u64) -> impl Iterator<Item = Body<'_>> {
        (first..).map_while(|seq| self.get(seq)?.body())
    }

    fn look<'a>(&'a self, entry: &'a Entry) -> Option<Logged<'a>> {
        Some(match entry {
            Entry::Text(place) => Logged::Small(Body::Text(self.texts.get(*place))),
            Entry::Binary(place) => {
                Logged::Small(Body::Binary(self.binaries.as_ref()?.get(*place)))
            }
            Entry::Shared(message) => Logged::Shared(message),
            Entry::Close => Logged::Close(self.close()?),
        })
    }

    /// Whether what there is from `next` on costs more than that.
    pub(super) fn lags(&self, next: u64, lag: usize) -> bool {
        let mut cost = 0;
        (next..).map_while(|seq| self.entry(seq)).any(|entry| {
            cost += entry.cost();
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
        give_back(&mut self.entries);
        Ok(self.peer != before)
    }

    fn free_first(&mut self) {
        if let Some(entry) = self.entries.pop_front() {
            self.cost -= entry.cost();
            match entry {
                Entry::Text(place) => self.texts.free(place),
                Entry::Binary(place) => {
                    if let Some(binaries) = &mut self.binaries {
                        binaries.free(place);
                    }
                }
                Entry::Shared(_) | Entry::Close => {}
            }
        }
        self.peer.ack += 1;
    }

    /// Gives up what is left, each message with its number.
    pub(super) fn drain(&mut self) -> Vec<(u64, Message)> {
        self.cost = 0;
        let entries = std::mem::take(&mut self.entries);
        let numbered = (self.peer.ack + 1..).zip(&entries);
        let left = numbered.filter_map(|(seq, entry)| {
            let Item::Message(message) = self.look(entry)?.into() else {
                return None;
            };
            Some((seq, message))
        });
        let left = left.collect();
        self.texts = Bodies::default();
        self.binaries = None;
        left
    }
}

impl Entry {
    fn cost(&self) -> usize {
        match self {
            Self::Text(place) | Self::Binary(place) => place.len() + OVERHEAD,
            Self::Shared(message) => message.cost(),
            Self::Close => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        Push(Message),
        PushText(String),
        Share(Message),
        Acknowledge,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let text = || "[aé\u{1f600}]{0,200}";
        let message = || {
            prop_oneof![
                text().prop_map(Message::from),
                proptest::collection::vec(any::<u8>(), 0..700).prop_map(Message::from),
            ]
        };
        let step = prop_oneof![
            message().prop_map(Step::Push),
            text().prop_map(Step::PushText),
            message().prop_map(Step::Share),
            Just(Step::Acknowledge),
        ];
        proptest::collection::vec(step, 0..100)
    }

    proptest! {
        #[test]
        fn it_holds_what_was_sent_and_not_acknowledged(steps in steps()) {
            let mut log = Log::new(usize::MAX / 2);
            let mut known = VecDeque::new();
            let (mut seq, mut ack) = (0, 0_u64);
            for step in steps {
                let sent = match step {
                    Step::Push(message) => {
                        log.push(&message);
                        message
                    }
                    Step::PushText(text) => {
                        log.push_text(&text);
                        text.into()
                    }
                    Step::Share(message) => {
                        log.share(&message);
                        message
                    }
                    Step::Acknowledge => {
                        ack += (seq - ack).div_ceil(3);
                        log.acknowledge(cursors(ack, ack)).unwrap();
                        known.retain(|(seq, _)| *seq > ack);
                        continue;
                    }
                };
                seq += 1;
                known.push_back((seq, sent));
                let cost: usize = known.iter().map(|(_, message)| message.cost()).sum();
                prop_assert_eq!(log.cost(), cost);
                for (seq, message) in &known {
                    let kept = log.get(*seq).map(Item::from);
                    prop_assert_eq!(kept, Some(Item::Message(message.clone())));
                }
            }
            prop_assert_eq!(log.drain(), Vec::from(known));
        }
    }

    fn cursors(received: u64, ack: u64) -> Cursors {
        Cursors { received, ack }
    }

    // spec: SEQ-3
    #[test]
    fn only_ack_frees() {
        let mut log = Log::new(1000);
        log.push(&"a".into());
        log.push(&"b".into());
        assert_eq!(log.acknowledge(cursors(2, 1)), Ok(true));
        assert!(log.get(1).is_none());
        assert!(log.get(2).is_some());
        assert_eq!(log.cost(), 17);
    }

    #[test]
    fn a_burst_leaves_no_memory_behind() {
        let mut log = Log::new(100_000);
        for _ in 0..1000 {
            log.push(&"a".into());
        }
        log.acknowledge(cursors(1000, 1000)).unwrap();
        assert!(log.entries.capacity() < 100);
        assert_eq!(log.texts.held(), 0);
    }

    #[test]
    fn what_was_sent_is_there_until_it_is_acknowledged() {
        let longer = "b".repeat(SMALL + 1);
        let messages: [Message; 4] = ["é".into(), longer.into(), vec![0xff].into(), "a".into()];
        let mut log = Log::new(10_000);
        for message in &messages[..3] {
            log.push(message);
        }
        log.share(&messages[3]);
        let kept = |log: &Log| {
            let logged = (1..=4).filter_map(|seq| log.get(seq));
            logged.map(Item::from).collect::<Vec<_>>()
        };
        let items = messages.clone().map(Item::Message);
        assert_eq!(kept(&log), items);
        log.acknowledge(cursors(1, 1)).unwrap();
        assert_eq!(kept(&log), items[1..]);
        let left = log.drain();
        assert_eq!(
            left,
            [2, 3, 4].map(|seq| (seq, messages[seq as usize - 1].clone()))
        );
    }

    #[test]
    fn a_text_is_kept_as_a_message_of_it_is() {
        for text in ["", "é", &"b".repeat(SMALL), &"b".repeat(SMALL + 1)] {
            let (mut log, mut other) = (Log::new(10_000), Log::new(10_000));
            log.push_text(text);
            other.push(&Message::text(text));
            assert_eq!(log.cost(), other.cost());
            assert_eq!(log.drain(), [(1, Message::text(text))]);
        }
    }

    /// There are many of them.
    #[test]
    fn an_entry_is_small() {
        assert_eq!(size_of::<Entry>(), 40);
    }

    // spec: SEQ-4
    #[test]
    fn cursors_never_go_back() {
        let mut log = Log::new(1000);
        log.push(&"a".into());
        log.push(&"b".into());
        log.acknowledge(cursors(2, 2)).unwrap();
        assert_eq!(log.acknowledge(cursors(1, 0)), Ok(false));
        assert_eq!(log.peer(), cursors(2, 2));
    }

    // spec: SEQ-5
    #[test]
    fn a_cursor_beyond_what_was_sent_is_a_violation() {
        let mut log = Log::new(1000);
        log.push(&"a".into());
        assert!(log.acknowledge(cursors(2, 0)).is_err());
        assert!(log.acknowledge(cursors(0, 1)).is_err());
        assert_eq!(log.peer(), cursors(0, 0));
    }

    #[test]
    fn what_lags_is_what_lies_from_a_number_on() {
        let mut log = Log::new(1000);
        log.push(&"a".into());
        log.push(&"b".into());
        assert!(log.lags(1, 33));
        assert!(!log.lags(1, 34));
        assert!(log.lags(2, 16));
        assert!(!log.lags(3, 0));
    }

    // spec: FLW-1
    #[test]
    fn room_is_kept_for_the_close() {
        let mut log = Log::new(17);
        log.push(&"a".into());
        assert!(!log.has_room_for(16));
        log.push_close(Close::new(crate::Code::NORMAL, String::new()));
        assert_eq!(log.cost(), 17);
        log.acknowledge(cursors(2, 2)).unwrap();
        assert!(log.is_finished());
    }
}
