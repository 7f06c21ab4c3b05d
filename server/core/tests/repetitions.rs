//! How many copies of one request wait: a proxy that repeats a held poll must not fill the memory.

use throughline_core::session::{Output, Setup};
use throughline_core::wire::native::{Cursors, Poll, PollRequest, Response, Secret};
use throughline_core::{Input, Limits, Session, Time};

const SECRET: Secret = Secret::new([7; 16]);

/// A session that is on offer, and the first poll of its client.
fn polled() -> (Session, PollRequest) {
    let setup = Setup {
        id: "node-1-held".to_owned(),
        secret: SECRET,
        limits: Limits::default(),
        window: None,
        protocol: None,
        token_expires: None,
    };
    let (session, welcome) = Session::open(Time::ZERO, setup);
    let poll = Poll {
        session: welcome.session,
        secret: SECRET,
        generation: welcome.generation,
        number: 1,
        cursors: Cursors::default(),
        first: 1,
        hold: 25_000,
        next: 0,
        max_bytes: 100_000,
    };
    let request = PollRequest {
        poll: Box::new(poll),
        token: None,
        items: Vec::new(),
        abort: None,
    };
    (session, request)
}

/// The requests that were answered since.
fn answered(session: &mut Session) -> Vec<u64> {
    let outputs = std::iter::from_fn(|| session.poll());
    outputs
        .filter_map(|output| match output {
            Output::Answer(id, Response::Answer(batch)) if batch.items.is_empty() => Some(id),
            Output::Answer(..) => panic!("an answer with messages"),
            _ => None,
        })
        .collect()
}

// spec: POL-2
#[test]
fn of_many_repetitions_four_wait_and_the_oldest_gives_way() {
    let (mut session, request) = polled();
    for id in 1..=4 {
        session.handle(Time::ZERO, Input::Request(id, request.clone()));
    }
    assert!(answered(&mut session).is_empty());
    for id in 5..=100 {
        session.handle(Time::ZERO, Input::Request(id, request.clone()));
        assert_eq!(session.held_requests(), 4);
        assert_eq!(answered(&mut session), [id - 4]);
    }
}
