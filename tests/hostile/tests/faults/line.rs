//! Faults of the line. Times are real here, and only their lower bounds are asserted.

use crate::lab::{Lab, until};
use std::time::{Duration, Instant};

/// How long a message takes there and back.
async fn round_trip(lab: &Lab) -> Duration {
    let mut socket = lab.greeted().await;
    let start = Instant::now();
    socket.send("x").await;
    socket.next().await.expect("an echo");
    start.elapsed()
}

// fault: latency
#[tokio::test]
async fn a_round_trip_takes_twice_the_latency() {
    let lab = Lab::with(&["latency=40ms"]).await;
    assert!(round_trip(&lab).await >= Duration::from_millis(80));
}

// fault: jitter
#[tokio::test]
async fn jitter_delays_and_keeps_the_order() {
    let lab = Lab::with(&["jitter=20ms"]).await;
    let mut socket = lab.greeted().await;
    for number in 0..20 {
        socket.send(&number.to_string()).await;
    }
    for number in 0..20 {
        assert_eq!(socket.next().await.unwrap(), number.to_string());
    }
    assert!(lab.struck("jitter") > 2);
}

// fault: bandwidth
#[tokio::test]
async fn a_long_message_takes_as_long_as_the_bandwidth_says() {
    let lab = Lab::with(&["bandwidth=100k"]).await;
    let start = Instant::now();
    lab.post("/", &"x".repeat(10_000)).await.unwrap();
    // A tenth of a second in each direction.
    assert!(start.elapsed() >= Duration::from_millis(200));
}

// fault: cut-idle
#[tokio::test]
async fn an_idle_connection_is_reset() {
    let lab = Lab::with(&["cut-idle=100ms"]).await;
    let start = Instant::now();
    let mut socket = lab.greeted().await;
    assert!(socket.next().await.is_err());
    assert!(start.elapsed() >= Duration::from_millis(100));
    assert!(lab.get("/hold").await.is_err());
    assert_eq!(lab.struck("cut-idle"), 2);
}

// fault: forget-idle
#[tokio::test]
async fn an_idle_connection_is_dead_and_nobody_is_told() {
    let lab = Lab::with(&["forget-idle=50ms"]).await;
    let mut socket = lab.greeted().await;
    lab.strike_of("forget-idle").await;
    let passed = lab.counts().bytes_up;
    socket.send("unheard").await;
    assert!(socket.is_silent());
    assert_eq!((lab.counts().open, lab.counts().bytes_up), (1, passed));
}

// fault: sleep
#[tokio::test]
async fn a_sleeping_line_passes_nothing_and_is_reset_at_the_end() {
    let lab = Lab::with(&[]).await;
    let mut socket = lab.greeted().await;
    let start = Instant::now();
    lab.add("sleep=100ms");
    socket.send("unheard").await;
    assert!(socket.next().await.is_err());
    assert!(start.elapsed() >= Duration::from_millis(100));
    assert_eq!(lab.get("/").await.unwrap().status, 200);
}

// fault: cut
#[tokio::test]
async fn what_is_open_is_reset_and_what_comes_is_not() {
    let lab = Lab::with(&[]).await;
    let mut socket = lab.greeted().await;
    lab.add("cut");
    let error = socket.next().await.unwrap_err();
    assert!(error.to_string().contains("reset"), "{error}");
    assert!(round_trip(&lab).await > Duration::ZERO);
    assert_eq!(lab.struck("cut"), 1);
}

// fault: address-change
#[tokio::test]
async fn a_client_comes_back_from_another_address() {
    let lab = Lab::with(&[]).await;
    let mut socket = lab.greeted().await;
    lab.add("address-change=127.0.0.2");
    assert!(socket.next().await.is_err());
    lab.get("/").await.unwrap();
    let from: Vec<String> = lab
        .server
        .seen()
        .iter()
        .map(|seen| seen.from.to_string())
        .collect();
    assert_eq!(from, ["127.0.0.1", "127.0.0.2"]);
    // The server was not told of the end, so the old connection is kept for it.
    until("only the ghost", || lab.counts().open == 1).await;
}
