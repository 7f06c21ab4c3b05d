//! A link of HTTP requests: long polling and periodic polling.
//!
//! A poll is never a destructive read: an answer is cut from the log anew each time, starting where
//! the request says, and only `ack` frees. A request that was repeated, lost or overtaken therefore
//! costs latency, never data (spec §8).

use super::flush::Transport;
use super::generations::Standing;
use super::log::Log;
use super::{Link, Output, Phase, RequestId, Session, Timer, Violation};
use crate::time::Time;
use crate::wire::native::{Answer, AnswerBatch, Cursors, Item, Poll, PollRequest, Response};
use std::time::Duration;

/// As many repetitions of one request wait at once; a further one relieves the first.
const MOST_REPETITIONS: usize = 4;

#[derive(Debug)]
pub(super) struct Polled {
    /// The highest number among the requests that may take the hold.
    highest: u64,
    /// The highest number of all.
    latest: u64,
    transport: Transport,
    held: Option<Held>,
}

/// A poll that waits for its answer, and its repetitions.
#[derive(Debug)]
struct Held {
    requests: Vec<RequestId>,
    received: u64,
    max_bytes: u64,
}

impl Polled {
    fn new(transport: Transport) -> Self {
        Self {
            highest: 0,
            latest: 0,
            transport,
            held: None,
        }
    }

    pub(super) fn transport(&self) -> Transport {
        self.transport
    }

    pub(super) fn held_transport(&self) -> Option<Transport> {
        self.held.as_ref().map(|_| self.transport)
    }

    /// Whether the held request can be answered with something sequenced.
    pub(super) fn has_items(&self, log: &Log) -> bool {
        self.held
            .as_ref()
            .is_some_and(|held| held.max_bytes > 0 && held.received < log.last())
    }

    pub(super) fn held_requests(&self) -> usize {
        self.held.as_ref().map_or(0, |held| held.requests.len())
    }

    /// The requests that waited.
    pub(super) fn release(&mut self) -> Vec<RequestId> {
        self.held.take().map_or_else(Vec::new, |held| held.requests)
    }
}

impl Session {
    pub(super) fn receive_request(&mut self, now: Time, id: RequestId, request: PollRequest) {
        if matches!(self.phase, Phase::Ended(..)) {
            return self.answer_from_tombstone(id);
        }
        let generation = request.poll.generation;
        let refused = match self.generations.standing(now, generation) {
            Standing::Fenced => Some(Response::Fenced(self.generations.current())),
            Standing::Stale => Some(Response::Stale(generation)),
            // The same generation cannot be two links.
            Standing::Current if !matches!(self.link, Link::Polled(_)) => {
                Some(Response::Stale(generation))
            }
            Standing::Current | Standing::Offered => None,
        };
        if let Some(response) = refused {
            self.outputs.push_back(Output::Answer(id, response));
            return;
        }
        match self.check_request(&request) {
            Ok(()) => self.apply_request(now, id, request),
            Err(violation) => {
                self.violate(violation);
                self.answer_from_tombstone(id);
            }
        }
    }

    /// Looks at the whole batch before any of it is applied (spec POL-6).
    fn check_request(&self, request: &PollRequest) -> Result<(), Violation> {
        self.log.check(request.poll.cursors)?;
        self.inbox.check(request.poll.first, &request.items)
    }

    fn apply_request(&mut self, now: Time, id: RequestId, request: PollRequest) {
        let PollRequest {
            poll,
            token,
            items,
            abort,
        } = request;
        let is_uplink = !items.is_empty() && poll.hold == 0;
        let transport = match poll.next {
            // The poll beside it is still on its way.
            0 if is_uplink => Transport::LongPoll,
            _ => asked_for(&poll),
        };
        self.begin_polled(now, poll.generation, transport);
        self.receive_cursors(now, poll.cursors);
        for (seq, item) in (poll.first..).zip(items) {
            self.accept(now, seq, item);
        }
        if let Some(token) = token {
            self.outputs.push_back(Output::Token(token.token));
        }
        if let Some(abort) = abort {
            self.receive_abort(*abort);
            return self.answer_from_tombstone(id);
        }
        self.absence = Duration::from_millis(poll.next).min(self.limits.absence);
        if is_uplink {
            self.answer_at_once(now, id, &poll);
        } else {
            self.receive_poll(now, id, &poll);
        }
    }

    /// The first use of an offer begins it.
    fn begin_polled(&mut self, now: Time, generation: u64, transport: Transport) {
        if generation != self.generations.current() {
            let link = Link::Polled(Polled::new(transport));
            self.begin(now, generation, link);
        }
    }

    /// The highest number takes the hold, an equal one joins it, a lower one is superseded.
    fn receive_poll(&mut self, now: Time, id: RequestId, poll: &Poll) {
        let Link::Polled(polled) = &mut self.link else {
            return;
        };
        if poll.number < polled.highest {
            let highest = polled.highest;
            return self.answer_superseded(now, id, highest);
        }
        let transport = asked_for(poll);
        if polled.transport != transport {
            polled.transport = transport;
            self.outputs.push_back(Output::Transport(Some(transport)));
        }
        let repeated = poll.number == polled.highest;
        polled.highest = poll.number;
        match &mut polled.held {
            Some(held) if repeated => held.requests.push(id),
            // The first answer was lost: this one must not wait for something new to happen.
            None if repeated => return self.answer_at_once(now, id, poll),
            _ => return self.hold(now, id, poll),
        }
        self.relieve(now, poll.number);
    }

    /// Bounds the repetitions that wait.
    fn relieve(&mut self, now: Time, number: u64) {
        let Link::Polled(Polled {
            held: Some(held), ..
        }) = &mut self.link
        else {
            return;
        };
        if held.requests.len() > MOST_REPETITIONS {
            let relieved = held.requests.remove(0);
            self.answer_superseded(now, relieved, number);
        }
    }

    fn hold(&mut self, now: Time, id: RequestId, poll: &Poll) {
        let held = Held {
            requests: vec![id],
            received: poll.cursors.received,
            max_bytes: poll.max_bytes,
        };
        let Link::Polled(polled) = &mut self.link else {
            return;
        };
        polled.latest = polled.latest.max(poll.number);
        if let Some(superseded) = polled.held.replace(held) {
            for request in superseded.requests {
                self.answer_superseded(now, request, poll.number);
            }
        }
        let hold = Duration::from_millis(poll.hold).min(self.limits.hold);
        self.timers.set(Timer::Hold, now + hold);
        self.timers.clear(Timer::Expiry);
        self.timers.clear(Timer::Ack);
    }

    /// Answers the held request and its repetitions, all alike.
    pub(super) fn answer_held(&mut self, now: Time) {
        let Link::Polled(polled) = &mut self.link else {
            return;
        };
        let number = polled.highest;
        let Some(mut held) = polled.held.take() else {
            return;
        };
        self.timers.clear(Timer::Hold);
        self.timers.clear(Timer::Ack);
        let cursors = self.inbox.report();
        let response = self.cut_answer(number, cursors, held.received, held.max_bytes);
        // Mostly there is one alone, and nothing is copied.
        let last = held.requests.pop();
        for request in held.requests {
            let answer = Output::Answer(request, response.clone());
            self.outputs.push_back(answer);
        }
        let last = last.map(|request| Output::Answer(request, response));
        self.outputs.extend(last);
        self.expect_next_request(now);
    }

    /// Answers a request that is not held. While another one is, it gets cursors only (spec POL-3).
    fn answer_at_once(&mut self, now: Time, id: RequestId, poll: &Poll) {
        let Link::Polled(polled) = &mut self.link else {
            return;
        };
        let is_latest = poll.number > polled.latest;
        polled.latest = polled.latest.max(poll.number);
        let is_held = polled.held.is_some();
        let cursors = if is_latest {
            self.inbox.report()
        } else {
            // A proxy may have delivered it again or late, and nobody reads the answer: it does not count as told.
            self.inbox.cursors()
        };
        let max_bytes = if is_held { 0 } else { poll.max_bytes };
        let response = self.cut_answer(poll.number, cursors, poll.cursors.received, max_bytes);
        self.outputs.push_back(Output::Answer(id, response));
        if !is_held {
            self.expect_next_request(now);
        }
    }

    /// A later request has the hold: this one gets cursors and nothing else.
    fn answer_superseded(&mut self, now: Time, id: RequestId, highest: u64) {
        let answer = Answer {
            generation: self.generations.current(),
            number: highest,
            // Nobody may read this answer, so it does not count as told.
            cursors: self.inbox.cursors(),
            first: self.log.last() + 1,
        };
        let response = Response::Answer(Box::new(AnswerBatch {
            answer,
            token: None,
            items: Vec::new(),
            abort: None,
        }));
        self.outputs.push_back(Output::Answer(id, response));
        if !matches!(&self.link, Link::Polled(polled) if polled.held.is_some()) {
            self.expect_next_request(now);
        }
    }

    /// Cuts an answer from the log: from `received`+1 on, of at most `max_bytes`, but one frame always.
    fn cut_answer(
        &mut self,
        number: u64,
        cursors: Cursors,
        received: u64,
        max_bytes: u64,
    ) -> Response {
        let first = received.max(self.log.peer().ack) + 1;
        let budget = usize::try_from(max_bytes)
            .unwrap_or(usize::MAX)
            .min(self.limits.batch);
        let items = cut(&self.log, first, budget);
        Response::Answer(Box::new(AnswerBatch {
            answer: Answer {
                generation: self.generations.current(),
                number,
                cursors,
                first,
            },
            token: self.token_accepted.take(),
            items,
            abort: None,
        }))
    }

    /// The session is kept for as long as the client promised to stay away, and the retention time.
    fn expect_next_request(&mut self, now: Time) {
        let expiry = now + self.absence + self.limits.retention;
        self.timers.set(Timer::Expiry, expiry);
    }

    pub(super) fn forget_request(&mut self, now: Time, id: RequestId) {
        let Link::Polled(polled) = &mut self.link else {
            return;
        };
        let Some(held) = &mut polled.held else {
            return;
        };
        held.requests.retain(|request| *request != id);
        if held.requests.is_empty() {
            polled.held = None;
            self.timers.clear(Timer::Hold);
            self.timers.clear(Timer::Ack);
            self.expect_next_request(now);
        }
    }
}

/// A client that wants its answers at once polls periodically.
fn asked_for(poll: &Poll) -> Transport {
    if poll.hold > 0 {
        Transport::LongPoll
    } else {
        Transport::Periodic
    }
}

/// The frames from `first` on that fit the budget; with any budget at all, at least one.
fn cut(log: &Log, first: u64, budget: usize) -> Vec<Item> {
    let mut items = Vec::new();
    let mut left = budget;
    for logged in (first..).map_while(|seq| log.get(seq)) {
        let len = logged.wire_len();
        if budget == 0 || (len > left && !items.is_empty()) {
            break;
        }
        left = left.saturating_sub(len);
        items.push(logged.into());
    }
    items
}
