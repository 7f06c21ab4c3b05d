//! Probes that lead to nothing: the polling session never notices, whatever a middlebox makes of the WebSocket.

use crate::with;
use std::time::Duration;
use throughline::EngineIo;
use throughline_tests::engineio::{Closed, Poller, Ws};
use throughline_tests::server::Server;

const PROBE: Duration = Duration::from_millis(500);

async fn impatient() -> Server {
    with(EngineIo {
        upgrade_timeout: PROBE,
        ..EngineIo::default()
    })
    .await
}

async fn echoes(poller: &Poller, text: &str) {
    poller.send(format!("4{text}")).await;
    let mut packets = poller.packets().await;
    // What is given back for the probe's sake brings nothing, and takes nothing.
    while packets == ["6"] {
        packets = poller.packets().await;
    }
    assert_eq!(packets, [format!("4{text}")]);
}

/// The session moves after all.
async fn moves(poller: &Poller) {
    let mut ws = poller.probe().await;
    ws.send("5").await;
    ws.send("4moved").await;
    assert_eq!(ws.text().await, "4moved");
}

async fn open(poller: &Poller) -> Ws {
    poller.websocket().await.expect("the handshake succeeds")
}

#[tokio::test]
async fn a_probe_that_says_nothing_gives_no_poll_back_and_is_closed() {
    let server = impatient().await;
    let poller = Poller::open(&server.target).await;
    let parked = poller.park();
    let mut ws = open(&poller).await;
    assert_eq!(ws.closed().await, Closed::WithoutCode);
    assert!(!parked.is_answered());
    poller.send("4hello").await;
    assert_eq!(parked.answer().await.text(), "4hello");
    moves(&poller).await;
}

#[tokio::test]
async fn a_probe_that_is_answered_and_never_goes_on_is_closed_and_polling_delivers_all_the_while() {
    let server = impatient().await;
    let poller = Poller::open(&server.target).await;
    let mut ws = poller.probe().await;
    let closed = tokio::spawn(async move { ws.closed().await });
    let mut rounds = 0_u32;
    while !closed.is_finished() {
        rounds += 1;
        echoes(&poller, &rounds.to_string()).await;
    }
    assert_eq!(closed.await.expect("it ran"), Closed::WithoutCode);
    echoes(&poller, "still here").await;
    moves(&poller).await;
}

#[tokio::test]
async fn a_probe_that_is_lost_leaves_room_for_the_next() {
    let server = impatient().await;
    let poller = Poller::open(&server.target).await;
    for asked in [false, true] {
        let mut ws = open(&poller).await;
        if asked {
            ws.send("2probe").await;
            assert_eq!(ws.text().await, "3probe");
        }
        drop(ws);
        echoes(&poller, "still here").await;
    }
    // When the server hears of the loss is its own affair; until then another probe is closed.
    loop {
        let mut ws = open(&poller).await;
        ws.send("2probe").await;
        if ws.next_text().await.as_deref() == Some("3probe") {
            break;
        }
    }
    echoes(&poller, "still here").await;
}

#[tokio::test]
async fn a_probe_that_says_anything_else_is_closed_alone() {
    let server = impatient().await;
    let poller = Poller::open(&server.target).await;
    for said in ["2", "4hello", "abc", "3probe", "", "1"] {
        let mut ws = open(&poller).await;
        ws.send(said).await;
        assert_eq!(ws.closed().await, Closed::WithoutCode, "{said:?}");
        echoes(&poller, "still here").await;
    }
    moves(&poller).await;
}
