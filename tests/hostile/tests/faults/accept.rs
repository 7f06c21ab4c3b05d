//! Faults of connecting.

use crate::lab::{Lab, pending_until};
use http::Method;
use std::time::{Duration, Instant};

// fault: unreachable
#[tokio::test]
async fn a_connection_is_reset_as_soon_as_it_comes() {
    let lab = Lab::with(&["unreachable"]).await;
    assert!(lab.get("/").await.is_err());
    assert!(lab.server.seen().is_empty());
    lab.proxy.remove(&["unreachable"]);
    assert_eq!(lab.get("/").await.unwrap().status, 200);
}

// fault: connect-delay
#[tokio::test]
async fn connecting_takes_long_and_what_follows_does_not() {
    let lab = Lab::with(&["connect-delay=100ms"]).await;
    let start = Instant::now();
    let mut socket = lab.websocket().await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(100));
    socket.next().await.unwrap();
    assert_eq!(lab.struck("connect-delay"), 1);
}

// fault: connections
#[tokio::test]
async fn a_connection_too_many_waits_for_another_to_end() {
    let lab = Lab::with(&["connections=2"]).await;
    let first = lab.begin(Method::GET, "/stream", &[], "").await.unwrap();
    let _second = lab.websocket().await.unwrap();
    let third = lab.get("/");
    tokio::pin!(third);
    pending_until(&mut third, lab_strikes(&lab, 3)).await;
    assert_eq!(lab.server.seen().len(), 2);
    drop(first);
    assert_eq!(third.await.unwrap().status, 200);
}

async fn lab_strikes(lab: &Lab, count: u64) {
    crate::lab::until("three connections", || lab.struck("connections") == count).await;
}

#[tokio::test]
async fn who_waits_is_let_in_when_the_limit_is_lifted() {
    let lab = Lab::with(&["connections=1"]).await;
    let _first = lab.websocket().await.unwrap();
    let second = lab.get("/");
    tokio::pin!(second);
    pending_until(&mut second, lab_strikes(&lab, 2)).await;
    lab.proxy.remove(&["connections"]);
    assert_eq!(second.await.unwrap().status, 200);
}
