//! How sessions end, and what the application hears of it.

use crate::{accepting, echo, end_of, with};
use throughline::{Code, EngineIo};
use throughline_tests::engineio::{Closed, Poller, Ws};
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn what_is_no_packet_closes_the_websocket() {
    let server = echo().await;
    for text in ["abc", "", "7", "2", "2probe", "bAAA", "é"] {
        let (mut ws, _) = Ws::open(&server.target).await;
        ws.send(text).await;
        assert_eq!(ws.closed().await, Closed::WithoutCode, "{text:?}");
    }
}

#[tokio::test]
async fn packets_without_a_meaning_are_ignored() {
    let server = echo().await;
    let (mut ws, _) = Ws::open(&server.target).await;
    for stray in ["0", "3", "5", "6"] {
        ws.send(stray).await;
    }
    ws.send("4still here").await;
    assert_eq!(ws.text().await, "4still here");
}

#[tokio::test]
async fn a_message_over_the_limit_closes_the_websocket_with_1009() {
    let server = echo().await;
    let (mut ws, _) = Ws::open(&server.target).await;
    let longest = "x".repeat(9_999);
    ws.send(format!("4{longest}")).await;
    assert_eq!(ws.text().await, format!("4{longest}"));
    ws.send(format!("4{longest}x")).await;
    assert_eq!(ws.closed().await, Closed::With(1009));
}

#[tokio::test]
async fn the_longest_binary_message_passes() {
    let server = with(EngineIo::default()).await;
    let (mut ws, _) = Ws::open(&server.target).await;
    let message = Message::binary(vec![7; 1_000_000]);
    ws.send_message(message.clone()).await;
    assert_eq!(ws.message().await, message);
    ws.send_message(Message::binary(vec![7; 1_000_001])).await;
    assert_eq!(ws.closed().await, Closed::With(1009));
}

#[tokio::test]
async fn a_client_that_says_goodbye_is_heard_after_what_it_said() {
    let mut server = accepting().await;
    let poller = Poller::open(&server.target).await;
    let mut near = server.accept().await;
    poller.send("4last words\u{1e}1").await;
    assert_eq!(near.text().await, "last words");
    assert_eq!(end_of(near).await.code, Code::NORMAL);

    let (mut ws, _) = Ws::open(&server.target).await;
    let mut near = server.accept().await;
    ws.send("4last words").await;
    ws.send("1").await;
    assert_eq!(near.text().await, "last words");
    assert_eq!(end_of(near).await.code, Code::NORMAL);
    assert_eq!(ws.closed().await, Closed::WithoutCode);
}

#[tokio::test]
async fn a_client_that_goes_without_a_word_is_missed_at_once() {
    let mut server = accepting().await;
    let (ws, _) = Ws::open(&server.target).await;
    let near = server.accept().await;
    drop(ws);
    let end = end_of(near).await;
    assert_eq!((end.code, &*end.reason), (Code::EXPIRED, "transport close"));
}

#[tokio::test]
async fn a_server_that_closes_tells_the_poll_that_waits() {
    let mut server = accepting().await;
    let poller = Poller::open(&server.target).await;
    let near = server.accept().await;
    let parked = poller.park();
    near.send("last words").await.expect("the session is open");
    drop(near);
    let mut said = parked.answer().await.text();
    if said == "4last words" {
        said = format!("{said}\u{1e}{}", poller.get().await.text());
    }
    assert_eq!(said, "4last words\u{1e}1");
}

#[tokio::test]
async fn a_server_that_closes_waits_for_the_next_poll() {
    let mut server = accepting().await;
    let poller = Poller::open(&server.target).await;
    let near = server.accept().await;
    let (session, handler) = near.into_parts();
    drop(session);
    drop(handler);
    assert_eq!(poller.packets().await, ["1"]);
    poller.is_unknown().await;
}

#[tokio::test]
async fn a_server_that_closes_closes_the_websocket_without_a_code() {
    let mut server = accepting().await;
    let (mut ws, _) = Ws::open(&server.target).await;
    let near = server.accept().await;
    near.send("last words").await.expect("the session is open");
    drop(near);
    assert_eq!(ws.text().await, "4last words");
    assert_eq!(ws.closed().await, Closed::WithoutCode);
}
