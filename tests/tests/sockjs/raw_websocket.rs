//! WebSockets without any protocol: each message is one of the application's.

use crate::client::Site;
use crate::patient;
use std::time::Duration;
use throughline::{Dialect, SockJs};
use throughline_tests::engineio::Closed;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn what_goes_in_comes_out() {
    let site = Site::echo(patient()).await;
    let mut ws = site.visitor().raw_websocket().await;
    for text in [
        "Hello world!\u{2028}\u{ffff}",
        "",
        "[\"x\"]",
        "o",
        "{",
        "\0",
    ] {
        ws.send(text).await;
        assert_eq!(ws.text().await, text);
    }
    let bytes = Message::binary(vec![0, 0xff, 0x80]);
    ws.send_message(bytes.clone()).await;
    assert_eq!(ws.message().await, bytes);
}

/// No first frame, and no close but WebSocket's own.
#[tokio::test]
async fn nothing_is_said_but_what_the_application_says() {
    let mut site = Site::accepting(patient()).await;
    let mut ws = site.visitor().raw_websocket().await;
    let near = site.server.accept().await;
    assert_eq!(near.dialect(), Dialect::SockJs);
    near.send("first").await.expect("it is open");
    assert_eq!(ws.text().await, "first");
    drop(near);
    assert_eq!(ws.closed().await, Closed::With(1000));
}

#[tokio::test]
async fn its_heartbeats_are_pings() {
    let site = Site::echo(SockJs {
        heartbeat_delay: Duration::from_millis(50),
        ..patient()
    })
    .await;
    let mut ws = site.visitor().raw_websocket().await;
    for _ in 0..3 {
        assert!(matches!(ws.message().await, Message::Ping(_)));
    }
}

#[tokio::test]
async fn a_slash_may_be_at_its_end() {
    let site = Site::echo(patient()).await;
    let path = site.target.path("websocket/?a=b");
    let connected = throughline_tests::engineio::Ws::at(&site.target, &path, &[]).await;
    let mut ws = connected.expect("the handshake succeeds");
    ws.send("x").await;
    assert_eq!(ws.text().await, "x");
}
