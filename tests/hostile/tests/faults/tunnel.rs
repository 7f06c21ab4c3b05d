//! Faults of what passes after a 101.

use crate::lab::{Lab, Socket, until};
use crate::plain::connect_through;

/// A WebSocket that has been greeted, and one message that was echoed on it.
async fn open(lab: &Lab) -> Socket {
    let mut socket = lab.greeted().await;
    socket.send("before").await;
    assert_eq!(socket.next().await.expect("an echo"), "before");
    socket
}

async fn strikes(lab: &Lab, fault: &str, count: u64) {
    until(fault, || lab.struck(fault) == count).await;
}

// fault: mute
#[tokio::test]
async fn a_websocket_falls_silent_and_stays_open() {
    let lab = Lab::with(&[]).await;
    let mut socket = open(&lab).await;
    lab.add("mute=down");
    socket.send("unheard").await;
    strikes(&lab, "mute", 1).await;
    assert!(socket.is_silent());
    lab.proxy.remove(&["mute"]);
    socket.send("heard").await;
    assert_eq!(socket.next().await.unwrap(), "heard");
}

#[tokio::test]
async fn muting_up_keeps_messages_from_the_server_only() {
    let lab = Lab::with(&["mute=up"]).await;
    let mut socket = lab.greeted().await;
    socket.send("unheard").await;
    strikes(&lab, "mute", 1).await;
    lab.proxy.remove(&["mute"]);
    socket.send("heard").await;
    assert_eq!(socket.next().await.unwrap(), "heard");
}

#[tokio::test]
async fn a_tunnel_falls_silent_too() {
    let lab = Lab::with(&[]).await;
    let stream = connect_through(&lab, lab.server.address.port()).await;
    let mut socket = Socket::open(stream).await.unwrap();
    assert_eq!(socket.next().await.unwrap(), "welcome");
    lab.add("mute");
    socket.send("unheard").await;
    strikes(&lab, "mute", 1).await;
    assert!(socket.is_silent());
}

// fault: first-frame-dropped
#[tokio::test]
async fn the_first_frame_after_the_101_vanishes() {
    let lab = Lab::with(&["first-frame-dropped=down"]).await;
    let mut socket = lab.websocket().await.unwrap();
    socket.send("one").await;
    assert_eq!(socket.next().await.unwrap(), "one");

    let lab = Lab::with(&["first-frame-dropped=up"]).await;
    let mut socket = lab.greeted().await;
    socket.send("one").await;
    socket.send("two").await;
    assert_eq!(socket.next().await.unwrap(), "two");
}

// fault: frames-corrupted
#[tokio::test]
async fn a_corrupted_frame_fails_the_connection_at_its_receiver() {
    let lab = Lab::with(&["frames-corrupted=down"]).await;
    let mut socket = lab.websocket().await.unwrap();
    let error = socket.next().await.unwrap_err();
    assert!(error.to_string().contains("eserved bits"), "{error}");

    let lab = Lab::with(&["frames-corrupted=up"]).await;
    let mut socket = lab.greeted().await;
    socket.send("one").await;
    assert!(socket.next().await.is_err());
}

// fault: payloads-corrupted
#[tokio::test]
async fn a_payload_is_one_bit_wrong() {
    let lab = Lab::with(&[]).await;
    let mut socket = open(&lab).await;
    lab.add("payloads-corrupted=up");
    // A number of one digit stays UTF-8 but for one of eight bits, and the seed draws another.
    socket.send("0").await;
    let heard = socket.next().await.unwrap();
    let turned = heard.as_bytes()[0] ^ b'0';
    assert_eq!((heard.len(), turned.count_ones()), (1, 1), "{heard}");
}

// fault: compressed-corrupted
#[tokio::test]
async fn only_what_is_compressed_is_one_bit_wrong() {
    let lab = Lab::with(&["compressed-corrupted"]).await;
    let mut socket = open(&lab).await;
    assert_eq!(lab.struck("compressed-corrupted"), 0);
    // A text frame of one byte, masked with nothing, that says it is compressed.
    socket.send_raw(&[0xc1, 0x81, 0, 0, 0, 0, b'x']).await;
    strikes(&lab, "compressed-corrupted", 1).await;
}

// fault: frames-split
#[tokio::test]
async fn a_message_in_two_fragments_is_the_same_message() {
    let lab = Lab::with(&["frames-split"]).await;
    let mut socket = open(&lab).await;
    let long = "0123456789".repeat(10_000);
    for text in ["x", "12345", &long] {
        socket.send(text).await;
        assert_eq!(socket.next().await.unwrap(), text);
    }
    assert!(lab.struck("frames-split") >= 6);
}
