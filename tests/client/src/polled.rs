//! A link of HTTP requests that carries the session (spec §8).
//!
//! Two requests may be under way: a poll, which the server may hold, and an uplink with messages. A poll
//! that failed is repeated under its number, so that the server knows that its answer was lost; an
//! uplink that failed is sent again, shorter, until the server's cursor covers it. Cursors that a lost answer
//! brought are asked for, since the server takes them for told.

use crate::link::{Link, LinkEnd, LinkId, Polling, RequestId, Stage};
use crate::session::{Client, Output};
use std::collections::BTreeMap;
use std::time::Duration;
use throughline_core::Time;
use throughline_core::wire::native::{
    Abort, AnswerBatch, Item, Poll, PollRequest, Request, Response, Token, WireLimits, batch,
};

/// The first pause after a failure; it doubles with each further one.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// The hold of a poll whose answer is needed soon; not zero, since that would make it a periodic one.
const SOON: Duration = Duration::from_millis(1);
/// After so many successes in a row, larger batches are tried again.
const TRUST: u32 = 16;

#[derive(Debug)]
pub(crate) struct Polled {
    generation: u64,
    polling: Polling,
    limits: WireLimits,
    /// The highest number used.
    number: u64,
    sent: BTreeMap<RequestId, Sent>,
    asking: Asking,
    uplink: Uplink,
    /// What an answer should not exceed (spec NET-2).
    max_bytes: u64,
    /// What a request with messages should not exceed.
    batch: u64,
    failures: u32,
    successes: u32,
    /// Nobody waits for what the next poll tells: it may be held.
    calm: bool,
}

/// A request under way.
#[derive(Clone, Copy, Debug)]
struct Sent {
    number: u64,
    until: Time,
}

#[derive(Debug)]
enum Asking {
    /// The next poll goes out then; as a repetition when the one before got no answer.
    Due {
        at: Time,
        repeat: Option<u64>,
    },
    Sent(RequestId),
}

#[derive(Debug)]
enum Uplink {
    Idle,
    Paused(Time),
    Sent(RequestId),
}

impl Polled {
    pub(crate) fn new(now: Time, generation: u64, polling: Polling, limits: WireLimits) -> Self {
        Self {
            generation,
            polling,
            limits,
            number: 0,
            sent: BTreeMap::new(),
            asking: Asking::Due {
                at: now,
                repeat: None,
            },
            uplink: Uplink::Idle,
            max_bytes: limits.batch,
            batch: polling.batch.min(limits.batch),
            failures: 0,
            successes: 0,
            calm: false,
        }
    }

    pub(crate) fn deadline(&self) -> Time {
        let sent = self.sent.values().map(|sent| sent.until);
        let asking = match self.asking {
            Asking::Due { at, .. } => Some(at),
            Asking::Sent(_) => None,
        };
        let uplink = match self.uplink {
            Uplink::Paused(until) => Some(until),
            Uplink::Idle | Uplink::Sent(_) => None,
        };
        sent.chain(asking)
            .chain(uplink)
            .min()
            .expect("a poll is always due or under way")
    }

    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    pub(crate) fn only_request(&self) -> Option<RequestId> {
        let mut sent = self.sent.keys();
        sent.next().copied().filter(|_| sent.next().is_none())
    }

    fn head(&self, number: u64, hold: Duration) -> Head {
        Head {
            generation: self.generation,
            number,
            hold: millis(hold),
            next: millis(self.polling.interval),
            max_bytes: self.max_bytes,
        }
    }

    /// How long a poll may be held: hardly at all before the server has confirmed that the link carries
    /// the session, or where cursors may have been lost, since somebody waits for that.
    fn hold(&self) -> Duration {
        let most = if self.calm {
            Duration::from_millis(self.limits.hold)
        } else {
            SOON
        };
        self.polling.hold.min(most)
    }

    fn next_number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// The number and deadline of the poll to send now, if one is due.
    fn due(&mut self, now: Time) -> Option<Sent> {
        let Asking::Due { at, repeat } = self.asking else {
            return None;
        };
        if now < at {
            return None;
        }
        let number = repeat.unwrap_or_else(|| self.next_number());
        let until = now + self.hold() + Duration::from_millis(self.limits.timeout);
        Some(Sent { number, until })
    }

    fn pause(&self) -> Duration {
        let doublings = self.failures.saturating_sub(1).min(16);
        LONGEST_PAUSE.min(SHORTEST_PAUSE * (1 << doublings))
    }

    fn succeed(&mut self, now: Time, request: RequestId) {
        self.failures = 0;
        self.successes += 1;
        if self.successes.is_multiple_of(TRUST) {
            self.max_bytes = (self.max_bytes * 2).min(self.limits.batch);
            self.batch = (self.batch * 2)
                .min(self.polling.batch)
                .min(self.limits.batch);
        }
        if matches!(self.asking, Asking::Sent(sent) if sent == request) {
            self.calm = true;
            let at = now + self.polling.interval;
            self.asking = Asking::Due { at, repeat: None };
        }
        if matches!(self.uplink, Uplink::Sent(sent) if sent == request) {
            self.uplink = Uplink::Idle;
        }
    }

    fn fail(&mut self, now: Time, request: RequestId, sent: Sent) {
        let polled = matches!(self.asking, Asking::Sent(last) if last == request);
        let sent_up = matches!(self.uplink, Uplink::Sent(last) if last == request);
        if !polled {
            // The poll under way may be held for long, and tells only what the server does not take for told.
            self.calm = false;
            self.ask_anew(now);
        }
        if !polled && !sent_up {
            // A later poll had taken its place: nothing is to be repeated.
            return;
        }
        self.failures += 1;
        self.successes = 0;
        let at = now + self.pause();
        if polled {
            self.max_bytes = (self.max_bytes / 2).max(1);
            let repeat = Some(sent.number);
            self.asking = Asking::Due { at, repeat };
        } else {
            self.batch = (self.batch / 2).max(1);
            self.uplink = Uplink::Paused(at);
        }
    }

    /// Polls at once, under a new number; but a poll that failed keeps its number and its pause.
    fn ask_anew(&mut self, now: Time) {
        if let Asking::Due {
            repeat: Some(_), ..
        } = self.asking
        {
            return;
        }
        if let Asking::Sent(request) = self.asking
            && let Some(sent) = self.sent.get_mut(&request)
        {
            let timeout = Duration::from_millis(self.limits.timeout);
            sent.until = sent.until.min(now + timeout);
        }
        self.asking = Asking::Due {
            at: now,
            repeat: None,
        };
    }
}

/// The part of a poll's head that the link knows.
struct Head {
    generation: u64,
    number: u64,
    hold: u64,
    next: u64,
    max_bytes: u64,
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Client {
    fn polled(&mut self) -> Option<(LinkId, &mut Polled)> {
        let id = self.current?;
        match self.links.get_mut(&id) {
            Some(Link {
                stage: Stage::Polled(polled),
                ..
            }) => Some((id, polled)),
            _ => None,
        }
    }

    pub(crate) fn poll_anew(&mut self, now: Time) {
        if let Some((_, polled)) = self.polled() {
            polled.ask_anew(now);
        }
    }

    pub(crate) fn settle_polled(&mut self, now: Time) {
        if let Some((_, polled)) = self.polled()
            && let Some(sent) = polled.due(now)
        {
            self.send_poll(sent);
        }
        if let Some((_, polled)) = self.polled()
            && matches!(polled.uplink, Uplink::Idle)
            && self.log.get(self.log.unreceived()).is_some()
        {
            self.send_uplink(now);
        }
    }

    fn send_poll(&mut self, sent: Sent) {
        let request = self.next_request();
        let Some((id, polled)) = self.polled() else {
            return;
        };
        polled.asking = Asking::Sent(request);
        polled.sent.insert(request, sent);
        let head = polled.head(sent.number, polled.hold());
        self.post(id, request, &head, Vec::new(), None);
    }

    fn send_uplink(&mut self, now: Time) {
        let request = self.next_request();
        let Some((id, polled)) = self.polled() else {
            return;
        };
        let number = polled.next_number();
        let until = now + Duration::from_millis(polled.limits.timeout);
        polled.uplink = Uplink::Sent(request);
        polled.sent.insert(request, Sent { number, until });
        // A poll is held beside it.
        let head = polled.head(number, Duration::ZERO);
        let budget = usize::try_from(polled.batch).unwrap_or(usize::MAX);
        let items = self.cut(budget.saturating_sub(batch::ENVELOPE));
        self.post(id, request, &head, items, None);
    }

    /// What the server has not received, up to a size, but one frame at least.
    fn cut(&self, mut budget: usize) -> Vec<Item> {
        let mut items = Vec::new();
        for item in (self.log.unreceived()..).map_while(|seq| self.log.get(seq)) {
            let len = item.wire_len();
            if len > budget && !items.is_empty() {
                break;
            }
            budget = budget.saturating_sub(len);
            items.push(item.clone());
        }
        items
    }

    fn post(
        &mut self,
        id: LinkId,
        request: RequestId,
        head: &Head,
        items: Vec<Item>,
        abort: Option<Abort>,
    ) {
        let Some(known) = &self.credentials else {
            return;
        };
        let poll = Poll {
            session: known.session.clone(),
            secret: known.secret,
            generation: head.generation,
            number: head.number,
            cursors: self.inbox.report(),
            first: self.log.unreceived(),
            hold: head.hold,
            next: head.next,
            max_bytes: head.max_bytes,
        };
        self.tell_by = None;
        let token = self.fresh_token.clone().map(|token| Token { token });
        let request_body = Request::Poll(PollRequest {
            poll: Box::new(poll),
            token,
            items,
            abort: abort.map(Box::new),
        });
        self.outputs
            .push_back(Output::Request(id, request, request_body));
    }

    pub(crate) fn poll_abort(&mut self, now: Time, abort: Abort) {
        let request = self.next_request();
        let Some((id, polled)) = self.polled() else {
            return;
        };
        polled.ask_anew(now);
        let number = polled.next_number();
        let head = polled.head(number, Duration::ZERO);
        self.post(id, request, &head, Vec::new(), Some(abort));
    }

    pub(crate) fn receive_answer(&mut self, now: Time, request: RequestId, response: Response) {
        if let Some(id) = self.greeting_of(request) {
            return self.receive_greeting(now, id, response);
        }
        let Some((id, polled)) = self.polled() else {
            return;
        };
        let Some(sent) = polled.sent.get(&request).copied() else {
            return;
        };
        let generation = polled.generation;
        match response {
            Response::Answer(batch) if is_fresh(&batch, generation, sent) => {
                polled.sent.remove(&request);
                polled.succeed(now, request);
                self.receive_batch(now, *batch);
            }
            Response::Fenced(_) => self.receive_fenced(id, generation),
            Response::Stale(_) => self.lose(id, LinkEnd::Stale),
            Response::Abort(abort) => self.receive_abort(*abort),
            // From a cache, or not an answer to a poll at all.
            Response::Answer(_) | Response::Welcome(_) | Response::Refuse(_) => {
                self.receive_failure(now, request);
            }
        }
    }

    /// The link whose hello this request was.
    fn greeting_of(&self, request: RequestId) -> Option<LinkId> {
        self.links
            .iter()
            .find(|(_, link)| link.hellos.contains(&request))
            .map(|(id, _)| *id)
    }

    fn receive_greeting(&mut self, now: Time, id: LinkId, response: Response) {
        match response {
            Response::Welcome(welcome) => self.receive_welcome(now, id, &welcome),
            Response::Refuse(refuse) => self.receive_refusal(id, *refuse),
            Response::Abort(abort) if self.credentials.is_some() => self.receive_abort(*abort),
            _ => {}
        }
    }

    fn receive_batch(&mut self, now: Time, batch: AnswerBatch) {
        self.confirm();
        if let Some(accepted) = batch.token {
            self.receive_token(accepted);
        }
        self.receive_cursors(now, batch.answer.cursors);
        for (seq, item) in (batch.answer.first..).zip(batch.items) {
            if self.is_ended() || seq > self.inbox.cursors().received + 1 {
                break;
            }
            self.accept(now, seq, item);
        }
        if let Some(abort) = batch.abort {
            self.receive_abort(*abort);
        }
    }

    pub(crate) fn receive_failure(&mut self, now: Time, request: RequestId) {
        let Some((_, polled)) = self.polled() else {
            return;
        };
        if let Some(sent) = polled.sent.remove(&request) {
            polled.fail(now, request, sent);
        }
    }

    /// Gives up requests whose time has passed, and ends pauses.
    pub(crate) fn time_out_requests(&mut self, now: Time) {
        let Some((_, polled)) = self.polled() else {
            return;
        };
        if matches!(polled.uplink, Uplink::Paused(until) if until <= now) {
            polled.uplink = Uplink::Idle;
        }
        let late: Vec<RequestId> = polled
            .sent
            .iter()
            .filter(|(_, sent)| sent.until <= now)
            .map(|(request, _)| *request)
            .collect();
        for request in late {
            self.outputs.push_back(Output::Cancel(request));
            self.receive_failure(now, request);
        }
    }
}

/// Whether this answers the request, and does not come from a cache (spec POL-2).
fn is_fresh(batch: &AnswerBatch, generation: u64, sent: Sent) -> bool {
    batch.answer.generation == generation && batch.answer.number >= sent.number
}
