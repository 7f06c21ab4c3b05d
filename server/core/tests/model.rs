//! The session against a model so naive that it is obviously right: two lists of messages and four
//! counters. Whatever happens in whatever order, the session must say and hold what the model does.

use proptest::prelude::*;
use throughline_core::session::{SendError, Setup, Take, Transmit};
use throughline_core::wire::native::batch::{PollRequest, Response};
use throughline_core::wire::native::{Begin, Cursors, Frame, Item, Poll, Secret};
use throughline_core::{Input, Limits, Message, Output, Session, Time};

const LONGEST: usize = 100;
const WINDOW: usize = 400;
const OVERHEAD: usize = 16;

/// What can happen.
#[derive(Clone, Debug)]
enum Operation {
    /// The application sends a message of that length.
    Send(usize),
    /// The application takes a message.
    Take,
    /// The client sends as many messages of that length as the window allows, at most three.
    ClientSend(usize),
    /// The client takes what it has and says so.
    ClientAck,
    /// The client attaches anew.
    Attach(Kind),
    /// The link breaks.
    Cut,
    /// What is under way arrives: all frames of a WebSocket, or one poll of that many bytes.
    Pump(u64),
    /// Time passes.
    Wait(u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Stream,
    Polled,
}

fn operation() -> impl Strategy<Value = Operation> {
    let kind = prop_oneof![Just(Kind::Stream), Just(Kind::Polled)];
    prop_oneof![
        4 => (0..LONGEST + 2).prop_map(Operation::Send),
        3 => Just(Operation::Take),
        4 => (0..=LONGEST).prop_map(Operation::ClientSend),
        2 => Just(Operation::ClientAck),
        1 => kind.prop_map(Operation::Attach),
        1 => Just(Operation::Cut),
        4 => (0..600_u64).prop_map(Operation::Pump),
        1 => (0..3000_u64).prop_map(Operation::Wait),
    ]
}

/// The model, the session, and the client's side of the link.
struct Pair {
    now: Time,
    session: Session,
    link: Option<(Kind, u64)>,
    /// Frames since the link began, to count the header's numbers.
    client_next: u64,
    polls: u64,
    requests: u64,
    up: Direction,
    down: Direction,
}

/// One direction: everything that was ever sent, and how far it got.
#[derive(Default)]
struct Direction {
    sent: Vec<Message>,
    received: usize,
    taken: usize,
    /// How much of `taken` the sender knows.
    acknowledged: usize,
}

impl Direction {
    fn cost(&self, from: usize, to: usize) -> usize {
        self.sent[from..to]
            .iter()
            .map(|message| message.len() + OVERHEAD)
            .sum()
    }

    fn cursors(&self) -> Cursors {
        Cursors {
            received: self.received as u64,
            ack: self.taken as u64,
        }
    }
}

impl Pair {
    fn new() -> Self {
        let limits = Limits {
            message: LONGEST,
            window: WINDOW,
            log: WINDOW,
            ..Limits::default()
        };
        let setup = Setup {
            id: "node-1-model".to_owned(),
            secret: Secret::new([7; 16]),
            limits,
            window: None,
            protocol: None,
            token_expires: None,
        };
        let (session, _) = Session::open(Time::ZERO, setup);
        let mut pair = Self {
            now: Time::ZERO,
            session,
            link: None,
            client_next: 1,
            polls: 0,
            requests: 0,
            up: Direction::default(),
            down: Direction::default(),
        };
        pair.attach(Kind::Stream);
        pair
    }

    fn perform(&mut self, operation: &Operation) {
        match *operation {
            Operation::Send(len) => self.send(len),
            Operation::Take => self.take(),
            Operation::ClientSend(len) => self.client_send(len),
            Operation::ClientAck => self.client_ack(),
            Operation::Attach(kind) => self.attach(kind),
            Operation::Cut => self.cut(),
            Operation::Pump(max_bytes) => self.pump(max_bytes),
            Operation::Wait(ms) => self.wait(ms),
        }
        self.check();
    }

    fn send(&mut self, len: usize) {
        let message = numbered(self.down.sent.len(), len);
        let sent = self.session.send(self.now, &message);
        let unacknowledged = self.down.cost(self.down.acknowledged, self.down.sent.len());
        let expected = if len > LONGEST {
            Err(SendError::TooLarge {
                len,
                limit: LONGEST,
            })
        } else if unacknowledged + len + OVERHEAD > WINDOW {
            Err(SendError::Full)
        } else {
            self.down.sent.push(message);
            Ok(self.down.sent.len() as u64)
        };
        assert_eq!(sent, expected);
    }

    fn take(&mut self) {
        let expected = if self.up.taken < self.up.received {
            self.up.taken += 1;
            Take::Message(self.up.sent[self.up.taken - 1].clone())
        } else {
            Take::Empty
        };
        assert_eq!(self.session.take(self.now), expected);
    }

    fn client_send(&mut self, len: usize) {
        let mut items = Vec::new();
        for _ in 0..3 {
            let message = numbered(self.up.sent.len(), len);
            let unacknowledged = self.up.cost(self.up.acknowledged, self.up.sent.len());
            if self.link.is_some() && unacknowledged + len + OVERHEAD <= WINDOW {
                self.up.sent.push(message.clone());
                items.push(Item::Message(message));
            }
        }
        self.transmit_up(items);
    }

    /// What the client sends arrives, since a link that breaks is an operation of its own.
    fn transmit_up(&mut self, items: Vec<Item>) {
        match self.link {
            Some((Kind::Stream, generation)) => {
                for item in items {
                    let seq_mod = (self.client_next % 32) as u8;
                    self.client_next += 1;
                    self.up.received += 1;
                    self.handle(Input::Frame(generation, Frame::Sequenced(seq_mod, item)));
                }
            }
            Some((Kind::Polled, generation)) if !items.is_empty() => {
                self.client_next += items.len() as u64;
                self.up.received += items.len();
                self.request(generation, items, 0);
            }
            _ => {}
        }
    }

    fn client_ack(&mut self) {
        self.down.taken = self.down.received;
        match self.link {
            Some((Kind::Stream, generation)) => {
                self.down.acknowledged = self.down.taken;
                self.handle(Input::Frame(generation, Frame::Ack(self.down.cursors())));
            }
            Some((Kind::Polled, _)) => self.pump(0),
            None => {}
        }
    }

    fn attach(&mut self, kind: Kind) {
        let welcome = self.session.hello(self.now).expect("the session lives");
        self.up.acknowledged = self.up.acknowledged.max(welcome.ack as usize);
        let generation = welcome.generation;
        self.client_next = welcome.received + 1;
        self.polls = 0;
        self.link = Some((kind, generation));
        self.down.acknowledged = self.down.taken;
        match kind {
            Kind::Stream => {
                let begin = Begin {
                    generation,
                    cursors: self.down.cursors(),
                    first: self.client_next,
                };
                self.handle(Input::Begin(begin));
            }
            Kind::Polled => self.pump(0),
        }
    }

    fn cut(&mut self) {
        if let Some((Kind::Stream, generation)) = self.link.take() {
            self.handle(Input::LinkLost(generation));
        }
    }

    fn pump(&mut self, max_bytes: u64) {
        match self.link {
            Some((Kind::Stream, generation)) => self.pump_stream(generation),
            Some((Kind::Polled, generation)) => {
                self.down.acknowledged = self.down.taken;
                self.request(generation, Vec::new(), max_bytes);
            }
            None => {}
        }
    }

    fn pump_stream(&mut self, generation: u64) {
        loop {
            match self.session.transmit(self.now, generation) {
                Transmit::Frame(Frame::Sequenced(seq_mod, item)) => {
                    assert_eq!(usize::from(seq_mod), (self.down.received + 1) % 32);
                    self.receive_down(self.down.received as u64 + 1, &item);
                }
                Transmit::Frame(Frame::Begin(Begin { cursors, first, .. })) => {
                    assert_eq!(first, self.down.received as u64 + 1);
                    self.learn(cursors);
                }
                Transmit::Frame(Frame::Ack(cursors)) => self.learn(cursors),
                Transmit::Frame(other) => assert!(matches!(other, Frame::Ping(_)), "{other:?}"),
                Transmit::Idle => return,
                Transmit::End(_) => return self.link = None,
            }
        }
    }

    /// One request that is answered at once.
    fn request(&mut self, generation: u64, items: Vec<Item>, max_bytes: u64) {
        if items.is_empty() {
            self.polls += 1;
        }
        self.requests += 1;
        let poll = Poll {
            session: self.session.id().to_owned(),
            secret: Secret::new([7; 16]),
            generation,
            number: self.polls,
            cursors: self.down.cursors(),
            first: self.client_next - items.len() as u64,
            hold: 0,
            next: 60_000,
            max_bytes,
        };
        let request = PollRequest {
            poll: Box::new(poll),
            token: None,
            items,
            abort: None,
        };
        self.session
            .handle(self.now, Input::Request(self.requests, request));
        let mut answers = 0;
        while let Some(output) = self.session.poll() {
            if let Output::Answer(id, response) = output {
                assert_eq!(id, self.requests);
                answers += 1;
                self.receive_answer(response, max_bytes);
            }
        }
        assert_eq!(answers, 1, "a request is answered once");
    }

    fn receive_answer(&mut self, response: Response, max_bytes: u64) {
        let Response::Answer(batch) = response else {
            panic!("{response:?} is no answer");
        };
        self.learn(batch.answer.cursors);
        assert_eq!(batch.answer.first, self.down.received as u64 + 1);
        let is_behind = self.down.received < self.down.sent.len();
        assert_eq!(!batch.items.is_empty(), is_behind && max_bytes > 0);
        for (seq, item) in (batch.answer.first..).zip(&batch.items) {
            self.receive_down(seq, item);
        }
    }

    fn receive_down(&mut self, seq: u64, item: &Item) {
        let expected = &self.down.sent[seq as usize - 1];
        assert_eq!(item, &Item::Message(expected.clone()), "message {seq}");
        self.down.received += 1;
    }

    fn learn(&mut self, cursors: Cursors) {
        assert_eq!(cursors, self.up.cursors(), "cursors are of this moment");
        self.up.acknowledged = self.up.taken;
    }

    fn wait(&mut self, ms: u64) {
        self.now = Time::from_millis(self.now.as_millis() + ms);
        self.handle(Input::Timeout);
    }

    fn handle(&mut self, input: Input) {
        self.session.handle(self.now, input);
        while let Some(output) = self.session.poll() {
            assert!(!matches!(output, Output::Ended(_)), "{output:?}");
        }
    }

    fn check(&self) {
        let inbox = self.up.cost(self.up.taken, self.up.received);
        let log = self.down.cost(self.down.acknowledged, self.down.sent.len());
        assert_eq!(self.session.held_bytes(), (inbox, log));
        assert_eq!(self.session.incoming(), self.up.cursors());
        assert!(
            self.session.deadline().is_some(),
            "no state waits without a deadline"
        );
    }
}

/// A message of that length that differs from its neighbours where it is long enough.
fn numbered(number: usize, len: usize) -> Message {
    let bytes = (0..len).map(|at| (number + at) as u8);
    Message::binary(bytes.collect::<Vec<_>>())
}

proptest! {
    // spec: SEQ-1, SEQ-2, SEQ-3, SEQ-4, SEQ-7, FLW-1, FLW-3, POL-4, ATT-11
    #[test]
    fn the_session_does_what_the_model_does(operations in prop::collection::vec(operation(), 1..300)) {
        let mut pair = Pair::new();
        for operation in &operations {
            pair.perform(operation);
        }
    }
}
