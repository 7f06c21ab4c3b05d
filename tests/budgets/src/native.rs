//! A session of our own protocol on a WebSocket, without the socket.

use crate::{NOW, setup};
use std::hint::black_box;
use throughline_core::session::{Output, Take, Transmit};
use throughline_core::wire::native::{Begin, Cursors, Frame, Item};
use throughline_core::{Input, Message, Session};

/// A session that its link carries, and what its client knows.
#[derive(Debug)]
pub struct Link {
    session: Session,
    generation: u64,
    sent: u64,
    received: u64,
    /// What leaves.
    socket: Vec<u8>,
}

impl Link {
    /// A session that has begun.
    #[must_use]
    pub fn open() -> Self {
        let (session, welcome) = Session::open(NOW, setup());
        let generation = welcome.generation;
        let mut link = Self {
            session,
            generation,
            sent: 0,
            received: 0,
            socket: Vec::new(),
        };
        link.handle(Input::Begin(first(generation)));
        link
    }

    /// The application sends one message, it leaves, and the client acknowledges it.
    ///
    /// # Panics
    /// When the session does not take it.
    pub fn send(&mut self, message: &Message) {
        self.session.send(NOW, message).expect("there is room");
        self.drain();
        self.received += 1;
        let all = Cursors {
            received: self.received,
            ack: self.received,
        };
        self.receive(Frame::Ack(all));
    }

    /// One message comes, and the application takes it.
    ///
    /// # Panics
    /// When it cannot be taken.
    pub fn take(&mut self, item: Item) -> Message {
        self.sent += 1;
        let header = u8::try_from(self.sent % 32).expect("it is less than 32");
        self.receive(Frame::Sequenced(header, item));
        let Take::Message(message) = self.session.take(NOW) else {
            panic!("a message has come");
        };
        self.drain();
        message
    }

    fn receive(&mut self, frame: Frame) {
        self.handle(Input::Frame(self.generation, frame));
    }

    fn handle(&mut self, input: Input) {
        self.session.handle(NOW, input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.session.poll() {
            if matches!(output, Output::Wake(_)) {
                self.socket.clear();
                while let Transmit::Frame(()) =
                    self.session
                        .write(NOW, self.generation, usize::MAX, &mut self.socket)
                {}
                black_box(&self.socket);
            }
        }
    }
}

/// What a client says first on a link of a new session.
#[must_use]
pub fn first(generation: u64) -> Begin {
    Begin {
        generation,
        cursors: Cursors::default(),
        first: 1,
    }
}
