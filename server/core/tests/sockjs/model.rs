//! Sessions against a model so naive that it is obviously right, two lists of messages: a client that behaves receives every
//! one of the server's once and in order, and the application every one of the client's.

use crate::client::Client;
use crate::play::WINDOW;
use proptest::prelude::*;
use throughline_core::session::{SendError, Take};
use throughline_core::wire::sockjs::Transport;

/// What can happen.
#[derive(Clone, Debug)]
enum Operation {
    /// The application sends a message of about that length.
    Say(usize),
    /// The application takes a message.
    Take,
    Ask(usize),
    Hear,
    Lose(u64),
    Post(usize),
    Repost,
    Wait(u64),
    Close,
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        20 => (0..300_usize).prop_map(Operation::Say),
        20 => Just(Operation::Take),
        20 => (0..5_usize).prop_map(Operation::Ask),
        20 => Just(Operation::Hear),
        10 => (0..1000_u64).prop_map(Operation::Lose),
        10 => (0..150_usize).prop_map(Operation::Post),
        5 => Just(Operation::Repost),
        5 => (0..4000_u64).prop_map(Operation::Wait),
        1 => Just(Operation::Close),
    ]
}

fn websocket() -> impl Strategy<Value = Option<Transport>> {
    prop_oneof![
        4 => Just(None),
        1 => Just(Some(Transport::WebSocket)),
        1 => Just(Some(Transport::RawWebSocket)),
    ]
}

struct Pair {
    client: Client,
    said: Vec<String>,
    taken: usize,
    is_closed: bool,
}

impl Pair {
    fn perform(&mut self, operation: &Operation) {
        match *operation {
            Operation::Say(len) => self.say(len),
            Operation::Take => {
                self.take();
            }
            Operation::Ask(transport) => self.client.ask(transport),
            Operation::Hear => self.client.hear(),
            Operation::Lose(ms) => self.client.lose(ms),
            Operation::Post(count) => self.client.post(count),
            Operation::Repost => {
                self.client.hear();
                self.client.ask(0);
                self.client.repost();
            }
            Operation::Wait(ms) => self.wait(ms),
            Operation::Close => self.close(),
        }
        self.client.look();
        self.check();
    }

    fn say(&mut self, len: usize) {
        let text = format!("{}%{}", self.said.len(), "\u{2028}<".repeat(len / 4));
        let now = self.client.play.now;
        let session = self.client.play.connection.session_mut();
        match session.send(now, &text.clone().into()) {
            Ok(_) => self.said.push(text),
            Err(SendError::Closed) => assert!(self.is_closed),
            Err(error) => assert_eq!(error, SendError::Full),
        }
        self.client.play.settle();
    }

    /// Says whether there may be more.
    fn take(&mut self) -> bool {
        match self.client.play.take() {
            Take::Message(message) => {
                assert_eq!(message.as_text(), Some(&*self.client.sent[self.taken]));
                self.taken += 1;
                true
            }
            Take::Empty => false,
            Take::End => {
                assert!(self.is_closed);
                false
            }
        }
    }

    fn wait(&mut self, ms: u64) {
        self.client.hear();
        self.client.ask(0);
        self.client.play.wait(ms);
        self.client.hear();
    }

    fn close(&mut self) {
        self.is_closed = true;
        self.client.play.close(3000, "Go away!");
    }

    fn check(&self) {
        assert!(self.said.starts_with(&self.client.heard));
        let connection = &self.client.play.connection;
        let (inbox, log) = connection.session().held_bytes();
        assert!(inbox <= WINDOW && log <= WINDOW);
        let is_over = self.client.play.end.is_some();
        assert_eq!(connection.deadline().is_none(), is_over);
        assert!(self.is_closed || !connection.is_over());
    }

    /// All goes well from here on.
    fn finish(&mut self) {
        for transport in 0..1000 {
            while self.take() {}
            self.client.look();
            self.client.ask(transport);
            self.client.hear();
            self.check();
            let is_told = self.client.close.is_some() == self.is_closed;
            let is_heard = self.client.heard.len() == self.said.len();
            if is_told && is_heard && self.client.is_open && !self.client.is_posting() {
                break;
            }
            self.client.play.wait(50);
        }
        assert_eq!(self.client.heard, self.said);
        assert_eq!(self.client.close.is_some(), self.is_closed);
        assert!(self.is_closed || self.taken == self.client.sent.len());
        assert!(!self.client.is_posting());
        self.check_end();
    }

    fn check_end(&self) {
        let end = self.client.play.end.as_ref();
        assert_eq!(end.is_some(), self.is_closed);
        if let Some(end) = end {
            assert!(end.clean && end.undelivered.is_empty());
        }
    }
}

proptest! {
    #[test]
    fn nothing_is_lost_and_nothing_comes_twice(
        websocket in websocket(),
        response_limit in 1..2000_usize,
        operations in prop::collection::vec(operation(), 1..120),
    ) {
        let mut pair = Pair {
            client: Client::new(websocket, response_limit),
            said: Vec::new(),
            taken: 0,
            is_closed: false,
        };
        for operation in &operations {
            pair.perform(operation);
        }
        pair.finish();
    }
}
