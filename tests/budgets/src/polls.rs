//! A session of our own protocol that is carried by polls, as bodies of requests and of their answers.

use crate::{NOW, setup};
use bytes::Bytes;
use throughline_core::session::Output;
use throughline_core::wire::native::{Cursors, Item, Poll, PollRequest, Request, Response, Secret};
use throughline_core::{Input, Message, Session};

/// A session whose client polls.
#[derive(Debug)]
pub struct Polls {
    session: Session,
}

impl Polls {
    /// A session that nobody has polled yet.
    #[must_use]
    pub fn open() -> Self {
        let (session, _) = Session::open(NOW, setup());
        Self { session }
    }

    /// A poll waits, the application sends one message, and the poll is answered with it.
    ///
    /// # Panics
    /// When it is not answered.
    pub fn answer(&mut self, number: u64, request: &Bytes, message: &Message) -> Bytes {
        let Ok(Request::Poll(poll)) = Request::decode(request) else {
            panic!("the request is a poll");
        };
        self.session.handle(NOW, Input::Request(number, poll));
        assert!(self.answered().is_none());
        self.session.send(NOW, message).expect("there is room");
        self.answered().expect("the poll waits").encode()
    }

    fn answered(&mut self) -> Option<Response> {
        let mut answer = None;
        while let Some(output) = self.session.poll() {
            if let Output::Answer(_, response) = output {
                answer = Some(response);
            }
        }
        answer
    }
}

/// The poll of that number, of a client that got one message by each poll before.
#[must_use]
pub fn poll(number: u64, items: Vec<Item>) -> PollRequest {
    let all = Cursors {
        received: number - 1,
        ack: number - 1,
    };
    let poll = Poll {
        session: setup().id,
        secret: Secret::new([7; 16]),
        generation: 1,
        number,
        cursors: all,
        first: 1,
        hold: 25_000,
        next: 0,
        max_bytes: 65_536,
    };
    PollRequest {
        poll: Box::new(poll),
        token: None,
        items,
        abort: None,
    }
}
