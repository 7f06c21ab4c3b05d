//! The end of a session when the network has a bad moment: found by the simulator.

use std::time::Duration;
use throughline_core::session::{Setup, Transmit};
use throughline_core::wire::native::{
    Begin, Cursors, Item, Poll, PollRequest, Response, Secret, Welcome,
};
use throughline_core::{Code, Input, Limits, Message, Output, Session, Time};

const SECRET: Secret = Secret::new([7; 16]);

fn open() -> (Session, Welcome) {
    let setup = Setup {
        id: "node-1-close".to_owned(),
        secret: SECRET,
        limits: Limits::default(),
        window: None,
        protocol: None,
        token_expires: None,
    };
    Session::open(Time::ZERO, setup)
}

fn poll(number: u64, received: u64, ack: u64) -> PollRequest {
    PollRequest {
        poll: Box::new(Poll {
            session: "node-1-close".to_owned(),
            secret: SECRET,
            generation: 1,
            number,
            cursors: Cursors { received, ack },
            first: 1,
            hold: 25_000,
            next: 0,
            max_bytes: 65_536,
        }),
        token: None,
        items: Vec::new(),
        abort: None,
    }
}

fn answer(session: &mut Session) -> Response {
    std::iter::from_fn(|| session.poll())
        .find_map(|output| match output {
            Output::Answer(_, response) => Some(response),
            _ => None,
        })
        .expect("the request was answered")
}

fn items(response: Response) -> Vec<Item> {
    match response {
        Response::Answer(batch) => batch.items,
        other => panic!("expected an answer, not {other:?}"),
    }
}

/// Lets every deadline up to then pass.
fn pass(session: &mut Session, until: Time) {
    while let Some(at) = session.deadline().filter(|at| *at <= until) {
        session.handle(at, Input::Timeout);
    }
}

// spec: CLS-2, POL-4
#[test]
fn a_lost_answer_does_not_cost_the_last_messages() {
    let (mut session, _) = open();
    session.handle(Time::ZERO, Input::Request(1, poll(1, 0, 0)));
    let sent = session.send(Time::ZERO, &Message::text("the last"));
    assert_eq!(sent, Ok(1));
    assert_eq!(items(answer(&mut session)).len(), 1);
    session.close(Time::ZERO, Code::NORMAL, "").unwrap();

    let later = Time::ZERO + Limits::default().hold + Limits::default().timeout;
    pass(&mut session, later);
    session.handle(later, Input::Request(2, poll(1, 0, 0)));
    assert_eq!(
        items(answer(&mut session)).len(),
        2,
        "the message and the close"
    );
}

// spec: CLS-2, LIV-4
#[test]
fn a_mute_link_does_not_cost_the_last_messages() {
    let (mut session, welcome) = open();
    let begin = |generation| Begin {
        generation,
        cursors: Cursors::default(),
        first: 1,
    };
    session.handle(Time::ZERO, Input::Begin(begin(welcome.generation)));
    session
        .send(Time::ZERO, &Message::text("the last"))
        .unwrap();
    session.close(Time::ZERO, Code::NORMAL, "").unwrap();

    let later = Time::ZERO + Duration::from_secs(40);
    pass(&mut session, later);
    let again = session.hello(later).expect("the session is kept");
    session.handle(later, Input::Begin(begin(again.generation)));
    let frames = std::iter::from_fn(|| match session.transmit(later, again.generation) {
        Transmit::Frame(frame) => Some(frame),
        Transmit::Idle | Transmit::End(_) => None,
    });
    assert_eq!(frames.count(), 3, "begin, the message and the close");
}

// spec: CLS-2
#[test]
fn a_client_that_is_there_but_takes_nothing_ends_in_time() {
    let (mut session, _) = open();
    session.handle(Time::ZERO, Input::Request(1, poll(1, 0, 0)));
    session.close(Time::ZERO, Code::NORMAL, "").unwrap();
    let moment = Time::ZERO + Duration::from_secs(1);
    session.handle(moment, Input::Request(2, poll(2, 1, 0)));
    pass(&mut session, Time::ZERO + Duration::from_secs(60));
    assert!(session.tombstone().is_some());
}

// spec: CLS-2
#[test]
fn a_client_that_keeps_polling_and_never_takes_the_end_is_not_kept_for_ever() {
    let (mut session, _) = open();
    session.handle(Time::ZERO, Input::Request(1, poll(1, 0, 0)));
    session.close(Time::ZERO, Code::NORMAL, "").unwrap();
    let Limits {
        close, retention, ..
    } = Limits::default();
    let bound = Time::ZERO + close + retention;
    for second in 1..=bound.since(Time::ZERO).as_secs() {
        assert!(session.tombstone().is_none(), "ended after {second} s");
        let now = Time::ZERO + Duration::from_secs(second);
        pass(&mut session, now);
        let mut periodic = poll(second + 1, 0, 0);
        periodic.poll.hold = 0;
        session.handle(now, Input::Request(second + 1, periodic));
    }
    assert!(session.tombstone().is_some());
}
