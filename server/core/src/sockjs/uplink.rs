//! What came from the client and is not in the session's inbox yet, in the order in which it came.
//!
//! A request is answered when the inbox has taken all of it, and a WebSocket is not read meanwhile: that is
//! how the application's pace reaches a client of a protocol without windows.

use super::repetition::{Sent, Stamp};
use super::{Answer, Connection, Down, Ending};
use crate::message::Message;
use crate::session::RequestId;
use crate::time::Time;
use crate::wire::Carried;
use crate::wire::native::Item;
use crate::wire::sockjs::Incoming;
use bytestring::ByteString;
use std::collections::VecDeque;

/// As many requests wait at once, and as many repetitions of each; clients send one at a time.
const MOST_REQUESTS: usize = 4;
/// What a WebSocket is closed with that sent no JSON.
const BROKEN: (u16, &str) = (3000, "Broken framing.");

#[derive(Debug, Default)]
pub(super) struct Uplink {
    /// A message that the inbox had no room for.
    waiting: Option<Message>,
    batches: VecDeque<Batch>,
}

/// What came with one request or WebSocket message.
#[derive(Debug)]
struct Batch {
    /// Who waits for an answer: the request and its repetitions.
    requests: Vec<RequestId>,
    sent: Option<Sent>,
    messages: Incoming,
}

impl Uplink {
    pub(super) fn is_blocked(&self) -> bool {
        self.waiting.is_some()
    }

    pub(super) fn forget(&mut self, id: RequestId) {
        for batch in &mut self.batches {
            batch.requests.retain(|request| *request != id);
        }
    }

    /// The request that is being taken of which this one is a repetition.
    fn same(&mut self, sent: &Sent) -> Option<&mut Batch> {
        let mut batches = self.batches.iter_mut();
        batches.find(|batch| batch.sent.as_ref().is_some_and(|known| known.is_same(sent)))
    }
}

impl Connection {
    /// A request that brings messages.
    pub(super) fn receive_send(
        &mut self,
        now: Time,
        id: RequestId,
        stamp: Option<Stamp>,
        body: ByteString,
    ) {
        if self.is_over() {
            let answer = match self.parting {
                Some(_) => Answer::Taken,
                None => Answer::Over,
            };
            return self.answer(id, answer);
        }
        let sent = stamp.map(|stamp| Sent::new(stamp, &body));
        if let Some(sent) = &sent {
            if self.has_taken(sent) {
                return self.answer(id, Answer::Taken);
            }
            if let Some(batch) = self.uplink.same(sent) {
                if batch.requests.len() < MOST_REQUESTS {
                    return batch.requests.push(id);
                }
                return self.answer(id, Answer::Busy);
            }
        }
        match Incoming::batch(body) {
            Err(malformed) => self.answer(id, Answer::Malformed(malformed)),
            Ok(_) if self.uplink.batches.len() >= MOST_REQUESTS => self.answer(id, Answer::Busy),
            Ok(messages) => {
                self.uplink.batches.push_back(Batch {
                    requests: vec![id],
                    sent,
                    messages,
                });
                self.collect(now);
            }
        }
    }

    /// A message of the WebSocket that carries the session.
    pub(super) fn receive_carried(&mut self, now: Time, carried: Carried) {
        if !self.has_frames() {
            return self.queue(now, Incoming::raw(carried));
        }
        match Incoming::carried(carried) {
            Ok(messages) => self.queue(now, messages),
            Err(_) => {
                let (code, reason) = BROKEN;
                let last = vec![Down::Close(code, reason.to_owned())];
                self.end(now, Ending::BROKEN, last);
            }
        }
    }

    /// Nothing is read while it is blocked, so it stays as long as what the driver reads in one turn.
    fn queue(&mut self, now: Time, messages: Incoming) {
        self.uplink.batches.push_back(Batch {
            requests: Vec::new(),
            sent: None,
            messages,
        });
        self.take_uplink(now);
    }

    /// Takes what there is while the inbox has room.
    pub(super) fn take_uplink(&mut self, now: Time) {
        if self.session.is_closed() {
            return self.drop_uplink(&Answer::Taken);
        }
        let was_blocked = self.uplink.is_blocked();
        while let Some(message) = self.next_message() {
            if !self.session.has_inbox_room(message.len()) {
                self.uplink.waiting = Some(message);
                return;
            }
            self.session.receive(now, Item::Message(message));
        }
        if was_blocked {
            self.heartbeat.forgive(now);
            self.wake_stream();
        }
    }

    fn next_message(&mut self) -> Option<Message> {
        if let Some(waiting) = self.uplink.waiting.take() {
            return Some(waiting);
        }
        loop {
            let batch = self.uplink.batches.front_mut()?;
            if let Some(message) = batch.messages.next() {
                return Some(message);
            }
            self.finish_batch();
        }
    }

    fn finish_batch(&mut self) {
        let Some(batch) = self.uplink.batches.pop_front() else {
            return;
        };
        for id in batch.requests {
            self.answer(id, Answer::Taken);
        }
        if let Some(sent) = batch.sent {
            self.note_taken(sent);
        }
    }

    /// The session takes no more. Where the application closed it, that is no error of who sent, as in the reference.
    pub(super) fn drop_uplink(&mut self, answer: &Answer) {
        for batch in std::mem::take(&mut self.uplink).batches {
            for id in batch.requests {
                self.answer(id, answer.clone());
            }
        }
    }
}
