//! Long polling and periodic polling.

mod common;

use axum::body::Body;
use common::{Server, echo_server, new_session, texts};
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH};
use http::{Method, Request, StatusCode};
use std::convert::Infallible;
use std::time::Duration;
use throughline::{Code, Throughline, Transport};
use throughline_core::wire::native::{Request as Batch, Response as Answer};
use tokio::time::Instant;

// spec: POL-1, POL-3
#[tokio::test(start_paused = true)]
async fn messages_come_back_on_the_held_request() {
    let server = echo_server();
    let mut client = server.open_polled().await;
    assert!(client.poll().await.items.is_empty());
    let held = client.request(Vec::new());
    let start = Instant::now();
    let (held, sent) = tokio::join!(server.post(held), client.send(&["one", "two"]));
    assert!(sent.items.is_empty() && sent.answer.cursors.received == 2);
    let Answer::Answer(held) = held else {
        panic!("no answer: {held:?}")
    };
    assert_eq!(texts(&held)[0], "one");
    assert!(start.elapsed() < Duration::from_secs(1));
}

// spec: POL-1
#[tokio::test(start_paused = true)]
async fn an_idle_poll_is_held_for_as_long_as_it_asks() {
    let server = echo_server();
    let mut client = server.open_polled().await;
    for (hold, seconds) in [(25_000, 25), (7_000, 7), (0, 0), (99_000, 25)] {
        client.poll.hold = hold;
        let start = Instant::now();
        assert!(client.poll().await.items.is_empty());
        assert_eq!(start.elapsed().as_secs(), seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn the_two_ways_of_polling_have_names_of_their_own() {
    let (names, mut seen) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::new(Throughline::builder().on_session(move |mut session| {
        let names = names.clone();
        async move {
            while session.recv().await.is_some() {
                names.send(session.transport()).unwrap();
            }
        }
    }));
    let mut client = server.open_polled().await;
    client.send(&["x"]).await;
    assert_eq!(seen.recv().await.unwrap(), Some(Transport::LongPoll));
    client.poll.hold = 0;
    client.poll().await;
    client.send(&["x"]).await;
    assert_eq!(seen.recv().await.unwrap(), Some(Transport::Periodic));
}

// spec: POL-4
#[tokio::test(start_paused = true)]
async fn a_lost_answer_costs_nothing() {
    let server = echo_server();
    let mut client = server.open_polled().await;
    client.send(&["one"]).await;
    let poll = client.request(Vec::new());
    let lost = server.post(poll.clone()).await;
    assert_eq!(server.post(poll).await, lost);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_goes_away_is_noticed_and_expires() {
    let (ended, mut ends) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::new(Throughline::builder().on_session(move |session| {
        let ended = ended.clone();
        async move { ended.send(session.closed().await.code).unwrap() }
    }));
    let mut client = server.open_polled().await;
    let poll = client.request(Vec::new());
    let start = Instant::now();
    let held = tokio::time::timeout(Duration::from_secs(3), server.post(poll)).await;
    assert!(held.is_err(), "the request was held");
    assert_eq!(ends.recv().await, Some(Code::EXPIRED));
    assert_eq!(start.elapsed().as_secs(), 3 + 120);
    assert_eq!(client.abort().await.code, Code::EXPIRED);
}

// spec: END-3, END-4
#[tokio::test(start_paused = true)]
async fn an_answer_is_never_cached_and_tells_its_length() {
    let server = echo_server();
    let hello = Batch::Hello(Box::new(new_session())).encode();
    let (status, headers, body) = server.post_bytes(hello, &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers[CACHE_CONTROL], "no-store");
    assert!(matches!(Answer::decode(&body), Ok(Answer::Welcome(_))));
    let (_, headers, _) = server.post_bytes("nonsense", &[]).await;
    assert_eq!(headers[CACHE_CONTROL], "no-store");
    assert!(
        headers
            .get(CONTENT_LENGTH)
            .is_none_or(|length| length == "40")
    );
}

// spec: END-5, BAT-1
#[tokio::test(start_paused = true)]
async fn a_body_that_is_no_batch_is_answered_with_a_sentence() {
    let server = echo_server();
    let hello = Batch::Hello(Box::new(new_session())).encode();
    for body in [&b"nonsense"[..], b"", &hello[..hello.len() - 1]] {
        let (status, _, answer) = server.post_bytes(body.to_vec(), &[]).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(answer.len() > 20, "{answer:?}");
    }
}

// spec: LIM-3
#[tokio::test(start_paused = true)]
async fn a_body_that_is_too_long_or_too_slow_is_refused() {
    let server = echo_server();
    let (status, ..) = server.post_bytes(vec![b'x'; 256 * 1024 + 1], &[]).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let mut hello = Batch::Hello(Box::new(new_session())).encode().to_vec();
    hello.resize(16 * 1024 + 1, b' ');
    let (status, ..) = server.post_bytes(hello, &[]).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let slow = Body::from_stream(stream::pending::<Result<bytes::Bytes, Infallible>>());
    let start = Instant::now();
    let (status, ..) = server.post_bytes(slow, &[]).await;
    assert_eq!(
        (status, start.elapsed().as_secs()),
        (StatusCode::REQUEST_TIMEOUT, 10)
    );
}

// spec: ABT-3, ATT-8
#[tokio::test(start_paused = true)]
async fn a_session_that_is_not_here_has_an_answer() {
    let server = echo_server();
    let mut client = server.open_polled().await;
    client.poll.hold = 0;
    client.poll().await;
    let id = client.poll.session.clone();
    let parts: Vec<_> = id.split('.').collect();
    let secret = client.poll.secret;
    for (session, secret) in [
        (format!("main.00000000.{}", parts[2]), secret),
        (format!("{}.{}.0", parts[0], parts[1]), secret),
        (
            id.clone(),
            "00000000000000000000000000000000".parse().unwrap(),
        ),
    ] {
        (client.poll.session, client.poll.secret) = (session, secret);
        let abort = client.abort().await;
        assert_eq!((abort.code, abort.received), (Code::UNKNOWN_SESSION, None));
    }
    client.poll.session = format!("other.{}.{}", parts[1], parts[2]);
    let request = client.request(Vec::new());
    let answer = server.post(request).await;
    assert!(matches!(answer, Answer::Refuse(refuse) if refuse.code == Code::ELSEWHERE));
}

// spec: END-1
#[tokio::test]
async fn unknown_paths_and_methods_explain_themselves_and_nothing_redirects() {
    let server = echo_server();
    for path in [
        "/realtime/nothing",
        "/realtime/poll/",
        "/realtime/",
        "/realtime",
    ] {
        let response = server.get(path).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(
        server.get("/realtime/poll").await.status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
    for path in ["websocket", "client.js", "poll"] {
        let request = Request::builder()
            .method(Method::DELETE)
            .uri(format!("/realtime/{path}"));
        let response = server.request(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
    for path in ["client.js", "client.js.map"] {
        assert_eq!(
            server.get(&format!("/realtime/{path}")).await.status(),
            StatusCode::OK
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_service_works_wherever_it_is_mounted() {
    let mut server = echo_server();
    let realtime = server.realtime.clone();
    for app in [
        axum::Router::new().route_service("/realtime/{*rest}", realtime.clone()),
        axum::Router::new().fallback_service(realtime.clone()),
        axum::Router::new().nest(
            "/realtime",
            axum::Router::new().fallback_service(realtime.clone()),
        ),
    ] {
        server.app = app;
        let mut client = server.open_polled().await;
        client.poll.hold = 0;
        client.send(&["x"]).await;
        let (mut ws, _) = server.open().await;
        ws.send(common::text(1, "x")).await;
        assert_eq!(ws.next_but_acks().await, Some(common::text(1, "x")));
    }
}
