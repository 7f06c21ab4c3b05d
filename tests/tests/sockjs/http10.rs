//! HTTP/1.0: no chunks, and the end of a response is that of its connection.

use crate::client::{MOUNT, Site};
use crate::connection::{Connection, Head};
use crate::patient;

async fn ask(site: &Site, method: &str, path: &str, headers: &str) -> (Head, Connection) {
    let mut connection = Connection::open(&site.target).await;
    let request = format!("{method} {path} HTTP/1.0\r\n{headers}\r\n");
    connection.write(request).await;
    let head = connection.head().await;
    assert_eq!(head.status, 200);
    assert!(!head.headers.contains_key("transfer-encoding"));
    (head, connection)
}

#[tokio::test]
async fn the_greeting_has_a_length_or_the_connection_ends_with_it() {
    let site = Site::echo(patient()).await;
    let (head, connection) = ask(&site, "GET", MOUNT, "").await;
    assert!(["", "19"].contains(&head.header("content-length")));
    assert_eq!(connection.rest().await, "Welcome to SockJS!\n");
}

#[tokio::test]
async fn a_connection_that_is_kept_is_good_for_another_request() {
    let site = Site::echo(patient()).await;
    let (head, mut connection) = ask(&site, "GET", MOUNT, "Connection: keep-alive\r\n").await;
    assert_eq!(head.header("content-length"), "19");
    assert_eq!(connection.take(19).await, b"Welcome to SockJS!\n");
    assert!(head.header("connection").eq_ignore_ascii_case("keep-alive"));
    connection
        .write(format!("GET {MOUNT} HTTP/1.0\r\n\r\n"))
        .await;
    assert_eq!(connection.head().await.status, 200);
    assert_eq!(connection.rest().await, "Welcome to SockJS!\n");
}

#[tokio::test]
async fn a_streaming_response_ends_with_its_connection() {
    let site = crate::endings::closing(patient()).await;
    for headers in ["", "Connection: keep-alive\r\n"] {
        let path = site.visitor().path("xhr_streaming");
        let (head, connection) = ask(
            &site,
            "POST",
            &path,
            &format!("Content-Length: 0\r\n{headers}"),
        )
        .await;
        assert!(!head.headers.contains_key("content-length"));
        let expected = format!("{}\no\nc[3000,\"Go away!\"]\n", "h".repeat(2048));
        assert_eq!(connection.rest().await, expected);
    }
}

#[tokio::test]
async fn frames_leave_at_once() {
    let site = Site::echo(patient()).await;
    let visitor = site.visitor();
    let path = visitor.path("eventsource");
    let (_, mut connection) = ask(&site, "GET", &path, "").await;
    let first = b"\r\ndata: o\r\n\r\n";
    assert_eq!(connection.take(first.len()).await, first);
    visitor.send("[\"x\"]").await;
    let next = b"data: a[\"x\"]\r\n\r\n";
    assert_eq!(connection.take(next.len()).await, next);
}
