//! Handshakes that are none: of old drafts, of other methods, or a page that somebody opened.

use crate::Bystanders;
use throughline_tests::raw::Raw;
use throughline_tests::server::Server;

/// What each draft sent, after its request line and before `Host` and `Origin`.
const DRAFTS: [(&str, &str, &[u8]); 4] = [
    (
        "hixie-75",
        "Upgrade: WebSocket\r\nConnection: Upgrade\r\n",
        b"",
    ),
    (
        "hixie-76",
        "Upgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\n\
         Sec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\n",
        // These eight bytes follow the headers, and would be read as the next request.
        b"^n:ds[4U",
    ),
    (
        "hybi-07",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 7\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        b"",
    ),
    (
        "hybi-10",
        "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 8\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        b"",
    ),
];

// spec: END-2
#[tokio::test]
async fn the_handshakes_of_old_drafts_are_told_the_version_and_closed() {
    let server = Server::echo(|builder| builder).await;
    let bystanders = Bystanders::of(&server).await;
    let address = server.target.address;
    for (draft, headers, body) in DRAFTS {
        let mut raw = Raw::connect(&server.target).await;
        let path = server.target.path("websocket");
        let head = format!(
            "GET {path} HTTP/1.1\r\n{headers}Host: {address}\r\nOrigin: http://{address}\r\n\r\n"
        );
        raw.write([head.as_bytes(), body].concat()).await;
        let answer = raw.answer().await;
        assert_eq!(answer.status(), 426, "{draft}");
        assert_eq!(answer.header("sec-websocket-version"), "13", "{draft}");
        assert_eq!(answer.header("connection"), "close", "{draft}");
        assert_eq!(answer.header("upgrade"), "websocket", "{draft}");
        assert!(
            answer.body.contains("old draft"),
            "{draft}: {}",
            answer.body
        );
        let rest = raw.closed().await;
        assert!(
            rest.is_empty(),
            "{draft}: {}",
            String::from_utf8_lossy(&rest)
        );
    }
    bystanders.are_unharmed().await;
}

// spec: END-2
#[tokio::test]
async fn a_page_that_somebody_opens_explains_itself() {
    let server = Server::echo(|builder| builder).await;
    let mut raw = Raw::connect(&server.target).await;
    let path = server.target.path("websocket");
    raw.write(format!("GET {path} HTTP/1.1\r\nHost: here\r\n\r\n"))
        .await;
    let answer = raw.answer().await;
    assert_eq!(answer.status(), 426);
    assert_eq!(answer.header("sec-websocket-version"), "13");
    assert_eq!(answer.header("connection"), "close");
    assert!(answer.header("content-type").starts_with("text/plain"));
    assert!(answer.body.contains("WebSocket"), "{}", answer.body);
    assert!(raw.closed().await.is_empty());
}

// spec: END-2
#[tokio::test]
async fn half_a_handshake_is_none() {
    let server = Server::echo(|builder| builder).await;
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let version = "Sec-WebSocket-Version: 13\r\n";
    let (upgrade, connection) = ("Upgrade: websocket\r\n", "Connection: Upgrade\r\n");
    for headers in [
        [upgrade, connection, version, ""],
        [upgrade, connection, key, ""],
        [upgrade, version, key, ""],
        [connection, version, key, ""],
        [upgrade, connection, key, "Sec-WebSocket-Version: 12\r\n"],
    ] {
        let mut raw = Raw::connect(&server.target).await;
        let path = server.target.path("websocket");
        let headers = headers.concat();
        raw.write(format!(
            "GET {path} HTTP/1.1\r\nHost: here\r\n{headers}\r\n"
        ))
        .await;
        let answer = raw.answer().await;
        assert_eq!(answer.status(), 426, "{headers}");
        assert_eq!(answer.header("sec-websocket-version"), "13", "{headers}");
    }
}
