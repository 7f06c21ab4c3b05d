//! Whatever clients do, in whatever order: every request is answered once, every queue has its bound, every wait its deadline,
//! each message is handed out or listed at the end, and the end comes.

use crate::play::{Play, WINDOW, fresh_with, stamp, time};
use proptest::prelude::*;
use std::time::Duration;
use throughline_core::sockjs::{Answer, Input, Request, Stamp};
use throughline_core::wire::sockjs::Transport;
use throughline_core::{Code, Message};

/// Four receivers, four repetitions of a poll, and four sends with four repetitions each.
const MOST_WAITING: usize = 4 + 4 + 4 * 4;

#[derive(Clone, Debug)]
enum Operation {
    Ask(u8, Option<u8>),
    Post(u8, Option<u8>),
    /// A request goes that waits, or a response that goes on.
    Leave(usize),
    /// Something leaves on a link that was woken.
    Transmit,
    Say,
    Take,
    /// Time passes, and the timers come on time.
    Wait(u64),
    /// Time passes, and nobody says so.
    Sleep(u64),
    Close,
    Abort,
}

fn operation() -> impl Strategy<Value = Operation> {
    let stamp = || prop::option::of(0..6_u8);
    prop_oneof![
        20 => (0..4_u8, stamp()).prop_map(|(kind, stamp)| Operation::Ask(kind, stamp)),
        20 => (0..5_u8, stamp()).prop_map(|(kind, stamp)| Operation::Post(kind, stamp)),
        5 => (0..8_usize).prop_map(Operation::Leave),
        20 => Just(Operation::Transmit),
        20 => Just(Operation::Say),
        10 => Just(Operation::Take),
        10 => (0..200_u64).prop_map(Operation::Wait),
        1 => (0..30_000_u64).prop_map(Operation::Wait),
        1 => (0..60_000_u64).prop_map(Operation::Sleep),
        1 => Just(Operation::Close),
        1 => Just(Operation::Abort),
    ]
}

/// A name, or a time that makes answers wait.
fn stamped(which: u8) -> Stamp {
    match which {
        0..3 => stamp(&which.to_string()),
        _ => time(1_700_000_000_000 + u64::from(which) * 20),
    }
}

struct Anything {
    play: Play,
    ids: u64,
    /// Responses that go on.
    links: Vec<u64>,
    said: usize,
    handed_out: String,
}

impl Anything {
    fn perform(&mut self, operation: &Operation) {
        match *operation {
            Operation::Ask(kind, stamp) => self.ask(kind, stamp),
            Operation::Post(kind, stamp) => self.post(kind, stamp),
            Operation::Leave(which) => self.leave(which),
            Operation::Transmit => self.transmit(),
            Operation::Say => self.say(),
            Operation::Take => {
                self.play.take();
            }
            Operation::Wait(ms) => {
                self.play.handle(Input::Timeout);
                self.play.wait(ms);
            }
            Operation::Sleep(ms) => self.play.now = self.play.now + Duration::from_millis(ms),
            Operation::Close => self.play.close(3000, "Go away!"),
            Operation::Abort => {
                let session = self.play.connection.session_mut();
                session.abort(Code::INTERNAL, "broken", None);
                self.play.settle();
            }
        }
        self.look();
        self.check();
    }

    fn request(&mut self, request: Request) {
        self.ids += 1;
        self.play.handle(Input::Request(self.ids, request));
    }

    fn ask(&mut self, kind: u8, stamp: Option<u8>) {
        let transport = match kind {
            0 => Transport::XhrStreaming,
            1 => Transport::EventSource,
            _ => Transport::XhrPolling,
        };
        self.request(Request::Receive(transport, stamp.map(stamped)));
    }

    fn post(&mut self, kind: u8, stamp: Option<u8>) {
        let body = match kind {
            0 => "[\"bro".to_owned(),
            1 => format!("[{}]", vec!["\"x\""; 100].join(",")),
            2 => format!("[\"{}\"]", "y".repeat(900)),
            _ => "[\"z\"]".to_owned(),
        };
        self.request(Request::Send(stamp.map(stamped), body.into()));
    }

    fn leave(&mut self, which: usize) {
        if let Some(id) = self.play.waiting.iter().nth(which).copied() {
            self.play.handle(Input::RequestGone(id));
        } else if which < self.links.len() {
            let link = self.links.swap_remove(which);
            self.play.handle(Input::Lost(link));
        }
    }

    fn transmit(&mut self) {
        for link in self.links.clone() {
            let (said, is_over) = self.play.transmit(link);
            self.handed_out.extend(said);
            if is_over {
                self.links.retain(|known| *known != link);
                self.play.handle(Input::Lost(link));
            }
        }
    }

    fn say(&mut self) {
        let message = Message::text(format!("<{}>", self.said));
        let session = self.play.connection.session_mut();
        if session.send(self.play.now, &message).is_ok() {
            self.said += 1;
        }
        self.play.settle();
    }

    /// Reads the answers that came.
    fn look(&mut self) {
        for answer in std::mem::take(&mut self.play.answers).into_values() {
            match answer {
                Answer::Frame(frame) => self.handed_out.push_str(&frame),
                Answer::Streaming(link) => self.links.push(link),
                Answer::Taken | Answer::Malformed(_) | Answer::Busy | Answer::Over => {}
            }
        }
    }

    fn check(&self) {
        let connection = &self.play.connection;
        let (inbox, log) = connection.session().held_bytes();
        assert!(inbox <= WINDOW && log <= WINDOW);
        assert!(self.play.waiting.len() <= MOST_WAITING);
        assert_eq!(connection.deadline().is_none(), self.play.end.is_some());
        if connection.is_over() {
            assert!(self.play.waiting.is_empty(), "{:?}", self.play.waiting);
        }
    }

    /// Everybody leaves, and the application does nothing.
    fn finish(&mut self) {
        for link in std::mem::take(&mut self.links) {
            self.play.handle(Input::Lost(link));
        }
        self.play.handle(Input::Timeout);
        self.play.wait(120_000);
        self.look();
        self.check();
        let end = self.play.end.as_ref().expect("the end comes");
        let listed = |text: &str| {
            let mut left = end.undelivered.iter();
            left.any(|one| one.message.as_text() == Some(text))
        };
        for text in (0..self.said).map(|number| format!("<{number}>")) {
            let is_known = self.handed_out.contains(&text) || listed(&text);
            assert!(is_known, "{text} is neither handed out nor listed");
        }
    }
}

proptest! {
    #[test]
    fn every_request_is_answered_and_every_session_ends(
        response_limit in 1..2000_usize,
        operations in prop::collection::vec(operation(), 1..100),
    ) {
        let mut anything = Anything {
            play: fresh_with(response_limit),
            ids: 0,
            links: Vec::new(),
            said: 0,
            handed_out: String::new(),
        };
        for operation in &operations {
            anything.perform(operation);
        }
        anything.finish();
    }
}
