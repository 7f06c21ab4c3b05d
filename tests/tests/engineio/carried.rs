//! What is said arrives as it was said: text and binary, on both transports.

use crate::echo;
use bytes::Bytes;
use throughline_tests::engineio::{Poller, SEPARATOR, Ws};
use tokio_tungstenite::tungstenite::Message;

/// What a codec may stumble over: an empty text, packets within a text, and more than one byte a character.
const TEXTS: [&str; 5] = ["", "hello", "2probe", "b4AQ==", "é€𝄞\u{0}\n\""];

#[tokio::test]
async fn text_over_polling() {
    let server = echo().await;
    let poller = Poller::open(&server.target).await;
    for text in TEXTS {
        poller.send(format!("4{text}")).await;
        // Right after the handshake there is nothing but this: no ping, no empty answer.
        assert_eq!(poller.packets().await, [format!("4{text}")]);
    }
}

#[tokio::test]
async fn text_over_a_websocket() {
    let server = echo().await;
    let (mut ws, _) = Ws::open(&server.target).await;
    for text in TEXTS {
        ws.send(format!("4{text}")).await;
        assert_eq!(ws.text().await, format!("4{text}"));
    }
}

#[tokio::test]
async fn binary_over_polling() {
    let server = echo().await;
    let poller = Poller::open(&server.target).await;
    for encoded in ["b", "bAA==", "bAQIDBA==", "b+/+/"] {
        poller.send(encoded).await;
        assert_eq!(poller.packets().await, [encoded]);
    }
}

#[tokio::test]
async fn binary_over_a_websocket() {
    let server = echo().await;
    let (mut ws, _) = Ws::open(&server.target).await;
    for bytes in [&b""[..], b"\x00", b"4text?", b"\xff\xfe"] {
        let message = Message::Binary(Bytes::from_static(bytes));
        ws.send_message(message.clone()).await;
        assert_eq!(ws.message().await, message);
    }
}

#[tokio::test]
async fn binary_over_a_websocket_as_text_where_the_client_wants_it_so() {
    let server = echo().await;
    let query = "EIO=4&transport=websocket&b64=1";
    let connected = Ws::connect(&server.target, query, &[]).await;
    let mut ws = connected.expect("the handshake succeeds");
    assert!(ws.text().await.starts_with('0'));
    ws.send("bAQIDBA==").await;
    assert_eq!(ws.text().await, "bAQIDBA==");
    ws.send("4text").await;
    assert_eq!(ws.text().await, "4text");
}

#[tokio::test]
async fn many_packets_in_one_body() {
    let server = echo().await;
    let poller = Poller::open(&server.target).await;
    let packets = ["4one", "bAQIDBA==", "4", "4two"];
    poller.send(packets.join(&SEPARATOR.to_string())).await;
    let mut echoed = Vec::new();
    while echoed.len() < packets.len() {
        echoed.extend(poller.packets().await);
    }
    assert_eq!(echoed, packets);
}

#[tokio::test]
async fn a_content_type_that_is_not_binary_is_no_matter() {
    let server = echo().await;
    let poller = Poller::open(&server.target).await;
    for content_type in [
        "text/plain;charset=UTF-8",
        "text/plain",
        "application/x-www-form-urlencoded",
    ] {
        let answer = poller.post_as(content_type, "4hi").await;
        assert_eq!((answer.status.as_u16(), &*answer.text()), (200, "ok"));
        assert_eq!(answer.header("content-type"), "text/html");
        assert_eq!(poller.packets().await, ["4hi"]);
    }
}
