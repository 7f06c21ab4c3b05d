//! When a poll is answered: what it is held for, what takes the hold from it, and what does not.

use std::time::Duration;
use throughline::Limits;
use throughline_core::session::Transport;
use throughline_core::wire::native::{AnswerBatch, Item, Poll};
use throughline_tests::byhand::{Poller, answered, item, texts};
use throughline_tests::server::{Near, Server};
use throughline_tests::wait::timed;

const LONG: Duration = Duration::from_secs(10);

/// Waits until a request is held.
async fn until_held(near: &Near) {
    let mut transport = near.watch_transport();
    let held = transport.wait_for(|now| *now == Some(Transport::LongPoll));
    held.await.expect("the session lives");
}

// spec: POL-1
#[tokio::test]
async fn a_poll_is_held_until_there_is_a_message() {
    let mut server = Server::start(|builder| builder).await;
    let mut poller = Poller::attach(&server.target).await;
    let near = server.accept().await;
    let sending = async {
        until_held(&near).await;
        near.send("now").await.expect("the session is open");
    };
    let ((batch, took), ()) = tokio::join!(timed(poller.poll(25_000)), sending);
    assert_eq!(texts(&batch.items), ["now"]);
    assert!(took < LONG, "{took:?}");
}

// spec: POL-1
#[tokio::test]
async fn a_hold_ends_after_its_time_and_never_beyond_the_limit() {
    let limits = Limits {
        hold: Duration::from_millis(300),
        ..Limits::default()
    };
    let server = Server::echo(|builder| builder.limits(limits)).await;
    let mut poller = Poller::attach(&server.target).await;
    let (batch, took) = timed(poller.poll(100)).await;
    assert!(batch.items.is_empty());
    assert!(took >= Duration::from_millis(95), "{took:?}");
    let (batch, took) = timed(poller.poll(3_600_000)).await;
    assert!(batch.items.is_empty());
    assert!(
        took >= Duration::from_millis(295) && took < LONG,
        "{took:?}"
    );
}

// spec: POL-1, POL-2
#[tokio::test]
async fn a_higher_number_takes_the_hold_and_a_lower_one_is_superseded_at_once() {
    let mut server = Server::start(|builder| builder).await;
    let poller = Poller::attach(&server.target).await;
    let near = server.accept().await;
    let numbered = |number| Poll {
        number,
        ..poller.held()
    };
    let lower = poller.ask(numbered(10), Vec::new());
    let higher = async {
        until_held(&near).await;
        poller.ask(numbered(11), Vec::new()).await
    };
    let superseded = async {
        // Its answer says that the higher one has arrived.
        let lower = answered(lower.await);
        assert!(lower.items.is_empty(), "it was superseded: {lower:?}");
        let late = answered(poller.ask(numbered(9), Vec::new()).await);
        assert!(late.items.is_empty());
        assert_eq!(late.answer.number, 11, "{late:?}");
        near.send("for the highest")
            .await
            .expect("the session is open");
    };
    let ((), second) = tokio::join!(superseded, higher);
    let second = answered(second);
    assert_eq!(
        (second.answer.number, texts(&second.items)),
        (11, vec!["for the highest"])
    );
}

// spec: POL-2
#[tokio::test]
async fn a_repetition_of_a_held_request_gets_what_the_first_one_gets() {
    let mut server = Server::start(|builder| builder).await;
    let poller = Poller::attach(&server.target).await;
    let near = server.accept().await;
    let first = poller.ask(poller.held(), Vec::new());
    let second = poller.ask(poller.held(), Vec::new());
    let sending = async {
        until_held(&near).await;
        near.send("for both").await.expect("the session is open");
    };
    let (first, second, ()) = tokio::join!(first, second, sending);
    assert_eq!(texts(&answered(first).items), ["for both"]);
    assert_eq!(texts(&answered(second).items), ["for both"]);
}

// spec: POL-3
#[tokio::test]
async fn an_uplink_is_answered_at_once_and_displaces_no_held_poll() {
    let mut server = Server::start(|builder| builder).await;
    let poller = Poller::attach(&server.target).await;
    let mut near = server.accept().await;
    let held = Poll {
        number: 10,
        ..poller.held()
    };
    let held = poller.ask(held, Vec::new());
    let uplink = async {
        until_held(&near).await;
        let poll = Poll {
            number: 11,
            ..poller.head()
        };
        let (response, took) = timed(poller.ask(poll, vec![item("up")])).await;
        assert!(took < LONG, "{took:?}");
        let batch = answered(response);
        assert!(batch.items.is_empty());
        assert_eq!(
            (batch.answer.number, batch.answer.cursors.received),
            (11, 1)
        );
        assert_eq!(near.text().await, "up");
        near.send("down").await.expect("the session is open");
    };
    let (held, ()) = tokio::join!(held, uplink);
    assert_eq!(texts(&answered(held).items), ["down"]);
}

/// A client that gave up waiting must not take messages with it.
// spec: POL-4
#[tokio::test]
async fn a_held_poll_whose_client_went_away_loses_nothing() {
    let mut server = Server::start(|builder| builder).await;
    let mut poller = Poller::attach(&server.target).await;
    let near = server.accept().await;
    let abandoned = tokio::spawn({
        let poller = poller.clone();
        async move { poller.ask(poller.held(), Vec::new()).await }
    });
    until_held(&near).await;
    abandoned.abort();
    drop(abandoned.await);
    near.send("kept").await.expect("the session is open");
    poller.number += 1;
    assert_eq!(texts(&poller.poll(10_000).await.items), ["kept"]);
}

/// Whatever an answer is: here only `answer` with nothing but cursors.
fn is_empty(batch: &AnswerBatch) -> bool {
    batch.items.is_empty() && batch.token.is_none() && batch.abort.is_none()
}

// spec: POL-1, SEQ-6
#[tokio::test]
async fn a_held_poll_tells_moved_cursors_within_a_second() {
    let mut server = Server::start(|builder| builder).await;
    let mut poller = Poller::attach(&server.target).await;
    let mut near = server.accept().await;
    let sent: Vec<Item> = vec![item("taken late")];
    let batch = answered(poller.ask(poller.head(), sent).await);
    assert_eq!(batch.answer.cursors.received, 1);
    poller.number += 1;
    poller.first += 1;
    let taking = async { near.text().await };
    let ((batch, took), _) = tokio::join!(timed(poller.poll(25_000)), taking);
    assert!(is_empty(&batch));
    assert_eq!(batch.answer.cursors.ack, 1);
    assert!(took < LONG, "{took:?}");
}
