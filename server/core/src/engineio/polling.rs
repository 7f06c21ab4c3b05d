//! Polling: one GET that waits for packets, one POST that brings some.
//!
//! A GET is no destructive read: what it was answered with is kept until the client, by asking again, shows
//! that it arrived. A request that a proxy sends twice is told by its stamp and executed once.

use super::stamps::Stamps;
use super::{Ending, Engine, Request, Settings};
use crate::collecting::Collecting;
use crate::session::{Output, RequestId};
use crate::time::Time;
use crate::wire::Carried;
use crate::wire::engineio::{Malformed, Packet, Refusal, payload};
use crate::wire::native::Item;
use bytestring::ByteString;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// What a client puts into a URL so that no two requests are alike.
pub type Stamp = ByteString;

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Packets, for a GET.
    Payload(Carried),
    /// A POST was taken.
    Taken,
    /// It cannot be answered.
    Refused(Refusal),
}

impl Answer {
    pub(super) const BAD_REQUEST: Self = Self::Refused(Refusal::BadRequest);
}

/// As many repetitions of one request wait at once; a further one is answered with nothing.
const MOST_REPETITIONS: usize = 4;
/// How long the last poll of a client that is about to upgrade, or has said goodbye, is waited for at most.
const LAST_POLL: Duration = Duration::from_millis(100);
/// How long a poll that came beside a WebSocket waits, once that has proved itself, for the upgrade to overtake it.
const OVERTAKING: Duration = Duration::from_millis(20);
/// How long a GET may be gone before its repetition comes. Its client is gone, otherwise.
const REPETITION: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct Polling {
    parked: Option<Parked>,
    /// The GETs that came, and the POSTs that were taken.
    gets: Stamps<()>,
    posts: Stamps<u64>,
    /// The GET that was answered last.
    answered: Option<Stamp>,
    /// The client said goodbye, and has this time to fetch what it still waits for.
    goodbye: Option<Time>,
    /// The application is answering what came with a POST.
    collecting: Collecting,
}

/// The GET that waits.
#[derive(Debug)]
struct Parked {
    /// The requests: the first and its repetitions; none while it is gone and a repetition may come.
    requests: Vec<RequestId>,
    stamp: Option<Stamp>,
    until: Option<Time>,
    /// It came when a WebSocket was open already, so the client's upgrade may be right behind it.
    is_beside: bool,
}

/// The POST that is being taken.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) requests: Vec<RequestId>,
    stamp: Option<Stamp>,
    digest: u64,
    /// All its requests are gone, and this is how long a repetition may take.
    gone: Option<Time>,
    reader: payload::Reader,
}

impl Batch {
    pub(super) fn next(&mut self) -> Option<Result<Packet, Malformed>> {
        self.reader.next()
    }

    pub(super) fn is_taken(&self) -> bool {
        self.reader.is_at_end()
    }

    pub(super) fn gone(&self) -> Option<Time> {
        self.gone
    }
}

impl Polling {
    /// Whether it has no deadline for sure.
    pub(super) fn is_at_rest(&self) -> bool {
        self.parked.is_none() && self.goodbye.is_none() && self.collecting.deadline().is_none()
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        let parked = self.parked.as_ref().and_then(|parked| parked.until);
        Time::earliest([parked, self.goodbye, self.collecting.deadline()])
    }

    fn waits_for(&self, stamp: Option<&Stamp>) -> bool {
        let parked = self.parked.as_ref();
        stamp.is_some() && parked.is_some_and(|parked| parked.stamp.as_ref() == stamp)
    }
}

/// The same for the same body.
fn digest(body: &Carried) -> u64 {
    let mut hasher = DefaultHasher::new();
    match body {
        Carried::Text(text) => text.as_bytes().hash(&mut hasher),
        Carried::Binary(bytes) => bytes.hash(&mut hasher),
    }
    hasher.finish()
}

impl Engine {
    fn answer(&mut self, id: RequestId, answer: Answer) {
        self.outputs.push_back(Output::Answer(id, answer));
    }

    /// Whether this session polls; otherwise the request has its answer.
    fn admits(&mut self, id: RequestId) -> bool {
        if self.is_over() {
            self.answer(id, Answer::Refused(Refusal::UnknownSession));
        } else if self.streams.carrier().is_some() {
            self.answer(id, Answer::BAD_REQUEST);
        } else {
            return true;
        }
        false
    }

    pub(super) fn receive_request(&mut self, now: Time, id: RequestId, request: Request) {
        if !self.admits(id) {
            return;
        }
        match request {
            _ if self.polling.goodbye.is_some() => self.receive_last(now, id, &request),
            Request::Get(stamp) => self.receive_get(now, id, stamp),
            Request::Post(stamp, body) => self.receive_post(now, id, stamp, body),
            Request::Bad => {
                self.answer(id, Answer::BAD_REQUEST);
                self.end(now, Ending::TRANSPORT_ERROR);
            }
        }
    }

    pub(super) fn await_last_poll(&mut self, now: Time) {
        self.polling.goodbye = Some(now + LAST_POLL);
    }

    /// A poll that was overtaken by its client's goodbye is its last one.
    fn receive_last(&mut self, now: Time, id: RequestId, request: &Request) {
        match request {
            Request::Get(_) => self.answer_with(id, Packet::Noop),
            Request::Post(..) | Request::Bad => {
                self.answer(id, Answer::Refused(Refusal::UnknownSession));
            }
        }
        self.end(now, Ending::CLOSED);
    }

    /// Whether a GET waits.
    pub(super) fn is_parked(&self) -> bool {
        let parked = self.polling.parked.as_ref();
        parked.is_some_and(|parked| !parked.requests.is_empty())
    }

    fn receive_get(&mut self, now: Time, id: RequestId, stamp: Option<Stamp>) {
        if self.polling.waits_for(stamp.as_ref()) {
            return self.join(now, id);
        }
        if stamp.is_some() && self.polling.answered == stamp && self.polling.parked.is_none() {
            return self.answer_again(now, id, stamp);
        }
        if self.polling.gets.find(stamp.as_ref()).is_some() {
            // Its client has asked again since, so nobody reads this answer.
            return self.answer_with(id, Packet::Noop);
        }
        if self.is_parked() {
            self.answer(id, Answer::BAD_REQUEST);
            return self.end(now, Ending::TRANSPORT_ERROR);
        }
        self.session.confirm(now);
        self.polling.gets.note(stamp.clone(), ());
        self.park(now, id, stamp);
    }

    fn park(&mut self, now: Time, id: RequestId, stamp: Option<Stamp>) {
        let until = self.streams.is_probed().then(|| now + LAST_POLL);
        self.polling.parked = Some(Parked {
            requests: vec![id],
            stamp,
            until,
            is_beside: self.streams.is_probing(),
        });
    }

    fn join(&mut self, now: Time, id: RequestId) {
        let until = self.streams.is_probed().then(|| now + LAST_POLL);
        let Some(parked) = &mut self.polling.parked else {
            return;
        };
        if parked.requests.is_empty() {
            parked.until = until;
        }
        parked.requests.push(id);
        if parked.requests.len() > MOST_REPETITIONS {
            let relieved = parked.requests.remove(0);
            self.answer_with(relieved, Packet::Noop);
        }
    }

    /// The answer was lost on its way to a proxy that asks once more: it is the same, and what came since.
    fn answer_again(&mut self, now: Time, id: RequestId, stamp: Option<Stamp>) {
        self.session.rewind();
        self.heartbeat.send_again();
        self.park(now, id, stamp);
        self.answer_parked(now);
        self.release_parked();
    }

    /// Answers the GET that waits, if there is something for it.
    pub(super) fn answer_parked(&mut self, now: Time) {
        if self.is_over() {
            return self.answer_get_with(Packet::Close);
        }
        let has_items =
            self.session.next_item().is_some() && !self.polling.collecting.goes_on(&self.session);
        if !self.heartbeat.is_due() && !has_items {
            return;
        }
        let (body, closes) = self.write_answer();
        self.answer_get(&body);
        if closes {
            // Nobody will ask again.
            self.session.confirm(now);
        }
    }

    /// The packets that are due, and whether they end with a close.
    fn write_answer(&mut self) -> (Carried, bool) {
        let Settings {
            version,
            text_only,
            max_payload,
            ..
        } = self.settings;
        let mut writer = payload::Writer::new(version, text_only, max_payload);
        if let Some(packet) = self.heartbeat.next() {
            writer.push(packet);
        }
        let mut closes = false;
        while let Some(item) = self.session.next_item() {
            let packet = match item.into() {
                Item::Message(message) => Packet::Message(message),
                Item::Close(_) => Packet::Close,
            };
            let is_close = packet == Packet::Close;
            if !writer.push(packet) {
                break;
            }
            closes = is_close;
            self.session.advance();
        }
        (writer.finish(), closes)
    }

    fn answer_with(&mut self, id: RequestId, packet: Packet) {
        let body = payload::one(self.settings.version, packet);
        self.answer(id, Answer::Payload(body));
    }

    fn answer_get_with(&mut self, packet: Packet) {
        self.answer_get(&payload::one(self.settings.version, packet));
    }

    fn answer_get(&mut self, body: &Carried) {
        if let Some(parked) = self.polling.parked.take() {
            for id in parked.requests {
                self.answer(id, Answer::Payload(body.clone()));
            }
            self.polling.answered = parked.stamp;
        }
    }

    /// Lets the client have its poll back.
    pub(super) fn release_parked(&mut self) {
        self.answer_get_with(Packet::Noop);
    }

    /// A WebSocket has proved itself: the poll goes back at once, or a little later where the upgrade may be right behind
    /// both, so that it finds its poll refused like any that comes after it.
    pub(super) fn release_for_upgrade(&mut self, now: Time) {
        match &mut self.polling.parked {
            Some(parked) if parked.is_beside && !parked.requests.is_empty() => {
                parked.until = Some(now + OVERTAKING);
            }
            _ => self.release_parked(),
        }
    }

    /// The session has a WebSocket now.
    pub(super) fn refuse_polls(&mut self) {
        if let Some(parked) = self.polling.parked.take() {
            for id in parked.requests {
                self.answer(id, Answer::BAD_REQUEST);
            }
        }
    }

    fn receive_post(&mut self, now: Time, id: RequestId, stamp: Option<Stamp>, body: Carried) {
        let digest = digest(&body);
        if let Some(batch) = &mut self.uplink.batch {
            if stamp.is_some() && (&batch.stamp, batch.digest) == (&stamp, digest) {
                return self.join_batch(id);
            }
            self.answer(id, Answer::BAD_REQUEST);
            return self.end(now, Ending::TRANSPORT_ERROR);
        }
        if self.polling.posts.find(stamp.as_ref()) == Some(&digest) {
            return self.answer(id, Answer::Taken);
        }
        self.uplink.batch = Some(Batch {
            requests: vec![id],
            stamp,
            digest,
            gone: None,
            reader: payload::Reader::new(self.settings.version, body),
        });
        self.polling.collecting.begin(now);
    }

    fn join_batch(&mut self, id: RequestId) {
        let Some(batch) = &mut self.uplink.batch else {
            return;
        };
        batch.gone = None;
        if batch.requests.len() == MOST_REPETITIONS {
            return self.answer(id, Answer::BAD_REQUEST);
        }
        batch.requests.push(id);
    }

    /// Answers the POST that is being taken, if there is one.
    pub(super) fn answer_batch(&mut self, answer: &Answer) {
        let Some(batch) = self.uplink.batch.take() else {
            return;
        };
        for id in batch.requests {
            self.answer(id, answer.clone());
        }
        self.polling.posts.note(batch.stamp, batch.digest);
    }

    /// A client does not ask twice, so a request that is gone is the end, unless a proxy may repeat it.
    pub(super) fn forget_request(&mut self, now: Time, id: RequestId) {
        self.forget_post(now, id);
        self.forget_get(now, id);
    }

    fn forget_post(&mut self, now: Time, id: RequestId) {
        let Some(batch) = &mut self.uplink.batch else {
            return;
        };
        batch.requests.retain(|request| *request != id);
        if !batch.requests.is_empty() || batch.gone.is_some() {
            return;
        }
        if batch.stamp.is_some() {
            batch.gone = Some(now + REPETITION);
        } else {
            self.end(now, Ending::TRANSPORT_ERROR);
        }
    }

    fn forget_get(&mut self, now: Time, id: RequestId) {
        let Some(parked) = &mut self.polling.parked else {
            return;
        };
        let waited = parked.requests.len();
        parked.requests.retain(|request| *request != id);
        if waited == 0 || !parked.requests.is_empty() {
            return;
        }
        if parked.stamp.is_some() {
            parked.until = Some(now + REPETITION);
        } else {
            self.polling.parked = None;
            self.end(now, Ending::TRANSPORT_ERROR);
        }
    }

    pub(super) fn polling_time_out(&mut self, now: Time) {
        if self.polling.goodbye.is_some_and(|until| until <= now) {
            return self.end(now, Ending::CLOSED);
        }
        let gone = self.uplink.deadline();
        if gone.is_some_and(|until| until <= now) {
            return self.end(now, Ending::TRANSPORT_ERROR);
        }
        self.polling.collecting.time_out(now);
        let Some(parked) = &self.polling.parked else {
            return;
        };
        if parked.until.is_none_or(|until| now < until) {
            return;
        }
        if parked.requests.is_empty() {
            self.polling.parked = None;
            self.end(now, Ending::TRANSPORT_ERROR);
        } else {
            self.release_parked();
        }
    }
}
