//! The heartbeat: pings at their time and never earlier, and the end of whoever does not answer.

use crate::{end_of, hasty};
use std::time::Duration;
use throughline::{Code, EngineIo};
use throughline_tests::engineio::{Closed, Poller, Ws};
use throughline_tests::server::Server;
use tokio::time::Instant;

/// A node whose pings come soon, and whose sessions are the test's.
async fn beating(settings: EngineIo) -> Server {
    Server::start(|builder| builder.engine_io(settings)).await
}

/// What answers last forgives a machine that is busy, and nothing else.
fn patient() -> EngineIo {
    EngineIo {
        ping_timeout: Duration::from_secs(15),
        ..hasty()
    }
}

#[tokio::test]
async fn a_poll_is_pinged_an_interval_after_each_pong_and_never_earlier() {
    let server = beating(patient()).await;
    let mut quiet = Instant::now();
    let poller = Poller::open(&server.target).await;
    for _ in 0..3 {
        assert_eq!(poller.packets().await, ["2"]);
        assert!(quiet.elapsed() >= patient().ping_interval);
        quiet = Instant::now();
        poller.send("3").await;
    }
}

#[tokio::test]
async fn a_websocket_is_pinged_an_interval_after_each_pong_and_never_earlier() {
    let server = beating(patient()).await;
    let mut quiet = Instant::now();
    let (mut ws, _) = Ws::open(&server.target).await;
    for _ in 0..3 {
        assert_eq!(ws.text().await, "2");
        assert!(quiet.elapsed() >= patient().ping_interval);
        quiet = Instant::now();
        ws.send("3").await;
    }
}

#[tokio::test]
async fn a_poll_that_is_not_answered_by_a_pong_is_the_last() {
    let mut server = beating(hasty()).await;
    let poller = Poller::open(&server.target).await;
    let near = server.accept().await;
    assert_eq!(poller.packets().await, ["2"]);
    let end = end_of(near).await;
    assert_eq!((end.code, &*end.reason), (Code::EXPIRED, "ping timeout"));
    poller.is_unknown().await;
}

#[tokio::test]
async fn a_client_that_never_polls_is_gone_at_the_same_time() {
    let mut server = beating(hasty()).await;
    let opened = Instant::now();
    let poller = Poller::open(&server.target).await;
    let near = server.accept().await;
    assert_eq!(&*end_of(near).await.reason, "ping timeout");
    assert!(opened.elapsed() >= hasty().ping_interval + hasty().ping_timeout);
    poller.is_unknown().await;
}

#[tokio::test]
async fn a_websocket_that_is_not_answered_by_a_pong_is_closed() {
    let mut server = beating(hasty()).await;
    let (mut ws, _) = Ws::open(&server.target).await;
    let near = server.accept().await;
    assert_eq!(ws.text().await, "2");
    assert_eq!(ws.closed().await, Closed::WithoutCode);
    assert_eq!(&*end_of(near).await.reason, "ping timeout");
}
