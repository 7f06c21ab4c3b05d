//! WebSockets with frames.

use crate::client::{MOUNT, Site};
use crate::connection::Connection;
use crate::patient;
use throughline::{Code, SockJs};
use throughline_tests::engineio::{Closed, Ws};
use tokio_tungstenite::tungstenite::Message;

pub(crate) const HANDSHAKE: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
/// What that key is answered with.
const ACCEPTED: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

async fn handshake(site: &Site, method: &str, path: &str, headers: &str) -> (u16, Connection) {
    let mut connection = Connection::open(&site.target).await;
    connection.ask(method, path, headers, "").await;
    let head = connection.head().await;
    if head.status == 101 {
        assert!(head.header("upgrade").eq_ignore_ascii_case("websocket"));
        assert!(head.header("connection").eq_ignore_ascii_case("upgrade"));
        assert_eq!(head.header("sec-websocket-accept"), ACCEPTED);
        assert!(!head.headers.contains_key("content-length"));
        assert!(!head.headers.contains_key("sec-websocket-protocol"));
        assert!(!head.headers.contains_key("sec-websocket-extensions"));
    }
    (head.status, connection)
}

fn paths(site: &Site) -> [String; 2] {
    [
        site.visitor().path("websocket"),
        format!("{MOUNT}/websocket"),
    ]
}

#[tokio::test]
async fn versions_13_and_8_are_accepted() {
    let site = Site::echo(patient()).await;
    for version in ["13", "8"] {
        let headers = HANDSHAKE.replace("13", version);
        let offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
        for path in paths(&site) {
            let headers = format!("{headers}{offer}");
            let (status, mut connection) = handshake(&site, "GET", &path, &headers).await;
            assert_eq!(status, 101, "{version} {path}");
            if path.contains("000") {
                assert_eq!(connection.take(3).await, b"\x81\x01o", "{version}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_no_handshake_is_refused() {
    let site = Site::echo(patient()).await;
    let closing = HANDSHAKE.replace("Connection: Upgrade", "Connection: close");
    let old = HANDSHAKE.replace("13", "7");
    let keyless = HANDSHAKE
        .split_once("Sec-WebSocket-Key")
        .map_or("", |(head, _)| head);
    for path in paths(&site) {
        for headers in ["", &closing, &old, keyless] {
            let (status, _) = handshake(&site, "GET", &path, headers).await;
            assert_eq!(status, 400, "{path} {headers}");
        }
        for headers in ["", HANDSHAKE] {
            let (status, _) = handshake(&site, "POST", &path, headers).await;
            assert_eq!(status, 405, "{path} {headers}");
        }
    }
}

#[tokio::test]
async fn where_websockets_are_off_both_are_nowhere() {
    let site = Site::echo(SockJs {
        websocket: false,
        ..patient()
    })
    .await;
    for path in paths(&site) {
        for method in ["GET", "POST"] {
            let (status, _) = handshake(&site, method, &path, HANDSHAKE).await;
            assert_eq!(status, 404, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn messages_come_as_arrays_or_alone_and_as_text_or_bytes() {
    let site = Site::echo(patient()).await;
    let mut ws = site.visitor().websocket().await;
    for text in ["", "[]", " ", "\"alone\""] {
        ws.send(text).await;
    }
    assert_eq!(ws.text().await, "a[\"alone\"]");
    ws.send_message(Message::binary(br#"["bytes"]"#.to_vec()))
        .await;
    assert_eq!(ws.text().await, "a[\"bytes\"]");
    ws.send(r#"["a","b"]"#).await;
    let mut said = ws.text().await;
    if said == "a[\"a\"]" {
        said = format!("{said}{}", ws.text().await);
    }
    assert!(
        ["a[\"a\",\"b\"]", "a[\"a\"]a[\"b\"]"].contains(&&*said),
        "{said}"
    );
}

#[tokio::test]
async fn what_is_no_json_ends_it() {
    let mut site = Site::accepting(patient()).await;
    for broken in ["[\"x", "x", "{", "[1,]"] {
        let mut ws = site.visitor().websocket().await;
        let near = site.server.accept().await;
        ws.send("\"before\"").await;
        ws.send(broken).await;
        match ws.message().await {
            Message::Close(Some(frame)) => {
                assert_eq!(u16::from(frame.code), 3000);
                assert_eq!(frame.reason.as_str(), "Broken framing.");
            }
            other => panic!("no close: {other:?}"),
        }
        assert_eq!(ws.closed().await, Closed::Lost);
        let mut near = near;
        assert_eq!(near.text().await, "before");
        assert_eq!(crate::end_of(near).await.code, Code::VIOLATION);
    }
}

#[tokio::test]
async fn each_is_a_session_of_its_own_whatever_it_is_called() {
    let site = Site::echo(patient()).await;
    let visitor = site.open().await;
    let (mut one, mut other) = (visitor.websocket().await, visitor.websocket().await);
    one.send("\"one\"").await;
    other.send("\"other\"").await;
    visitor.send("[\"polled\"]").await;
    assert_eq!(one.text().await, "a[\"one\"]");
    assert_eq!(other.text().await, "a[\"other\"]");
    assert_eq!(visitor.poll().await, "a[\"polled\"]\n");
}

#[tokio::test]
async fn nobody_sends_to_it_by_a_request() {
    let site = Site::echo(patient()).await;
    let visitor = site.visitor();
    let _ws = visitor.websocket().await;
    assert_eq!(visitor.post("xhr_send", "[\"x\"]").await.status, 404);
}

/// Both pings and pongs are WebSocket's own; no frame says them.
#[tokio::test]
async fn it_is_pinged_at_the_interval_of_heartbeats() {
    let site = Site::echo(SockJs {
        heartbeat_delay: std::time::Duration::from_millis(50),
        ..patient()
    })
    .await;
    let mut ws = site.visitor().websocket().await;
    for _ in 0..3 {
        assert!(matches!(ws.message().await, Message::Ping(_)));
    }
    ws.send("\"x\"").await;
    loop {
        match ws.message().await {
            Message::Ping(_) => {}
            Message::Text(text) => return assert_eq!(text.as_str(), "a[\"x\"]"),
            other => panic!("no frame: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_subprotocol_is_not_chosen() {
    let site = Site::echo(patient()).await;
    let path = site.visitor().path("websocket");
    let headers = format!("{HANDSHAKE}Sec-WebSocket-Protocol: chat\r\n");
    let (status, _) = handshake(&site, "GET", &path, &headers).await;
    assert_eq!(status, 101);
}

#[tokio::test]
async fn its_query_and_a_slash_mean_nothing() {
    let site = Site::echo(patient()).await;
    for end in ["/", "?a=b", "/?a=b"] {
        let path = format!("{}{end}", site.visitor().path("websocket"));
        let mut ws = Ws::at(&site.target, &path, &[]).await.expect("a handshake");
        assert_eq!(ws.text().await, "o", "{path}");
    }
}
