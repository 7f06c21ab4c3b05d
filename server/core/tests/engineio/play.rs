//! An engine, with what a driver would do to it.

use std::time::Duration;
use throughline_core::engineio::{Answer, Engine, Input, LinkId, Request, Settings};
use throughline_core::session::{End, Output, RequestId, Setup, Take, Transmit, Transport};
use throughline_core::wire::Carried;
use throughline_core::wire::engineio::{Refusal, Version};
use throughline_core::wire::native::Secret;
use throughline_core::{Limits, Time};

pub(crate) const INTERVAL: u64 = 25_000;
pub(crate) const TIMEOUT: u64 = 20_000;
pub(crate) const WINDOW: usize = 1100;

/// An engine, with all that it has said.
pub(crate) struct Play {
    pub(crate) engine: Engine,
    pub(crate) now: Time,
    pub(crate) answers: Vec<(RequestId, Answer)>,
    pub(crate) woken: Vec<u64>,
    pub(crate) transports: Vec<Option<Transport>>,
    pub(crate) end: Option<End>,
}

pub(crate) fn open(link: Option<LinkId>) -> Play {
    open_version(Version::V4, link)
}

pub(crate) fn open_version(version: Version, link: Option<LinkId>) -> Play {
    open_bounded(version, link, 1000)
}

pub(crate) fn open_bounded(version: Version, link: Option<LinkId>, max_payload: usize) -> Play {
    let setup = Setup {
        id: "node.run.session".to_owned(),
        secret: Secret::new([7; 16]),
        limits: Limits {
            message: 64,
            window: WINDOW,
            log: WINDOW,
            ..Limits::default()
        },
        window: None,
        protocol: None,
        token_expires: None,
    };
    let settings = Settings {
        version,
        sid: "sid".to_owned(),
        ping_interval: Duration::from_millis(INTERVAL),
        ping_timeout: Duration::from_millis(TIMEOUT),
        upgrade_timeout: Duration::from_secs(10),
        max_payload,
        upgrades: true,
        text_only: false,
    };
    let mut play = Play {
        engine: Engine::open(Time::ZERO, setup, settings, link),
        now: Time::ZERO,
        answers: Vec::new(),
        woken: Vec::new(),
        transports: Vec::new(),
        end: None,
    };
    play.drain();
    play
}

pub(crate) fn polling() -> Play {
    open(None)
}

impl Play {
    pub(crate) fn drain(&mut self) {
        while let Some(output) = self.engine.poll() {
            match output {
                Output::Answer(id, answer) => self.answers.push((id, answer)),
                Output::Wake(link) => self.woken.push(link),
                Output::Transport(transport) => self.transports.push(transport),
                Output::Ended(end) => assert!(self.end.replace(*end).is_none()),
                Output::Started => {}
                other => panic!("{other:?}"),
            }
        }
    }

    pub(crate) fn handle(&mut self, input: Input) {
        self.engine.handle(self.now, input);
        self.drain();
    }

    pub(crate) fn ask(&mut self, id: RequestId, request: Request) {
        self.handle(Input::Request(id, request));
    }

    pub(crate) fn get(&mut self, id: RequestId) {
        self.ask(id, Request::Get(None));
    }

    pub(crate) fn get_stamped(&mut self, id: RequestId, stamp: &'static str) {
        self.ask(id, Request::Get(Some(stamp.into())));
    }

    pub(crate) fn post(&mut self, id: RequestId, body: &str) {
        self.ask(id, Request::Post(None, Carried::Text(body.into())));
    }

    pub(crate) fn post_stamped(&mut self, id: RequestId, stamp: &'static str, body: &str) {
        self.ask(
            id,
            Request::Post(Some(stamp.into()), Carried::Text(body.into())),
        );
    }

    pub(crate) fn receive(&mut self, link: LinkId, text: &str) {
        self.handle(Input::Received(link, Carried::Text(text.into())));
    }

    pub(crate) fn send(&mut self, text: &'static str) {
        self.engine
            .session_mut()
            .send(self.now, &text.into())
            .expect("there is room");
        self.engine.settle(self.now);
        self.drain();
    }

    pub(crate) fn take(&mut self) -> Take {
        let take = self.engine.session_mut().take(self.now);
        self.engine.settle(self.now);
        self.drain();
        take
    }

    pub(crate) fn texts(&mut self) -> Vec<String> {
        let mut texts = Vec::new();
        while let Take::Message(message) = self.take() {
            texts.push(message.as_text().expect("text").to_owned());
        }
        texts
    }

    /// Time passes, deadline by deadline.
    pub(crate) fn wait(&mut self, ms: u64) {
        let until = self.now + Duration::from_millis(ms);
        while let Some(deadline) = self.engine.deadline().filter(|deadline| *deadline <= until) {
            assert!(
                deadline >= self.now,
                "a deadline that has passed was not handled"
            );
            self.now = deadline;
            self.handle(Input::Timeout);
        }
        self.now = until;
    }

    /// What leaves on the WebSocket now; the second says that it is to be closed.
    pub(crate) fn transmit(&mut self, link: LinkId) -> (Vec<String>, bool) {
        let mut texts = Vec::new();
        let mut text = |carried| match carried {
            Carried::Text(text) => texts.push(text.to_string()),
            Carried::Binary(bytes) => texts.push(format!("{} bytes", bytes.len())),
        };
        let ended = loop {
            match self.engine.transmit(self.now, link) {
                Transmit::Frame(carried) => text(carried),
                Transmit::Idle => break false,
                Transmit::End(last) => {
                    last.map(text);
                    break true;
                }
            }
        };
        self.drain();
        (texts, ended)
    }

    /// The answer to that request, once.
    pub(crate) fn answer(&mut self, id: RequestId) -> Answer {
        let at = self.answers.iter().position(|(known, _)| *known == id);
        self.answers
            .remove(at.unwrap_or_else(|| panic!("{id} is not answered")))
            .1
    }

    pub(crate) fn payload(&mut self, id: RequestId) -> String {
        match self.answer(id) {
            Answer::Payload(Carried::Text(payload)) => payload.to_string(),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn is_waiting(&self, id: RequestId) -> bool {
        self.answers.iter().all(|(known, _)| *known != id)
    }

    pub(crate) fn reason(&self) -> &str {
        &self.end.as_ref().expect("it has ended").reason
    }

    /// The application reads on until the end.
    pub(crate) fn assert_ends(&mut self, reason: &str) {
        assert!(self.engine.is_over());
        while self.take() != Take::End {}
        assert_eq!(self.reason(), reason);
    }
}

pub(crate) const BAD_REQUEST: Answer = Answer::Refused(Refusal::BadRequest);
pub(crate) const UNKNOWN: Answer = Answer::Refused(Refusal::UnknownSession);
