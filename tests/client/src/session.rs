//! The client itself: its links, what it knows of the session, and the list of what can happen.

use crate::end::End;
use crate::inbox::{Bounds, Inbox};
use crate::link::{Link, LinkEnd, LinkId, RequestId, Stage};
use crate::log::Log;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use throughline_core::message::OVERHEAD;
use throughline_core::wire::native::{
    Cursors, Frame, Request, Response, Secret, TokenAccepted, WireLimits,
};
use throughline_core::{Code, Time};

/// How a client is made.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What the authentication hook wants.
    pub token: Option<String>,
    /// Application protocols to offer.
    pub protocols: Vec<String>,
    /// What the client is ready to hold, in bytes.
    pub window: u64,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            token: None,
            protocols: Vec::new(),
            window: 256 * 1024,
        }
    }
}

/// What can happen to a client from outside.
#[derive(Clone, Debug)]
pub enum Input {
    /// The WebSocket of this link is open.
    Opened(LinkId),
    /// A frame arrived on the WebSocket of this link.
    Frame(LinkId, Frame),
    /// The WebSocket of this link ended, was never made, or brought what is no frame.
    Lost(LinkId),
    /// A whole answer arrived.
    Answer(RequestId, Response),
    /// A request got no answer, or something that is none.
    Failed(RequestId),
    /// The environment hints at a change of the network (spec LIV-3).
    Hint,
    /// A deadline may have passed.
    Timeout,
}

/// What a client wants of its driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send this on the WebSocket of the link.
    Frame(LinkId, Frame),
    /// Send this as an HTTP request.
    Request(LinkId, RequestId, Request),
    /// Nobody waits for this request any more.
    Cancel(RequestId),
    /// Close the link's connection after what was sent on it, and forget the link.
    Drop(LinkId),
    /// The link proved itself: it may begin.
    Offered(LinkId),
    /// The link did not make it, or carries the session no more. Another one is needed.
    LinkLost(LinkId, LinkEnd),
    /// The server confirmed that the session began. Comes once.
    Opened,
    /// The server accepted the fresh token.
    TokenAccepted(TokenAccepted),
    /// The session is over. Comes once, last.
    Ended(End),
}

/// One session, on the client's side.
#[derive(Debug)]
pub struct Client {
    pub(crate) setup: Setup,
    pub(crate) phase: Phase,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) inbox: Inbox,
    pub(crate) log: Log,
    pub(crate) links: BTreeMap<LinkId, Link>,
    pub(crate) current: Option<LinkId>,
    /// The highest generation that was begun (spec ATT-14).
    pub(crate) begun: u64,
    /// When the server must be told of moved cursors.
    pub(crate) tell_by: Option<Time>,
    /// A fresh token that the server has not accepted yet.
    pub(crate) fresh_token: Option<String>,
    pub(crate) requests: u64,
    pub(crate) outputs: VecDeque<Output>,
    opened_links: u64,
}

/// What proves the session, and its bounds.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) session: String,
    pub(crate) secret: Secret,
    pub(crate) limits: WireLimits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// No link has begun, as far as the server has told.
    Connecting,
    Open,
    Ended,
}

impl Client {
    /// A client that has no session yet.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self {
            setup,
            phase: Phase::Connecting,
            credentials: None,
            inbox: Inbox::default(),
            log: Log::default(),
            links: BTreeMap::new(),
            current: None,
            begun: 0,
            tell_by: None,
            fresh_token: None,
            requests: 0,
            outputs: VecDeque::new(),
            opened_links: 0,
        }
    }

    /// Applies what happened. Drain [`poll`](Self::poll) afterwards.
    pub fn handle(&mut self, now: Time, input: Input) {
        if self.phase == Phase::Ended {
            return;
        }
        match input {
            Input::Opened(link) => self.greet(now, link),
            Input::Frame(link, frame) => self.receive_frame(now, link, frame),
            Input::Lost(link) => self.lose(link, LinkEnd::Lost),
            Input::Answer(request, response) => self.receive_answer(now, request, response),
            Input::Failed(request) => self.receive_failure(now, request),
            Input::Hint => self.probe(now),
            Input::Timeout => self.time_out(now),
        }
        self.settle(now);
    }

    /// What the driver has to do next; `None` when there is nothing.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to hand in [`Input::Timeout`]. Without a link it is the driver's turn, and there is none.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        let links = self.links.values().map(Link::deadline);
        links.chain(self.tell_by).min()
    }

    fn time_out(&mut self, now: Time) {
        if self.tell_by.is_some_and(|by| by <= now) {
            self.tell_cursors(now);
        }
        let due: Vec<LinkId> = self
            .links
            .iter()
            .filter(|(_, link)| link.deadline() <= now)
            .map(|(id, _)| *id)
            .collect();
        for id in due {
            self.time_out_link(now, id);
        }
    }

    fn time_out_link(&mut self, now: Time, id: LinkId) {
        let Some(link) = self.links.get(&id) else {
            return;
        };
        match &link.stage {
            Stage::Greeting { until, .. } if now < *until => self.greet_again(now, id),
            Stage::Opening { .. } | Stage::Greeting { .. } | Stage::Offered { .. } => {
                self.lose(id, LinkEnd::Silent);
            }
            Stage::Stream(_) => self.lose(id, LinkEnd::Silent),
            Stage::Polled(_) => self.time_out_requests(now),
        }
    }

    /// Sends what can leave. Every change of state ends here.
    pub(crate) fn settle(&mut self, now: Time) {
        if self.phase == Phase::Ended {
            return;
        }
        if self.inbox.is_at_end() && self.current.is_some() {
            self.acknowledge_close(now);
        }
        self.expect_telling(now);
        match self.current_stage() {
            Some(Stage::Stream(_)) => self.settle_stream(),
            Some(Stage::Polled(_)) => self.settle_polled(now),
            _ => {}
        }
    }

    /// One `ack` serves many messages, but no more than a quarter of a window (spec SEQ-6).
    fn expect_telling(&mut self, now: Time) {
        let delay = match self.current_stage() {
            _ if !self.inbox.is_unreported() => None,
            Some(Stage::Stream(_)) => Some(STREAM_TELLING),
            Some(Stage::Polled(_)) => Some(POLL_TELLING),
            _ => None,
        };
        match delay {
            None => self.tell_by = None,
            Some(_) if self.inbox.is_urgent(self.bounds().window) => self.tell_cursors(now),
            Some(delay) => self.tell_by = self.tell_by.or(Some(now + delay)),
        }
    }

    pub(crate) fn tell_cursors(&mut self, now: Time) {
        self.tell_by = None;
        match self.current_stage() {
            Some(Stage::Stream(_)) => self.send_cursors(),
            Some(Stage::Polled(_)) => self.poll_anew(now),
            _ => {}
        }
    }

    pub(crate) fn current_stage(&self) -> Option<&Stage> {
        self.links.get(&self.current?).map(|link| &link.stage)
    }

    pub(crate) fn new_link(&mut self, link: Link) -> LinkId {
        self.opened_links += 1;
        self.links.insert(self.opened_links, link);
        self.opened_links
    }

    /// What the server may have outstanding towards us.
    pub(crate) fn bounds(&self) -> Bounds {
        let message = self.credentials.as_ref().map_or(0, |c| c.limits.message);
        let message = usize::try_from(message).unwrap_or(usize::MAX);
        let window = usize::try_from(self.setup.window).unwrap_or(usize::MAX);
        let window = window.max(message.saturating_add(OVERHEAD));
        Bounds { window, message }
    }

    /// The server broke a rule: say so and end.
    pub(crate) fn violate(&mut self, now: Time, code: Code) {
        self.send_abort(now, code, code.reason());
        self.end(code, code.reason().to_owned());
    }

    /// Whether the server has confirmed that the session began, and it has not ended.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// Whether the session is over.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.phase == Phase::Ended
    }

    /// The link that carries the session.
    #[must_use]
    pub fn current(&self) -> Option<LinkId> {
        self.current
    }

    /// The session's id, once there is one.
    #[must_use]
    pub fn session(&self) -> Option<&str> {
        self.credentials.as_ref().map(|c| c.session.as_str())
    }

    /// Our cursors: what arrived from the server, and what the application took.
    #[must_use]
    pub fn incoming(&self) -> Cursors {
        self.inbox.cursors()
    }

    /// The number of the last frame sent, and the server's cursors for that direction.
    #[must_use]
    pub fn outgoing(&self) -> (u64, Cursors) {
        (self.log.last(), self.log.peer())
    }

    /// Bytes held for the application and for the server, as windows count them.
    #[must_use]
    pub fn held_bytes(&self) -> (usize, usize) {
        (self.inbox.cost(), self.log.cost())
    }

    /// The request that the current link waits for, when it is the only one under way.
    #[must_use]
    pub fn only_request(&self) -> Option<RequestId> {
        match self.current_stage() {
            Some(Stage::Polled(polled)) => polled.only_request(),
            _ => None,
        }
    }

    /// How often the current link's requests failed since the last success.
    #[must_use]
    pub fn failures(&self) -> u32 {
        match self.current_stage() {
            Some(Stage::Polled(polled)) => polled.failures(),
            _ => 0,
        }
    }
}

const STREAM_TELLING: Duration = Duration::from_millis(200);
/// Telling cursors displaces a held poll and costs a round trip, so it waits longer.
const POLL_TELLING: Duration = Duration::from_millis(250);
