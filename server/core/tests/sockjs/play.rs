//! A session, with what a driver would do to it: it sends what leaves as soon as it is woken, and knows which requests wait.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use throughline_core::session::{End, Output, RequestId, Setup, Take, Transmit};
use throughline_core::sockjs::{
    Answer, Connection, Down, Input, LinkId, Request, Settings, Stamp, Up,
};
use throughline_core::wire::Carried;
use throughline_core::wire::native::Secret;
use throughline_core::wire::sockjs::{Callback, Transport};
use throughline_core::{Code, Limits, Message, Time, session};

pub(crate) const HEARTBEAT: u64 = 25_000;
pub(crate) const DISCONNECT: u64 = 5_000;
pub(crate) const PONG: u64 = 10_000;
/// As many bytes have room in the inbox and in the log.
pub(crate) const WINDOW: usize = 1100;
/// As long may the body of a request be, and a message of a WebSocket.
pub(crate) const MAX_PAYLOAD: usize = 1000;
/// The response limit of most of these sessions.
pub(crate) const LONG: usize = 128 * 1024;
/// How long a second receiver waits for the first to be gone, in milliseconds.
pub(crate) const MOMENT: u64 = 200;
pub(crate) const ANOTHER: &str = "c[2010,\"Another connection still open\"]\n";

/// A session, with all that it has said.
pub(crate) struct Play {
    pub(crate) connection: Connection,
    pub(crate) now: Time,
    /// Requests that have no answer yet.
    pub(crate) waiting: BTreeSet<RequestId>,
    pub(crate) answers: BTreeMap<RequestId, Answer>,
    pub(crate) woken: BTreeSet<LinkId>,
    pub(crate) transports: Vec<Option<session::Transport>>,
    pub(crate) has_started: bool,
    pub(crate) end: Option<End>,
}

/// A session that nobody has received from yet.
pub(crate) fn fresh() -> Play {
    fresh_with(LONG)
}

pub(crate) fn fresh_with(response_limit: usize) -> Play {
    fresh_given(Settings {
        heartbeat_delay: Duration::from_millis(HEARTBEAT),
        disconnect_delay: Duration::from_millis(DISCONNECT),
        response_limit,
        max_payload: MAX_PAYLOAD,
    })
}

pub(crate) fn fresh_given(settings: Settings) -> Play {
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
    Play {
        connection: Connection::open(Time::ZERO, setup, settings),
        now: Time::ZERO,
        waiting: BTreeSet::new(),
        answers: BTreeMap::new(),
        woken: BTreeSet::new(),
        transports: Vec::new(),
        has_started: false,
        end: None,
    }
}

/// A session that a poll has opened.
pub(crate) fn polling() -> Play {
    let mut play = fresh();
    play.poll(0);
    assert_eq!(play.frame(0), "o\n");
    play
}

/// A session of a WebSocket, whose number is 1.
pub(crate) fn websocket() -> Play {
    let mut play = fresh();
    play.handle(Input::Opened(1, Transport::WebSocket));
    assert_eq!(play.transmit(1), (vec!["o".to_owned()], false));
    play
}

pub(crate) fn raw() -> Play {
    let mut play = fresh();
    play.handle(Input::Opened(1, Transport::RawWebSocket));
    play
}

/// A stamp that tells nothing of a clock, so that no answer waits.
pub(crate) fn stamp(text: &str) -> Stamp {
    Stamp::number(&format!("a{text:0>8}")).expect("the form of a stamp")
}

pub(crate) fn time(millis: u64) -> Stamp {
    Stamp::time(&millis.to_string()).expect("thirteen digits")
}

pub(crate) fn callback() -> Callback {
    Callback::parse(Some("_jp.a")).expect("a name")
}

impl Play {
    pub(crate) fn drain(&mut self) {
        while let Some(output) = self.connection.poll() {
            match output {
                Output::Answer(id, answer) => {
                    assert!(self.waiting.remove(&id), "{id} was answered or is gone");
                    self.answers.insert(id, answer);
                }
                Output::Wake(link) => {
                    self.woken.insert(link);
                }
                Output::Transport(transport) => self.transports.push(transport),
                Output::Started => assert!(!std::mem::replace(&mut self.has_started, true)),
                Output::Ended(end) => assert!(self.end.replace(*end).is_none()),
                other => panic!("{other:?}"),
            }
        }
    }

    pub(crate) fn handle(&mut self, input: Input) {
        if let Input::Request(id, _) = &input {
            assert!(self.waiting.insert(*id));
        }
        let gone = match &input {
            Input::RequestGone(id) => Some(*id),
            _ => None,
        };
        self.connection.handle(self.now, input);
        // A deadline that has passed meanwhile may still answer a request that is gone.
        self.drain();
        self.waiting.retain(|id| gone != Some(*id));
    }

    pub(crate) fn ask(&mut self, id: RequestId, transport: Transport) {
        self.handle(Input::Request(id, Request::Receive(transport, None)));
    }

    pub(crate) fn poll(&mut self, id: RequestId) {
        self.ask(id, Transport::XhrPolling);
    }

    pub(crate) fn poll_stamped(&mut self, id: RequestId, text: &str) {
        self.poll_with(id, stamp(text));
    }

    pub(crate) fn poll_with(&mut self, id: RequestId, stamp: Stamp) {
        let request = Request::Receive(Transport::XhrPolling, Some(stamp));
        self.handle(Input::Request(id, request));
    }

    /// A streaming response, which begins at once.
    pub(crate) fn stream(&mut self, id: RequestId, transport: Transport) {
        self.ask(id, transport);
        assert_eq!(self.answer(id), Answer::Streaming(id));
    }

    pub(crate) fn post(&mut self, id: RequestId, body: &str) {
        self.handle(Input::Request(id, Request::Send(None, body.into())));
    }

    pub(crate) fn post_stamped(&mut self, id: RequestId, text: &str, body: &str) {
        self.post_with(id, stamp(text), body);
    }

    pub(crate) fn post_with(&mut self, id: RequestId, stamp: Stamp, body: &str) {
        let request = Request::Send(Some(stamp), body.into());
        self.handle(Input::Request(id, request));
    }

    pub(crate) fn receive(&mut self, link: LinkId, text: &str) {
        let carried = Carried::Text(text.into());
        self.handle(Input::Received(link, Up::Carried(carried)));
    }

    pub(crate) fn pong(&mut self, link: LinkId) {
        self.handle(Input::Received(link, Up::Alive));
    }

    pub(crate) fn settle(&mut self) {
        self.connection.settle(self.now);
        self.drain();
    }

    pub(crate) fn send(&mut self, message: impl Into<Message>) {
        let session = self.connection.session_mut();
        session.send(self.now, &message.into()).expect("room");
        self.settle();
    }

    pub(crate) fn close(&mut self, code: u16, reason: &str) {
        let code = Code::application(code).expect("a code of the application");
        let session = self.connection.session_mut();
        session.close(self.now, code, reason).expect("short");
        self.settle();
    }

    pub(crate) fn take(&mut self) -> Take {
        let take = self.connection.session_mut().take(self.now);
        self.settle();
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
        let mut idle = 0;
        while let Some(deadline) = self.connection.deadline().filter(|at| *at <= until) {
            assert!(deadline >= self.now, "a deadline has passed unseen");
            idle = if deadline == self.now { idle + 1 } else { 0 };
            assert!(idle < 3, "a deadline stays");
            self.now = deadline;
            self.handle(Input::Timeout);
        }
        self.now = until;
    }

    /// What leaves on the link now; the second says that it is over. Only a link that was woken is looked at.
    pub(crate) fn transmit(&mut self, link: LinkId) -> (Vec<String>, bool) {
        let mut said = Vec::new();
        let mut is_over = false;
        while self.woken.remove(&link) {
            is_over = self.pull(link, &mut said);
            self.drain();
        }
        (said, is_over)
    }

    fn pull(&mut self, link: LinkId, said: &mut Vec<String>) -> bool {
        loop {
            let mut written = Vec::new();
            if self.connection.write_messages(self.now, link, &mut written) {
                said.push(text_of(&written));
                continue;
            }
            match self.connection.transmit(self.now, link) {
                Transmit::Frame(down) => said.push(shown(down)),
                Transmit::Idle => return false,
                Transmit::End(last) => {
                    said.extend(last.map(shown));
                    return true;
                }
            }
        }
    }

    /// The answer to that request, which has come.
    pub(crate) fn answer(&mut self, id: RequestId) -> Answer {
        let answer = self.answers.remove(&id);
        answer.unwrap_or_else(|| panic!("{id} is not answered"))
    }

    pub(crate) fn frame(&mut self, id: RequestId) -> String {
        match self.answer(id) {
            Answer::Frame(frame) => frame.to_string(),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn is_waiting(&self, id: RequestId) -> bool {
        self.waiting.contains(&id)
    }

    /// The application reads on until the end, and learns its reason.
    pub(crate) fn assert_ends(&mut self, reason: &str) {
        assert!(self.connection.is_over());
        while self.take() != Take::End {}
        assert_eq!(self.end.as_ref().expect("an end").reason, reason);
        assert_eq!(self.connection.deadline(), None);
        assert_eq!(self.waiting, BTreeSet::new());
    }

    /// What the application sent and learns not to have arrived, or not for sure.
    pub(crate) fn undelivered(&self) -> Vec<&str> {
        let end = self.end.as_ref().expect("an end");
        let texts = end.undelivered.iter().map(|one| one.message.as_text());
        texts.map(|text| text.expect("text")).collect()
    }
}

fn shown(down: Down) -> String {
    match down {
        Down::Text(text) => text.to_string(),
        Down::Binary(bytes) => format!("{} bytes", bytes.len()),
        Down::Ping => "ping".to_owned(),
        Down::Close(code, reason) => format!("close {code} {reason}"),
    }
}

/// What a frame of WebSocket says, which is the only one.
fn text_of(frame: &[u8]) -> String {
    let header = match frame[1] {
        126 => 4,
        127 => 10,
        length => {
            assert_eq!(frame.len(), 2 + usize::from(length));
            2
        }
    };
    String::from_utf8(frame[header..].to_vec()).expect("it is text")
}
