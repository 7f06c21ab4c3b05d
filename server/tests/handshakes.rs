//! How a WebSocket ends (RFC 6455, section 7): its closing handshake, and the status codes of what is refused.

mod common;

use common::{Ws, echo_server};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

/// A session that has begun.
async fn begun() -> Ws {
    echo_server().open().await.0
}

/// The status code with which the server closes, and what it takes until the connection has ended.
async fn closed(mut raw: DuplexStream) -> (u16, Duration) {
    let start = Instant::now();
    let mut bytes = Vec::new();
    raw.read_to_end(&mut bytes).await.expect("it is memory");
    let last = bytes.len().checked_sub(4).expect("there is a close");
    assert_eq!(bytes[last..last + 2], [0x88, 2], "{bytes:?}");
    let code = u16::from_be_bytes([bytes[last + 2], bytes[last + 3]]);
    (code, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_close_is_answered_with_its_code_and_the_connection_ends_at_once() {
    let mut ws = begun().await;
    let start = Instant::now();
    let close = CloseFrame {
        code: 4000.into(),
        reason: "bye".into(),
    };
    ws.stream
        .send(Message::Close(Some(close.clone())))
        .await
        .expect("the connection stands");
    let answer = ws.stream.next().await.expect("it is answered");
    assert_eq!(answer.expect("it is good"), Message::Close(Some(close)));
    assert!(ws.stream.next().await.is_none());
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn what_breaks_the_protocol_is_closed_with_a_status_code() {
    let too_long = [&[0x82, 0xff, 0, 0, 0, 0][..], &[0x7f; 4], &[0; 4]].concat();
    for (frame, code) in [
        // Without a mask, a reserved opcode, a reserved bit, a continuation of nothing, text that is not UTF-8.
        (vec![0x81, 0x01, b'A'], 1002),
        (vec![0x83, 0x80, 0, 0, 0, 0], 1002),
        (vec![0xc1, 0x80, 0, 0, 0, 0], 1002),
        (vec![0x80, 0x80, 0, 0, 0, 0], 1002),
        (vec![0x81, 0x81, 0, 0, 0, 0, 0xff], 1007),
        (too_long, 1009),
    ] {
        for ws in [begun().await, echo_server().websocket().await] {
            let mut raw = ws.stream.into_inner();
            raw.write_all(&frame).await.expect("it is memory");
            let (closed_with, took) = closed(raw).await;
            assert_eq!(closed_with, code, "{frame:x?}");
            assert!(took < Duration::from_secs(1), "{frame:x?}: {took:?}");
        }
    }
}

// spec: LIV-1
#[tokio::test(start_paused = true)]
async fn a_message_that_arrives_slowly_keeps_its_link() {
    const LENGTH: u8 = 100;
    let mut raw = begun().await.stream.into_inner();
    let text = [&[b'A'][..], &[b'x'; LENGTH as usize - 1]].concat();
    let head = [0x81, 0x80 | LENGTH, 0, 0, 0, 0];
    for byte in head.into_iter().chain(text) {
        raw.write_u8(byte).await.expect("the connection stands");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let mut heard = Vec::new();
    while !heard.ends_with(b"xxx") {
        heard.push(raw.read_u8().await.expect("the connection stands"));
    }
}
