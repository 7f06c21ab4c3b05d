//! What came from the client and is not in the session's inbox yet, in the order in which it came.
//!
//! A request is answered when the inbox has taken all of it, and a WebSocket is not read meanwhile: that is
//! how the application's pace reaches a client of a protocol without windows. It is answered no sooner than its client's next
//! one has another stamp. The invariant: as many requests as `MOST_REQUESTS` wait in here, with as many repetitions each.

use super::repetition::Sent;
use super::stamp::Stamp;
use super::{Answer, Connection, Down, Ending};
use crate::message::Message;
use crate::queue::push;
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
    /// Whose messages were taken, while it is too soon for an answer.
    resting: Vec<Bearer>,
}

/// What came with one request or WebSocket message.
#[derive(Debug)]
struct Batch {
    bearer: Bearer,
    messages: Incoming,
}

/// Who waits for an answer: a request and its repetitions, or nobody.
#[derive(Debug)]
struct Bearer {
    requests: Vec<RequestId>,
    sent: Option<Sent>,
    /// There is no answer before that.
    not_before: Time,
}

impl Uplink {
    pub(super) fn is_blocked(&self) -> bool {
        self.waiting.is_some()
    }

    pub(super) fn forget(&mut self, id: RequestId) {
        for bearer in self.bearers() {
            bearer.requests.retain(|request| *request != id);
        }
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        self.resting.iter().map(|bearer| bearer.not_before).min()
    }

    fn is_full(&self) -> bool {
        self.batches.len() + self.resting.len() >= MOST_REQUESTS
    }

    fn bearers(&mut self) -> impl Iterator<Item = &mut Bearer> {
        let batches = self.batches.iter_mut().map(|batch| &mut batch.bearer);
        batches.chain(&mut self.resting)
    }

    /// The request that waits for an answer of which this one is a repetition.
    fn same(&mut self, sent: &Sent) -> Option<&mut Bearer> {
        let mut bearers = self.bearers();
        bearers.find(|bearer| {
            bearer
                .sent
                .as_ref()
                .is_some_and(|known| known.is_same(sent))
        })
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
        self.note_sender();
        let bearer = Bearer {
            requests: vec![id],
            not_before: self.send_not_before(now, stamp.as_ref()),
            sent: stamp.map(|stamp| Sent::new(stamp, &body)),
        };
        let Some(bearer) = self.join_same(bearer) else {
            return;
        };
        if self.uplink.is_full() {
            return self.answer(id, Answer::Busy);
        }
        let sent = bearer.sent.as_ref();
        if sent.is_some_and(|sent| self.has_taken(now, sent)) {
            return self.rest(now, bearer);
        }
        match Incoming::batch(body) {
            Err(malformed) => self.answer(id, Answer::Malformed(malformed)),
            Ok(messages) => {
                push(&mut self.uplink.batches, Batch { bearer, messages });
                self.collecting.begin(now);
            }
        }
    }

    /// A repetition of a request that waits waits with it. Any other is handed back.
    fn join_same(&mut self, bearer: Bearer) -> Option<Bearer> {
        let same = bearer.sent.as_ref().and_then(|sent| self.uplink.same(sent));
        let Some(same) = same else {
            return Some(bearer);
        };
        if same.requests.len() < MOST_REQUESTS {
            same.requests.extend(bearer.requests);
        } else {
            self.answer_all(bearer, &Answer::Busy);
        }
        None
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
        let bearer = Bearer {
            requests: Vec::new(),
            sent: None,
            not_before: now,
        };
        push(&mut self.uplink.batches, Batch { bearer, messages });
        self.take_uplink(now);
    }

    /// Takes what there is while the inbox has room.
    pub(super) fn take_uplink(&mut self, now: Time) {
        if self.session.is_closed() {
            return self.drop_uplink(&Answer::Taken);
        }
        let was_blocked = self.uplink.is_blocked();
        while let Some(message) = self.next_message(now) {
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

    fn next_message(&mut self, now: Time) -> Option<Message> {
        if let Some(waiting) = self.uplink.waiting.take() {
            return Some(waiting);
        }
        loop {
            let batch = self.uplink.batches.front_mut()?;
            if let Some(message) = batch.messages.next() {
                return Some(message);
            }
            self.finish_batch(now);
        }
    }

    fn finish_batch(&mut self, now: Time) {
        let Some(Batch { bearer, .. }) = self.uplink.batches.pop_front() else {
            return;
        };
        if let Some(sent) = bearer.sent.clone() {
            self.note_taken(now, sent);
        }
        self.rest(now, bearer);
    }

    /// All was taken, and is answered when it is time.
    fn rest(&mut self, now: Time, bearer: Bearer) {
        if bearer.not_before <= now {
            self.answer_all(bearer, &Answer::Taken);
        } else {
            self.uplink.resting.push(bearer);
        }
    }

    pub(super) fn uplink_time_out(&mut self, now: Time) {
        for bearer in std::mem::take(&mut self.uplink.resting) {
            self.rest(now, bearer);
        }
    }

    fn answer_all(&mut self, bearer: Bearer, answer: &Answer) {
        for id in bearer.requests {
            self.answer(id, answer.clone());
        }
    }

    /// The session takes no more. Where the application closed it, that is no error of who sent, as in the reference.
    pub(super) fn drop_uplink(&mut self, answer: &Answer) {
        let uplink = std::mem::take(&mut self.uplink);
        for bearer in uplink.resting {
            self.answer_all(bearer, &Answer::Taken);
        }
        for batch in uplink.batches {
            self.answer_all(batch.bearer, answer);
        }
    }
}
