//! The move from polling to a WebSocket, step by step.

use crate::accepting;
use std::time::Duration;
use throughline_core::session::Transport;
use throughline_tests::engineio::{Poller, Ws};
use throughline_tests::server::{Near, Server};
use throughline_tests::wait::timed;
use tokio_tungstenite::tungstenite::Message;

async fn opened() -> (Server, Poller, Near) {
    let mut server = accepting().await;
    let poller = Poller::open(&server.target).await;
    let near = server.accept().await;
    (server, poller, near)
}

async fn upgraded() -> (Server, Poller, Near, Ws) {
    let (server, poller, near) = opened().await;
    let mut ws = poller.probe().await;
    ws.send("5").await;
    (server, poller, near, ws)
}

#[tokio::test]
async fn the_poll_that_waits_is_given_back_when_the_probe_comes() {
    let (_server, poller, _near) = opened().await;
    let parked = poller.park();
    let _ws = poller.probe().await;
    assert_eq!(parked.answer().await.text(), "6");
}

#[tokio::test]
async fn a_poll_between_the_probe_and_the_upgrade_is_given_back_too() {
    let (_server, poller, _near) = opened().await;
    let _ws = poller.probe().await;
    for _ in 0..3 {
        let (packets, took) = timed(poller.packets()).await;
        assert_eq!(packets, ["6"]);
        // A client asks again at once, so what is given back at once would be asked for without end.
        assert!(took >= Duration::from_millis(50), "{took:?}");
    }
}

#[tokio::test]
async fn polling_delivers_until_the_upgrade() {
    let (_server, poller, mut near) = opened().await;
    let _ws = poller.probe().await;
    near.send("still polled")
        .await
        .expect("the session is open");
    assert_eq!(poller.packets().await, ["4still polled"]);
    poller.send("4still posted").await;
    assert_eq!(near.text().await, "still posted");
    assert_eq!(near.transport(), Some(Transport::LongPoll));
}

#[tokio::test]
async fn the_websocket_carries_what_no_poll_took_and_nothing_twice() {
    let (_server, poller, mut near) = opened().await;
    near.send("polled").await.expect("the session is open");
    assert_eq!(poller.packets().await, ["4polled"]);
    let mut ws = poller.probe().await;
    near.send("queued").await.expect("the session is open");
    ws.send("5").await;
    assert_eq!(ws.text().await, "4queued");
    near.send("after").await.expect("the session is open");
    assert_eq!(ws.text().await, "4after");
    ws.send("4hello").await;
    assert_eq!(near.text().await, "hello");
    assert_eq!(near.transport(), Some(Transport::WebSocket));
}

#[tokio::test]
async fn after_the_upgrade_requests_are_refused_and_the_session_goes_on() {
    let (_server, poller, mut near, mut ws) = upgraded().await;
    assert_eq!(poller.get().await.status, 400);
    assert_eq!(poller.post("4late").await.status, 400);
    ws.send("4hello").await;
    assert_eq!(near.text().await, "hello");
}

#[tokio::test]
async fn binary_and_text_follow_on_the_websocket() {
    let (_server, _poller, mut near, mut ws) = upgraded().await;
    ws.send_message(Message::binary(vec![1, 2, 3])).await;
    let message = near.recv().await.expect("the session goes on");
    near.send(message).await.expect("the session is open");
    assert_eq!(ws.message().await, Message::binary(vec![1, 2, 3]));
}
