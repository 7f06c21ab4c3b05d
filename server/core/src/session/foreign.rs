//! A link of a foreign dialect, which has neither numbers nor acknowledgements of its own.
//!
//! What arrives on it is next, and what its dialect says was delivered is acknowledged: the dialect knows how
//! far its wire format can tell. Everything else is the session's own way, bounds and order included.

use super::flush::Transport;
use super::log::{Log, Logged};
use super::{Link, Session, Violation};
use crate::message::OVERHEAD;
use crate::time::Time;
use crate::wire::native::{Cursors, Item};

#[derive(Debug)]
pub(super) struct Foreign {
    transport: Transport,
    /// The number of the next frame to hand out.
    next: u64,
    /// The driver knows that there is something to send.
    roused: bool,
}

impl Foreign {
    pub(super) fn transport(&self) -> Transport {
        self.transport
    }

    /// The number of the next frame to hand out.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    pub(super) fn has_items(&self, log: &Log) -> bool {
        self.next <= log.last()
    }

    /// Says whether the driver must be woken: once, until it has found nothing more to send.
    pub(super) fn rouse(&mut self) -> bool {
        !std::mem::replace(&mut self.roused, true)
    }
}

impl Session {
    /// Carries the session from now on. What was handed out on the link before and not confirmed is handed out
    /// again: changing transport is resuming, here too.
    pub(crate) fn carry(&mut self, now: Time, transport: Transport) {
        let generation = self.generations.offer(now + self.limits.offer);
        let link = Foreign {
            transport,
            next: self.log.peer().received + 1,
            roused: false,
        };
        self.begin(now, generation, Link::Foreign(link));
        self.settle(now);
    }

    /// Whether the application's inbox has room for a message of that length.
    pub(crate) fn has_inbox_room(&self, len: usize) -> bool {
        self.inbox.cost() + len + OVERHEAD <= self.limits.window
    }

    /// Takes the next message, or the close, that the client sent. The caller has looked for room.
    pub(crate) fn receive(&mut self, now: Time, item: Item) {
        let seq = self.inbox.cursors().received + 1;
        match self.inbox.check(seq, std::slice::from_ref(&item)) {
            Ok(()) => self.accept(now, seq, item),
            // What follows a close comes too late for this dialect's client, and is no violation of its.
            Err(Violation::AfterClose) => {}
            Err(violation) => self.violate(violation),
        }
        self.settle(now);
    }

    /// What is next for the client; nothing moves.
    pub(crate) fn next_item(&mut self) -> Option<Logged<'_>> {
        let Link::Foreign(link) = &mut self.link else {
            return None;
        };
        let item = self.log.get(link.next);
        link.roused = item.is_some();
        item
    }

    /// The next one was handed out.
    pub(crate) fn advance(&mut self) {
        if let Link::Foreign(link) = &mut self.link {
            link.next += 1;
        }
    }

    /// What was handed out and not confirmed is handed out again.
    pub(crate) fn rewind(&mut self) {
        if let Link::Foreign(link) = &mut self.link {
            link.next = self.log.peer().received + 1;
        }
    }

    /// What was handed out has arrived.
    pub(crate) fn confirm(&mut self, now: Time) {
        let Link::Foreign(link) = &self.link else {
            return;
        };
        let handed_out = link.next - 1;
        let cursors = Cursors {
            received: handed_out,
            ack: handed_out,
        };
        self.receive_cursors(now, cursors);
        self.settle(now);
    }

    /// Nothing carries the session any more.
    pub(crate) fn put_down(&mut self, now: Time) {
        if matches!(self.link, Link::Foreign(_)) {
            self.detach(now);
        }
    }
}
