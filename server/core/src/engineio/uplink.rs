//! What came from the client and is not in the session's inbox yet, in the order in which it came.
//!
//! A POST is answered when the inbox has taken all of it, and a WebSocket is not read meanwhile: that is
//! how the application's pace reaches a client of a protocol without windows.

use super::polling::{Answer, Batch};
use super::{Ending, Engine};
use crate::message::Message;
use crate::queue::push;
use crate::time::Time;
use crate::wire::engineio::{Malformed, Packet};
use crate::wire::native::Item;
use std::collections::VecDeque;

#[derive(Debug, Default)]
pub(super) struct Uplink {
    /// A message that the inbox had no room for.
    waiting: Option<Message>,
    /// The POST that is being taken.
    pub(super) batch: Option<Batch>,
    /// From the WebSocket that carries the session; bounded, since nothing is read while the uplink is blocked.
    stream: VecDeque<Result<Packet, Malformed>>,
}

impl Uplink {
    pub(super) fn is_blocked(&self) -> bool {
        self.waiting.is_some()
    }

    /// Whether it has no deadline for sure.
    pub(super) fn is_at_rest(&self) -> bool {
        self.batch.is_none()
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        self.batch.as_ref().and_then(Batch::gone)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_none() && self.batch.is_none() && self.stream.is_empty()
    }

    fn next(&mut self) -> Option<Result<Packet, Malformed>> {
        if let Some(waiting) = self.waiting.take() {
            return Some(Ok(Packet::Message(waiting)));
        }
        let batch = self.batch.as_mut().and_then(Batch::next);
        batch.or_else(|| self.stream.pop_front())
    }
}

impl Engine {
    /// Takes what came on the WebSocket, behind what waits.
    pub(super) fn queue(&mut self, now: Time, packet: Result<Packet, Malformed>) {
        if self.uplink.is_empty() && !self.is_over() {
            self.take(now, packet);
        } else {
            push(&mut self.uplink.stream, packet);
        }
    }

    /// Takes what there is while the inbox has room. Mostly there is nothing.
    #[inline(never)]
    pub(super) fn take_uplink(&mut self, now: Time) {
        if self.session.tombstone().is_some() {
            return self.drop_uplink();
        }
        let was_blocked = self.uplink.is_blocked();
        while !self.is_over()
            && let Some(packet) = self.uplink.next()
        {
            self.take(now, packet);
            if self.uplink.is_blocked() {
                return;
            }
        }
        self.finish_batch();
        if was_blocked {
            self.heartbeat.hear_again(now);
            self.wake_carrier();
        }
    }

    fn take(&mut self, now: Time, packet: Result<Packet, Malformed>) {
        match packet {
            Ok(Packet::Message(message)) => self.take_message(now, message),
            Ok(packet @ (Packet::Ping(_) | Packet::Pong(_))) => self.take_beat(now, packet),
            Ok(Packet::Close) => self.close(now),
            Ok(Packet::Open(_) | Packet::Upgrade | Packet::Noop) => {}
            Err(_) => self.end(now, Ending::PARSE_ERROR),
        }
    }

    /// One that the inbox has no room for waits, and all that comes after it.
    fn take_message(&mut self, now: Time, message: Message) {
        if self.session.has_inbox_room(message.len()) {
            self.session.receive(now, Item::Message(message));
        } else {
            self.uplink.waiting = Some(message);
        }
    }

    fn take_beat(&mut self, now: Time, packet: Packet) {
        if !self.heartbeat.receive(now, packet) {
            self.end(now, Ending::TRANSPORT_ERROR);
        } else if self.heartbeat.is_due() {
            self.wake_carrier();
        }
    }

    /// The client said goodbye. Its poll, which it still waits for, gets nothing in particular; where that is still on
    /// its way, it is waited for.
    fn close(&mut self, now: Time) {
        self.answer_batch(&Answer::Taken);
        self.uplink = Uplink::default();
        if self.streams.carrier().is_none() && !self.is_parked() {
            return self.await_last_poll(now);
        }
        self.release_parked();
        self.end(now, Ending::CLOSED);
    }

    fn finish_batch(&mut self) {
        if self.uplink.batch.as_ref().is_some_and(Batch::is_taken) {
            self.answer_batch(&Answer::Taken);
        }
    }

    /// What has not been taken never will be, and its client is told so.
    pub(super) fn drop_uplink(&mut self) {
        self.answer_batch(&Answer::BAD_REQUEST);
        self.uplink = Uplink::default();
    }
}
