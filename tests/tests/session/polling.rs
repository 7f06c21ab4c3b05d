//! HTTP polling by hand: a poll is never a destructive read, and every retry is safe.

use std::time::Duration;
use throughline_core::wire::native::{Cursors, Poll, PollRequest, Request, Response};
use throughline_tests::byhand::{Poller, answered, code, item, texts};
use throughline_tests::http::Http;
use throughline_tests::raw::Raw;
use throughline_tests::server::Server;
use throughline_tests::wait::timed;

const LONG: Duration = Duration::from_secs(10);

// spec: POL-4, SEQ-3
#[tokio::test]
async fn a_lost_answer_costs_nothing_since_the_same_request_gets_it_again() {
    let mut server = Server::start(|builder| builder).await;
    let mut poller = Poller::attach(&server.target).await;
    let near = server.accept().await;
    for text in ["one", "two", "three"] {
        near.send(text).await.expect("the session is open");
    }
    let lost = answered(poller.ask(poller.head(), Vec::new()).await);
    assert_eq!(texts(&lost.items), ["one", "two", "three"]);
    // The same number again: answered at once although it asks to be held, and smaller if it asks so.
    let shorter = Poll {
        max_bytes: 5,
        ..poller.held()
    };
    let (again, took) = timed(poller.ask(shorter, Vec::new())).await;
    assert_eq!(texts(&answered(again).items), ["one"]);
    assert!(took < LONG, "{took:?}");
    let again = answered(poller.ask(poller.held(), Vec::new()).await);
    assert_eq!(again, lost);
    // Only an acknowledgement frees: a new number alone gets the same messages, too.
    let mut later = poller.clone();
    later.number += 1;
    let again = answered(later.ask(later.head(), Vec::new()).await);
    assert_eq!(texts(&again.items), ["one", "two", "three"]);
    poller.number += 2;
    poller.cursors = Cursors {
        received: 2,
        ack: 1,
    };
    let rest = poller.poll(0).await;
    assert_eq!((rest.answer.first, texts(&rest.items)), (3, vec!["three"]));
}

// spec: POL-4, POL-5, SEQ-2
#[tokio::test]
async fn a_repeated_post_is_applied_once() {
    let mut server = Server::start(|builder| builder).await;
    let poller = Poller::attach(&server.target).await;
    let mut near = server.accept().await;
    let items = vec![item("one"), item("two")];
    for _ in 0..3 {
        let batch = answered(poller.ask(poller.head(), items.clone()).await);
        assert_eq!(batch.answer.cursors.received, 2);
        assert_eq!(batch.answer.number, poller.number);
    }
    // A longer one, which starts before what is known, adds only what is new.
    let longer = vec![item("one"), item("two"), item("three")];
    let batch = answered(poller.ask(poller.head(), longer).await);
    assert_eq!(batch.answer.cursors.received, 3);
    assert_eq!(near.text().await, "one");
    assert_eq!(near.text().await, "two");
    assert_eq!(near.text().await, "three");
    near.send("only now").await.expect("the session is open");
    let batch = answered(poller.ask(poller.held(), Vec::new()).await);
    assert_eq!(texts(&batch.items), ["only now"]);
}

// spec: SEQ-2
#[tokio::test]
async fn a_batch_beyond_the_expected_number_is_not_taken_and_the_answer_says_where_to_go_on() {
    let mut server = Server::start(|builder| builder).await;
    let mut poller = Poller::attach(&server.target).await;
    let mut near = server.accept().await;
    poller.first = 3;
    let batch = answered(poller.ask(poller.head(), vec![item("three")]).await);
    assert_eq!(batch.answer.cursors.received, 0);
    poller.first = 1;
    poller.number += 1;
    poller.send(&["one", "two", "three"]).await;
    assert_eq!(near.text().await, "one");
}

// spec: NET-2
#[tokio::test]
async fn an_answer_keeps_to_max_bytes_but_one_message_always_passes() {
    let mut server = Server::start(|builder| builder).await;
    let mut poller = Poller::attach(&server.target).await;
    let near = server.accept().await;
    for _ in 0..5 {
        near.send("x".repeat(100))
            .await
            .expect("the session is open");
    }
    let sized = |max_bytes| Poll {
        max_bytes,
        ..poller.head()
    };
    for (max_bytes, messages) in [(0, 0), (1, 1), (101, 1), (204, 2), (300, 2), (100_000, 5)] {
        let batch = answered(poller.ask(sized(max_bytes), Vec::new()).await);
        assert_eq!(batch.items.len(), messages, "max_bytes {max_bytes}");
    }
    poller.number += 1;
    assert_eq!(poller.poll(0).await.items.len(), 5);
}

// spec: END-3, END-4
#[tokio::test]
async fn every_answer_is_fresh_and_has_a_length() {
    let mut server = Server::start(|builder| builder).await;
    let poller = Poller::attach(&server.target).await;
    let near = server.accept().await;
    near.send("a message").await.expect("the session is open");
    let poll = |poll| {
        let request = PollRequest {
            poll,
            token: None,
            items: Vec::new(),
            abort: None,
        };
        Request::Poll(request).encode()
    };
    let mut stranger = poller.clone();
    stranger.credentials.session = "main.0.nobody".to_owned();
    let mut stale = poller.clone();
    stale.generation += 9;
    let bodies = [
        Request::Hello(Box::new(throughline_tests::byhand::hello())).encode(),
        poll(Box::new(poller.head())),
        poll(Box::new(stranger.head())),
        poll(Box::new(stale.head())),
    ];
    for body in bodies {
        let answer = poller.post(body).await;
        assert_eq!(answer.status, 200);
        assert!(Response::decode(&answer.body).is_ok());
        assert!(answer.header("cache-control").contains("no-store"));
        assert_eq!(
            answer.header("content-length"),
            answer.body.len().to_string()
        );
    }
    let refused = poller.post("nonsense".into()).await;
    assert!(refused.header("cache-control").contains("no-store"));
    assert_eq!(
        refused.header("content-length"),
        refused.body.len().to_string()
    );
}

// spec: BAT-1, END-5, ATT-12
#[tokio::test]
async fn a_truncated_batch_is_refused_whole_wherever_it_was_cut() {
    let mut server = Server::start(|builder| builder).await;
    let mut poller = Poller::attach(&server.target).await;
    let mut near = server.accept().await;
    let request = PollRequest {
        poll: Box::new(poller.head()),
        token: None,
        items: vec![item("one"), item("two")],
        abort: None,
    };
    let whole = Request::Poll(request).encode();
    let http = Http::new(&server.target);
    for len in 0..whole.len() {
        let answer = http
            .post("poll", &[], whole.slice(..len))
            .await
            .expect("an answer");
        assert_eq!(answer.status, 400, "cut to {len} bytes");
        assert!(!answer.body.is_empty(), "a sentence explains it");
    }
    let mut longer = whole.to_vec();
    longer.push(0);
    assert_eq!(
        http.post("poll", &[], longer)
            .await
            .expect("an answer")
            .status,
        400
    );
    // Nothing of it was applied.
    poller.send(&["whole"]).await;
    assert_eq!(near.text().await, "whole");
}

// spec: ATT-12, BAT-1
#[tokio::test]
async fn a_body_that_ends_with_its_connection_is_not_applied() {
    let mut server = Server::start(|builder| builder).await;
    let mut poller = Poller::attach(&server.target).await;
    let mut near = server.accept().await;
    let request = PollRequest {
        poll: Box::new(poller.head()),
        token: None,
        items: vec![item("one"), item("two")],
        abort: None,
    };
    let whole = Request::Poll(request).encode();
    for len in [0, 5, whole.len() / 2, whole.len() - 1] {
        let mut raw = Raw::connect(&server.target).await;
        let path = server.target.path("poll");
        let length = whole.len();
        raw.write(format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n"
        ))
        .await;
        raw.write(&whole[..len]).await;
        raw.finish().await;
        raw.closed().await;
    }
    poller.send(&["whole"]).await;
    assert_eq!(near.text().await, "whole");
}

// spec: POL-6, SEQ-5
#[tokio::test]
async fn a_cursor_that_names_what_was_never_sent_ends_the_session_and_nothing_is_applied() {
    for cursors in [
        Cursors {
            received: 1,
            ack: 0,
        },
        Cursors {
            received: 0,
            ack: 1,
        },
    ] {
        let mut server = Server::start(|builder| builder).await;
        let mut poller = Poller::attach(&server.target).await;
        let mut near = server.accept().await;
        poller.cursors = cursors;
        let response = poller.ask(poller.head(), vec![item("not applied")]).await;
        assert_eq!(code(&response), throughline::Code::VIOLATION);
        assert_eq!(near.recv().await, None);
        assert_eq!(near.ended().await.code, throughline::Code::VIOLATION);
    }
}
