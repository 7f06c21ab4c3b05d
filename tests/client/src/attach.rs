//! Attaching: a link says hello until it is welcomed, and carries the session once told to (spec §6).

use crate::link::{Carrier, Link, LinkEnd, LinkId, Stage};
use crate::polled::Polled;
use crate::session::{Client, Credentials, Output, Phase};
use crate::stream::Stream;
use std::time::Duration;
use throughline_core::Time;
use throughline_core::wire::native::{Hello, Refuse, Request, Welcome};
use throughline_core::{Code, wire::native::Frame};

/// How long a WebSocket may take to open.
const OPENING: Duration = Duration::from_secs(10);
/// How long a link may take to be welcomed.
const GREETING: Duration = Duration::from_secs(10);
/// After which a hello is repeated (spec ATT-4).
const REPEAT: Duration = Duration::from_secs(1);

impl Client {
    /// Makes a link. A WebSocket is to be connected by the driver; HTTP says hello at once.
    pub fn open(&mut self, now: Time, carrier: Carrier) -> LinkId {
        let link = self.new_link(Link::new(carrier, now + OPENING));
        if matches!(carrier, Carrier::Http(_)) {
            self.greet(now, link);
        }
        link
    }

    pub(crate) fn greet(&mut self, now: Time, id: LinkId) {
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        if !matches!(link.stage, Stage::Opening { .. }) {
            return;
        }
        link.stage = Stage::Greeting {
            repeat: now + REPEAT,
            until: now + GREETING,
        };
        self.say_hello(id);
    }

    pub(crate) fn greet_again(&mut self, now: Time, id: LinkId) {
        if let Some(Link {
            stage: Stage::Greeting { repeat, .. },
            ..
        }) = self.links.get_mut(&id)
        {
            *repeat = now + REPEAT;
            self.say_hello(id);
        }
    }

    fn say_hello(&mut self, id: LinkId) {
        let hello = self.hello();
        let request = self.next_request();
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        let output = match link.carrier {
            Carrier::WebSocket => Output::Frame(id, Frame::Hello(Box::new(hello))),
            Carrier::Http(_) => {
                link.hellos.push(request);
                Output::Request(id, request, Request::Hello(Box::new(hello)))
            }
        };
        self.outputs.push_back(output);
    }

    /// The hello names the session as soon as there is one, also on a link that was opened before.
    fn hello(&self) -> Hello {
        let known = self.credentials.as_ref();
        Hello {
            v: 1,
            session: known.map(|known| known.session.clone()),
            secret: known.map(|known| known.secret),
            token: self.setup.token.clone(),
            protocols: self.setup.protocols.clone(),
            window: Some(self.setup.window),
        }
    }

    pub(crate) fn next_request(&mut self) -> u64 {
        self.requests += 1;
        self.requests
    }

    pub(crate) fn receive_welcome(&mut self, now: Time, id: LinkId, welcome: &Welcome) {
        // A repeated hello brings more than one welcome; a link that has begun needs none.
        let waits =
            |link: &Link| matches!(link.stage, Stage::Greeting { .. } | Stage::Offered { .. });
        if !self.links.get(&id).is_some_and(waits) {
            return;
        }
        if !self.learn(welcome) {
            // Another link won the race: this one proves itself for the same session.
            return self.greet_again(now, id);
        }
        let until = now + Duration::from_millis(welcome.limits.offer);
        let generation = welcome.generation;
        if let Some(link) = self.links.get_mut(&id) {
            link.stage = Stage::Offered { generation, until };
            self.outputs.push_back(Output::Offered(id));
        }
    }

    /// Takes the first welcome as the session's; says whether the welcome belongs to it.
    fn learn(&mut self, welcome: &Welcome) -> bool {
        match (&mut self.credentials, welcome.secret) {
            (Some(known), _) => known.session == welcome.session,
            (None, None) => false,
            (credentials @ None, Some(secret)) => {
                *credentials = Some(Credentials {
                    session: welcome.session.clone(),
                    secret,
                    limits: welcome.limits,
                });
                true
            }
        }
    }

    pub(crate) fn receive_refusal(&mut self, id: LinkId, refuse: Refuse) {
        let greeting = |link: &Link| matches!(link.stage, Stage::Greeting { .. });
        if self.links.get(&id).is_some_and(greeting) {
            self.lose(id, LinkEnd::Refused(refuse));
        }
    }

    /// Moves the session onto a link that was offered a generation. Says whether it could.
    pub fn begin(&mut self, now: Time, id: LinkId) -> bool {
        let Some(Link {
            stage: Stage::Offered { generation, .. },
            carrier,
            ..
        }) = self.links.get(&id)
        else {
            return false;
        };
        let (generation, carrier) = (*generation, *carrier);
        if generation <= self.begun {
            self.lose(id, LinkEnd::Fenced);
            return false;
        }
        self.leave_current();
        self.begun = generation;
        self.current = Some(id);
        self.inbox.forget_report();
        let stage = match carrier {
            Carrier::WebSocket => Stage::Stream(self.begin_stream(now, id, generation)),
            Carrier::Http(polling) => Stage::Polled(self.begin_polled(now, generation, polling)),
        };
        if let Some(link) = self.links.get_mut(&id) {
            link.stage = stage;
        }
        self.settle(now);
        true
    }

    fn begin_stream(&mut self, now: Time, id: LinkId, generation: u64) -> Stream {
        let stream = Stream::new(now, generation, self.log.unreceived(), self.limits());
        let begin = stream.begin(self.inbox.report());
        self.outputs
            .push_back(Output::Frame(id, Frame::Begin(begin)));
        if let Some(token) = self.fresh_token.clone() {
            self.send_token(id, token);
        }
        stream
    }

    fn begin_polled(&self, now: Time, generation: u64, polling: crate::Polling) -> Polled {
        Polled::new(now, generation, polling, self.limits())
    }

    fn leave_current(&mut self) {
        if let Some(old) = self.current.take() {
            self.links.remove(&old);
            self.outputs.push_back(Output::Drop(old));
        }
    }

    /// A link is given up, or gave up.
    pub(crate) fn lose(&mut self, id: LinkId, end: LinkEnd) {
        if self.links.remove(&id).is_none() {
            return;
        }
        if self.current == Some(id) {
            self.current = None;
        }
        self.outputs.push_back(Output::Drop(id));
        self.outputs.push_back(Output::LinkLost(id, end));
    }

    /// The server says that a later generation than this link's is current.
    pub(crate) fn receive_fenced(&mut self, id: LinkId, generation: u64) {
        if generation == self.begun && self.current == Some(id) {
            let code = Code::TAKEN_OVER;
            self.end(code, code.reason().to_owned());
        } else {
            self.lose(id, LinkEnd::Fenced);
        }
    }

    /// The server confirmed that this link carries the session.
    pub(crate) fn confirm(&mut self) {
        if self.phase == Phase::Connecting {
            self.phase = Phase::Open;
            self.outputs.push_back(Output::Opened);
        }
    }

    /// The session is gone before the application saw it: the next hello asks for a new one.
    pub(crate) fn forget_session(&mut self) {
        self.credentials = None;
        self.begun = 0;
        let links: Vec<LinkId> = self.links.keys().copied().collect();
        for id in links {
            self.lose(id, LinkEnd::Stale);
        }
    }
}
