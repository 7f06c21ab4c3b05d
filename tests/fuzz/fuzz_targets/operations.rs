//! Any sequence of operations on a session: links, frames, requests, application calls and time, in any
//! order and with any numbers. Nothing panics, bounds hold, and no state waits without a deadline.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use std::time::Duration;
use throughline_core::session::{Setup, Transmit};
use throughline_core::wire::native::{
    Abort, Begin, Close, Cursors, Frame, Item, Poll, PollRequest, Secret, Token,
};
use throughline_core::{Code, Input, Limits, Message, Output, Session, Time};

const SECRET: Secret = Secret::new([7; 16]);
const ID: &str = "node-1-fuzz";
/// More operations than this find nothing new.
const MOST: usize = 300;

#[derive(Arbitrary, Debug)]
enum Operation {
    Hello,
    Begin {
        generation: u8,
        cursors: Pair,
        first: u8,
    },
    Message {
        generation: u8,
        seq_mod: u8,
        len: u8,
    },
    Close {
        generation: u8,
        seq_mod: u8,
    },
    Ack {
        generation: u8,
        cursors: Pair,
    },
    Ping {
        generation: u8,
    },
    Pong {
        generation: u8,
    },
    Token {
        generation: u8,
    },
    Abort {
        generation: u8,
        cursors: Option<Pair>,
    },
    Unexpected {
        generation: u8,
    },
    LinkLost {
        generation: u8,
    },
    Transmit {
        generation: u8,
    },
    Request(Request),
    RequestGone {
        id: u8,
    },
    TokenAccepted {
        lives: Option<u16>,
    },
    Send {
        len: u8,
    },
    Take,
    ApplicationClose,
    Release,
    ApplicationAbort,
    Wait {
        ms: u16,
    },
}

#[derive(Arbitrary, Clone, Copy, Debug)]
struct Pair {
    received: u8,
    ack: u8,
}

#[derive(Arbitrary, Debug)]
struct Request {
    id: u8,
    generation: u8,
    number: u8,
    cursors: Pair,
    first: u8,
    hold: u16,
    next: u16,
    max_bytes: u16,
    lens: Vec<u8>,
    closes: bool,
    token: bool,
    aborts: bool,
}

fuzz_target!(|operations: Vec<Operation>| {
    let mut play = Play::new();
    for operation in operations.iter().take(MOST) {
        play.perform(operation);
        play.check();
    }
});

struct Play {
    now: Time,
    session: Session,
    starts: u32,
    ends: u32,
}

impl Play {
    fn new() -> Self {
        let limits = Limits {
            message: 100,
            window: 300,
            log: 300,
            batch: 4096,
            ..Limits::default()
        };
        let setup = Setup {
            id: ID.to_owned(),
            secret: SECRET,
            limits,
            window: None,
            protocol: None,
            token_expires: None,
        };
        let (session, _) = Session::open(Time::ZERO, setup);
        Self {
            now: Time::ZERO,
            session,
            starts: 0,
            ends: 0,
        }
    }

    fn perform(&mut self, operation: &Operation) {
        let frame = |generation: &u8, frame| Input::Frame(u64::from(*generation), frame);
        match operation {
            Operation::Hello => drop(self.session.hello(self.now)),
            Operation::Begin {
                generation,
                cursors,
                first,
            } => self.handle(Input::Begin(Begin {
                generation: u64::from(*generation),
                cursors: (*cursors).into(),
                first: u64::from(*first),
            })),
            Operation::Message {
                generation,
                seq_mod,
                len,
            } => {
                self.handle(frame(
                    generation,
                    Frame::Sequenced(seq_mod & 31, message(*len)),
                ));
            }
            Operation::Close {
                generation,
                seq_mod,
            } => {
                self.handle(frame(generation, Frame::Sequenced(seq_mod & 31, close())));
            }
            Operation::Ack {
                generation,
                cursors,
            } => {
                self.handle(frame(generation, Frame::Ack((*cursors).into())));
            }
            Operation::Ping { generation } => self.handle(frame(generation, Frame::Ping(1))),
            Operation::Pong { generation } => self.handle(frame(generation, Frame::Pong(1))),
            Operation::Token { generation } => {
                self.handle(frame(generation, Frame::Token(token())));
            }
            Operation::Abort {
                generation,
                cursors,
            } => {
                self.handle(frame(generation, Frame::Abort(Box::new(abort(*cursors)))));
            }
            Operation::Unexpected { generation } => {
                self.handle(frame(generation, Frame::Fenced(1)));
            }
            Operation::LinkLost { generation } => {
                self.handle(Input::LinkLost(u64::from(*generation)));
            }
            Operation::Transmit { generation } => self.transmit(u64::from(*generation)),
            Operation::Request(request) => {
                self.handle(Input::Request(u64::from(request.id), request.into()));
            }
            Operation::RequestGone { id } => self.handle(Input::RequestGone(u64::from(*id))),
            Operation::TokenAccepted { lives } => {
                let expires = lives.map(|ms| self.now + Duration::from_millis(u64::from(ms)));
                self.handle(Input::TokenAccepted(expires));
            }
            Operation::Send { len } => {
                let body = vec![0; usize::from(*len)];
                drop(self.session.send(self.now, &Message::binary(body)));
            }
            Operation::Take => drop(self.session.take(self.now)),
            Operation::ApplicationClose => {
                let _ = self.session.close(self.now, Code::NORMAL, "done");
            }
            Operation::Release => self.session.release(self.now),
            Operation::ApplicationAbort => {
                self.session.abort(Code::ABORTED, "no", None);
            }
            Operation::Wait { ms } => self.wait(Duration::from_millis(u64::from(*ms))),
        }
        self.drain();
    }

    fn handle(&mut self, input: Input) {
        self.session.handle(self.now, input);
    }

    /// As a driver does: until there is nothing left to send.
    fn transmit(&mut self, generation: u64) {
        for _ in 0..1000 {
            match self.session.transmit(self.now, generation) {
                Transmit::Frame(_) => {}
                Transmit::Idle | Transmit::End(_) => return,
            }
        }
        panic!("a link never runs out of frames");
    }

    /// Lets time pass, with every deadline at its time.
    fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(at) = self.session.deadline().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.handle(Input::Timeout);
            self.drain();
            let passed = self.session.deadline().is_none_or(|at| at > self.now);
            assert!(passed, "a deadline passed without effect");
        }
        self.now = until;
    }

    fn drain(&mut self) {
        while let Some(output) = self.session.poll() {
            match output {
                Output::Started => self.starts += 1,
                Output::Ended(_) => self.ends += 1,
                _ => {}
            }
        }
    }

    fn check(&self) {
        let session = &self.session;
        let (inbox, log) = session.held_bytes();
        assert!(inbox <= 300 && log <= 300, "a bound was passed");
        assert!(session.offers() <= 8, "offers are bounded");
        assert!(session.held_requests() <= 4, "held requests are bounded");
        assert!(self.starts <= 1 && self.ends <= 1, "both come once");
        assert_eq!(self.ends == 1, session.tombstone().is_some());
        let waits = session.tombstone().is_none() && session.deadline().is_none();
        assert!(!waits, "a session waits without a deadline");
    }
}

fn message(len: u8) -> Item {
    Item::Message(Message::binary(vec![1; usize::from(len)]))
}

fn close() -> Item {
    Item::Close(Box::new(Close::new(Code::NORMAL, String::new())))
}

fn token() -> Token {
    Token {
        token: "fresh".to_owned(),
    }
}

fn abort(cursors: Option<Pair>) -> Abort {
    Abort {
        code: Code::ABORTED,
        reason: String::new(),
        received: cursors.map(|pair| u64::from(pair.received)),
        ack: cursors.map(|pair| u64::from(pair.ack)),
        retry_after: None,
    }
}

impl From<Pair> for Cursors {
    fn from(pair: Pair) -> Self {
        Self {
            received: u64::from(pair.received),
            ack: u64::from(pair.ack),
        }
    }
}

impl From<&Request> for PollRequest {
    fn from(request: &Request) -> Self {
        let mut items: Vec<Item> = request.lens.iter().map(|len| message(*len)).collect();
        items.extend(request.closes.then(close));
        Self {
            poll: Box::new(Poll {
                session: ID.to_owned(),
                secret: SECRET,
                generation: u64::from(request.generation),
                number: u64::from(request.number),
                cursors: request.cursors.into(),
                first: u64::from(request.first),
                hold: u64::from(request.hold),
                next: u64::from(request.next),
                max_bytes: u64::from(request.max_bytes),
            }),
            token: request.token.then(token),
            items,
            abort: request
                .aborts
                .then(|| Box::new(abort(Some(request.cursors)))),
        }
    }
}
