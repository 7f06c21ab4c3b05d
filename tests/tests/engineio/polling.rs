//! Requests that a client makes one after the other, and those that no client should make.

use crate::{accepting, echo};
use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use http::Method;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use throughline::{EngineIo, Throughline};
use throughline_tests::engineio::{Closed, Poller, Ws, ask};
use throughline_tests::server::{MOUNT, echo as echoing, listen};
use throughline_tests::target::Target;
use throughline_tests::wait::soon;
use tokio::sync::mpsc;

#[tokio::test]
async fn a_poll_waits_for_what_the_server_says() {
    let mut server = accepting().await;
    let poller = Poller::open(&server.target).await;
    let near = server.accept().await;
    let parked = poller.park();
    near.send("hello").await.expect("the session is open");
    let answer = parked.answer().await;
    assert_eq!(answer.text(), "4hello");
    assert_eq!(answer.header("content-type"), "text/plain; charset=UTF-8");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn an_answer_keeps_to_the_longest_payload_and_the_rest_comes_next() {
    let server = echo().await;
    let poller = Poller::open(&server.target).await;
    let text = format!("4{}", "x".repeat(5_500));
    poller.send(text.clone()).await;
    poller.send(text.clone()).await;
    for _ in 0..2 {
        assert_eq!(poller.get().await.text(), text);
    }
}

/// Whichever of the two arrives first is told that it is over; the test sees both orders.
#[tokio::test]
async fn of_two_polls_at_a_time_one_closes_the_other_is_refused_and_the_session_is_gone() {
    let server = echo().await;
    for _ in 0..20 {
        let poller = Poller::open(&server.target).await;
        let (one, other) = (poller.park(), poller.park());
        let mut answers = [one.answer().await, other.answer().await];
        answers.sort_by_key(|answer| answer.status);
        let [closed, refused] = answers;
        assert_eq!((closed.status.as_u16(), &*closed.text()), (200, "1"));
        assert_eq!(refused.status, 400);
        poller.is_unknown().await;
    }
}

/// A node that says when a request has been looked at and waits, so that no test has to guess.
async fn watched() -> (Target, mpsc::UnboundedReceiver<()>) {
    let (looked, waiting) = mpsc::unbounded_channel();
    let node = Throughline::builder()
        .engine_io(EngineIo::default())
        .on_session(echoing)
        .build()
        .expect("the node can be built");
    let look = move |request: Request, next: Next| {
        let looked = looked.clone();
        async move {
            let mut answer = pin!(next.run(request));
            match poll_fn(|cx| Poll::Ready(answer.as_mut().poll(cx))).await {
                Poll::Ready(answer) => answer,
                Poll::Pending => {
                    let _ = looked.send(());
                    answer.await
                }
            }
        }
    };
    let router = Router::new()
        .nest_service(MOUNT, node)
        .layer(middleware::from_fn(look));
    let (address, _) = listen(router).await;
    (Target::new(address, MOUNT), waiting)
}

#[tokio::test]
async fn after_a_poll_that_was_aborted_the_next_one_is_refused() {
    let (target, mut waiting) = watched().await;
    for _ in 0..20 {
        let poller = Poller::open(&target).await;
        let aborted = tokio::spawn({
            let poller = poller.clone();
            async move {
                let path = poller.path("");
                poller
                    .http
                    .request(Method::GET, &path, &[], "".into())
                    .await
            }
        });
        soon("a poll that waits", waiting.recv()).await;
        poller.http.cut();
        assert!(aborted.await.expect("it ran").is_err());
        // Noticed in time or not: the server either knows the session no more, or sees two polls at a time.
        assert_eq!(poller.get().await.status, 400);
        poller.is_unknown().await;
    }
}

#[tokio::test]
async fn a_client_that_says_goodbye_gets_its_poll_back() {
    let (target, mut waiting) = watched().await;
    let poller = Poller::open(&target).await;
    let parked = poller.park();
    soon("a poll that waits", waiting.recv()).await;
    poller.send("1").await;
    let answer = parked.answer().await;
    assert_eq!((answer.status.as_u16(), &*answer.text()), (200, "6"));
    poller.is_unknown().await;
}

#[tokio::test]
async fn a_body_that_is_too_long_costs_the_session_nothing() {
    let server = echo().await;
    let poller = Poller::open(&server.target).await;
    let longest = format!("4{}", "x".repeat(9_999));
    let refused = poller.post(format!("{longest}x")).await;
    assert_eq!((refused.status.as_u16(), &*refused.text()), (413, ""));
    poller.send(longest.clone()).await;
    assert_eq!(poller.packets().await, [longest]);
}

#[tokio::test]
async fn a_binary_body_is_refused_and_ends_the_session() {
    let server = echo().await;
    let poller = Poller::open(&server.target).await;
    let answer = poller.post_as("application/octet-stream", "4hello").await;
    assert_eq!(answer.status, 400);
    poller.is_unknown().await;
}

#[tokio::test]
async fn what_is_no_packet_ends_the_session() {
    let server = echo().await;
    for body in ["abc", "", "\u{1e}", "4ok\u{1e}", "7", "bnot base64!", "2"] {
        let poller = Poller::open(&server.target).await;
        let answer = poller.post(body).await;
        assert_eq!(answer.status, 400, "{body:?}");
        poller.is_unknown().await;
    }
    let poller = Poller::open(&server.target).await;
    assert_eq!(poller.post(&b"4\xff\xfe"[..]).await.status, 400);
    poller.is_unknown().await;
}

#[tokio::test]
async fn a_session_of_a_websocket_cannot_be_polled_and_goes_on() {
    let server = echo().await;
    let (mut ws, handshake) = Ws::open(&server.target).await;
    let mut poller = Poller::open(&server.target).await;
    poller.handshake = handshake;
    assert_eq!(poller.get().await.status, 400);
    assert_eq!(poller.post("4stolen").await.status, 400);
    let as_websocket = poller.path("").replace("polling", "websocket");
    let answer = ask(&poller.http, Method::GET, &as_websocket, "").await;
    assert_eq!(answer.status, 400);
    ws.send("4mine").await;
    assert_eq!(ws.text().await, "4mine");
}

#[tokio::test]
async fn a_second_websocket_is_accepted_and_closed_and_the_first_goes_on() {
    let server = echo().await;
    let poller = Poller::open(&server.target).await;
    let mut first = poller.probe().await;
    let mut second = poller.websocket().await.expect("it is accepted");
    assert_eq!(second.closed().await, Closed::WithoutCode);
    first.send("5").await;
    let mut third = poller.websocket().await.expect("it is accepted");
    assert_eq!(third.closed().await, Closed::WithoutCode);
    first.send("4still here").await;
    assert_eq!(first.text().await, "4still here");
}
