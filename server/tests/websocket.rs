//! A WebSocket link, from the handshake to its end.

mod common;

use common::{Server, echo_server, new_session, resume, text};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use throughline::{Code, Message, Throughline};
use throughline_core::wire::native::{Close, Cursors, Frame, Item};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite;

// spec: WS-1, ATT-9, ATT-10
#[tokio::test(start_paused = true)]
async fn text_and_binary_come_back() {
    let server = echo_server();
    let (mut ws, _) = server.open().await;
    let binary = Item::Message(Message::binary(vec![0, 255]));
    ws.send(text(1, "grüße")).await;
    ws.send(Frame::Sequenced(2, binary.clone())).await;
    assert_eq!(ws.next_but_acks().await, Some(text(1, "grüße")));
    assert_eq!(ws.next_but_acks().await, Some(Frame::Sequenced(2, binary)));
}

// spec: ATT-1
#[tokio::test(start_paused = true)]
async fn the_server_is_silent_before_a_hello_and_hangs_up_in_time() {
    let server = echo_server();
    let mut ws = server.websocket().await;
    let start = Instant::now();
    assert_eq!(ws.next().await, None);
    assert_eq!(start.elapsed().as_secs(), 10);
}

// spec: LIV-5
#[tokio::test(start_paused = true)]
async fn an_offer_that_is_not_begun_ends_the_connection() {
    let server = echo_server();
    let mut ws = server.websocket().await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    ws.hello(new_session()).await;
    let start = Instant::now();
    assert_eq!(ws.next().await, None);
    assert_eq!(start.elapsed().as_secs(), 10);
}

// spec: ATT-4, ATT-7
#[tokio::test(start_paused = true)]
async fn a_repeated_hello_is_about_the_same_new_session() {
    let server = echo_server();
    let mut ws = server.websocket().await;
    let first = ws.hello(new_session()).await;
    let second = ws.hello(new_session()).await;
    assert_eq!(first.session, second.session);
    assert_eq!(first.secret, second.secret);
    assert_ne!(first.generation, second.generation);
    ws.begin(&first, Cursors::default()).await;
    ws.send(text(1, "still here")).await;
    assert_eq!(ws.next_but_acks().await, Some(text(1, "still here")));
}

// spec: WS-2, SEQ-3
#[tokio::test(start_paused = true)]
async fn a_session_survives_its_connection() {
    let server = echo_server();
    let (mut ws, welcome) = server.open().await;
    ws.send(text(1, "one")).await;
    assert_eq!(ws.next_but_acks().await, Some(text(1, "one")));
    ws.stream.close(None).await.unwrap();
    drop(ws);

    let mut ws = server.websocket().await;
    let again = ws.hello(resume(&welcome, welcome.secret.unwrap())).await;
    assert_eq!((again.secret, again.received), (None, 1));
    let begin = ws
        .begin(
            &again,
            Cursors {
                received: 0,
                ack: 0,
            },
        )
        .await;
    assert_eq!(begin.first, 1);
    assert_eq!(ws.next_but_acks().await, Some(text(1, "one")));
}

// spec: ATT-13
#[tokio::test(start_paused = true)]
async fn a_later_link_fences_the_one_before() {
    let server = echo_server();
    let (mut old, welcome) = server.open().await;
    let mut new = server.websocket().await;
    let again = new.hello(resume(&welcome, welcome.secret.unwrap())).await;
    new.begin(&again, Cursors::default()).await;
    assert_eq!(old.next().await, Some(Frame::Fenced(again.generation)));
    assert_eq!(old.next().await, None);
    new.send(text(1, "mine")).await;
    assert_eq!(new.next_but_acks().await, Some(text(1, "mine")));
}

// spec: FLW-4
#[tokio::test(start_paused = true)]
async fn a_message_beyond_the_limit_aborts_the_session() {
    let server = echo_server();
    for len in [64 * 1024 + 1, 300_000] {
        let (ws, _) = server.open().await;
        let (mut far, near) = ws.stream.split();
        let long = tungstenite::Message::binary([vec![0x21], vec![0; len]].concat());
        // The server need not read all of it, so sending it may never end.
        let sending = tokio::spawn(async move { far.send(long).await });
        let frames = near.filter_map(async |message| common::frame(message.ok()?));
        let frames: Vec<_> = frames.take(1).collect().await;
        assert!(matches!(&frames[..], [Frame::Abort(abort)] if abort.code.value() == 4706));
        sending.abort();
    }
}

// spec: FRM-2
#[tokio::test(start_paused = true)]
async fn a_malformed_frame_costs_the_link_and_not_the_session() {
    let server = echo_server();
    let (mut ws, welcome) = server.open().await;
    ws.stream
        .send(tungstenite::Message::binary(vec![0x1f, 1, 2]))
        .await
        .unwrap();
    assert_eq!(ws.next().await, None);
    let mut ws = server.websocket().await;
    ws.hello(resume(&welcome, welcome.secret.unwrap())).await;
}

// spec: LIV-1, LIV-2
#[tokio::test(start_paused = true)]
async fn a_silent_link_is_pinged_and_then_dropped() {
    let server = echo_server();
    let (mut ws, _) = server.open().await;
    let start = Instant::now();
    assert_eq!(ws.next().await, Some(Frame::Ping(1)));
    assert_eq!(start.elapsed().as_secs(), 20);
    ws.send(Frame::Pong(1)).await;
    assert_eq!(ws.next().await, Some(Frame::Ping(2)));
    assert_eq!(ws.next().await, None);
    assert_eq!(start.elapsed().as_secs(), 20 + 20 + 10);
}

// spec: CLS-2, CLS-3
#[tokio::test(start_paused = true)]
async fn a_close_is_answered_after_everything_before_it() {
    let server = echo_server();
    let (mut ws, welcome) = server.open().await;
    let close = Close::new(Code::application(3001).unwrap(), "bye".to_owned());
    ws.send(text(1, "last")).await;
    ws.send(Frame::Sequenced(2, Item::Close(Box::new(close.clone()))))
        .await;
    assert_eq!(ws.next_but_acks().await, Some(text(1, "last")));
    assert_eq!(
        ws.next_but_acks().await,
        Some(Frame::Sequenced(
            2,
            Item::Close(Box::new(close.with_cursors(Cursors {
                received: 2,
                ack: 2
            })))
        ))
    );
    ws.send(Frame::Ack(Cursors {
        received: 2,
        ack: 2,
    }))
    .await;
    assert_eq!(ws.next().await, None);

    let mut late = server.websocket().await;
    late.send(Frame::Hello(Box::new(resume(
        &welcome,
        welcome.secret.unwrap(),
    ))))
    .await;
    let abort = late.abort().await;
    assert_eq!(
        (abort.code.value(), abort.received, abort.ack),
        (3001, Some(2), Some(2))
    );
}

// spec: FLW-3
#[tokio::test(start_paused = true)]
async fn two_ends_that_echo_each_other_do_not_wait_for_ever() {
    let limits = throughline::Limits {
        message: 1000,
        window: 4_000,
        log: 4_000,
        ..throughline::Limits::default()
    };
    let server = Server::new(
        Throughline::builder()
            .limits(limits)
            .on_session(common::echo),
    );
    let (mut ws, _) = server.open().await;
    let body = "x".repeat(900);
    let (mut sent, mut acked, mut received) = (0_u64, 0, 0_u64);
    while received < 1_000 {
        while sent < 1_000 && sent - acked < 4 {
            sent += 1;
            ws.send(text(sent, &body)).await;
        }
        match ws.next().await.expect("the link stands") {
            Frame::Ack(cursors) => acked = cursors.ack,
            frame => {
                received += 1;
                assert_eq!(frame, text(received, &body));
                ws.send(Frame::Ack(Cursors {
                    received,
                    ack: received,
                }))
                .await;
            }
        }
    }
}
