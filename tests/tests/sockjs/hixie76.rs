//! The handshake with which browsers opened WebSockets before 2011, and its frames.

use crate::client::Site;
use crate::connection::{Connection, Head};
use crate::{end_of, patient};
use throughline::{Builder, Code, SockJs};
use throughline_tests::server::Server;

/// The example of the draft, with its answer.
const KEYS: &str =
    "Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\nSec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\n";
const REST: &str = "^n:ds[4U";
const DIGEST: &[u8; 16] = b"8jKS'y:G*Co,Wxa-";

fn settings() -> SockJs {
    SockJs {
        allow_hixie76: true,
        max_payload: 100,
        ..patient()
    }
}

async fn ask(site: &Site, path: &str, keys: &str) -> (Head, Connection) {
    let mut connection = Connection::open(&site.target).await;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: app.example\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\
        Origin: http://page.example\r\n{keys}\r\n"
    );
    connection.write(request).await;
    (connection.head().await, connection)
}

/// Opens one: the answer comes before the last bytes of the request, and then the digest.
async fn open(site: &Site) -> Connection {
    let path = site.visitor().path("websocket");
    let (head, mut connection) = ask(site, &path, KEYS).await;
    assert_eq!(head.status, 101);
    assert_eq!(head.header("upgrade"), "WebSocket");
    assert_eq!(head.header("connection"), "Upgrade");
    assert_eq!(head.header("sec-websocket-origin"), "http://page.example");
    let location = format!("ws://app.example{path}");
    assert_eq!(head.header("sec-websocket-location"), location);
    connection.write(REST).await;
    assert_eq!(connection.take(16).await, DIGEST);
    connection
}

async fn text(connection: &mut Connection) -> String {
    let frame = connection.through(&[0xff]).await;
    let inside = frame
        .strip_prefix(&[0])
        .and_then(|rest| rest.strip_suffix(&[0xff]));
    String::from_utf8(inside.expect("a frame").to_vec()).expect("it is text")
}

fn frame(text: &str) -> Vec<u8> {
    [&[0], text.as_bytes(), &[0xff]].concat()
}

#[tokio::test]
async fn it_is_proved_by_a_digest_and_carries_frames_both_ways() {
    let site = Site::echo(settings()).await;
    let mut connection = open(&site).await;
    assert_eq!(text(&mut connection).await, "o");
    connection.write(frame("\"é\"")).await;
    assert_eq!(text(&mut connection).await, "a[\"é\"]");
    // Whole or in pieces, a frame is a frame.
    for byte in frame("[\"x\"]") {
        connection.write([byte]).await;
    }
    assert_eq!(text(&mut connection).await, "a[\"x\"]");
}

#[tokio::test]
async fn a_raw_one_has_no_frames_but_its_own() {
    let site = Site::echo(settings()).await;
    let path = site.target.path("websocket");
    let (head, mut connection) = ask(&site, &path, KEYS).await;
    assert_eq!(head.status, 101);
    connection.write(REST).await;
    assert_eq!(connection.take(16).await, DIGEST);
    connection.write(frame("hello")).await;
    assert_eq!(text(&mut connection).await, "hello");
}

#[tokio::test]
async fn a_close_is_told_and_the_connection_closed() {
    let server = crate::endings::closing(settings()).await;
    let mut connection = open(&server).await;
    assert_eq!(text(&mut connection).await, "o");
    assert_eq!(text(&mut connection).await, "c[3000,\"Go away!\"]");
    assert_eq!(connection.take(2).await, [0xff, 0]);
    assert_eq!(connection.rest().await, "");
}

#[tokio::test]
async fn a_client_may_close_it() {
    let server = Server::start(Builder::allow_any_origin).await;
    let mut site = Site::new(server, settings()).await;
    let mut connection = open(&site).await;
    assert_eq!(text(&mut connection).await, "o");
    let near = site.server.accept().await;
    connection.write([0xff, 0]).await;
    assert_eq!(end_of(near).await.code, Code::NORMAL);
    assert_eq!(connection.take(2).await, [0xff, 0]);
}

#[tokio::test]
async fn what_is_too_long_or_no_frame_ends_it() {
    let (long, unfinished) = (frame(&format!("{:200}", 1)), vec![0; 200]);
    for said in [long, unfinished, b"no frame".to_vec(), frame("{")] {
        let server = Server::start(Builder::allow_any_origin).await;
        let mut site = Site::new(server, settings()).await;
        let mut connection = open(&site).await;
        let near = site.server.accept().await;
        connection.write(said).await;
        end_of(near).await;
        connection.rest().await;
    }
}

#[tokio::test]
async fn keys_that_are_no_numbers_are_no_handshake() {
    let site = Site::echo(settings()).await;
    let path = site.visitor().path("websocket");
    for keys in [
        "Sec-WebSocket-Key1: 12\r\nSec-WebSocket-Key2: 1 2\r\n",
        "Sec-WebSocket-Key1: 1 2\r\nSec-WebSocket-Key2: x\r\n",
        "Sec-WebSocket-Key1: 1 2\r\n",
    ] {
        let (head, _) = ask(&site, &path, keys).await;
        assert_eq!(head.status, 400, "{keys}");
    }
}

#[tokio::test]
async fn where_it_is_off_it_is_no_handshake() {
    let site = Site::echo(patient()).await;
    for path in [
        site.visitor().path("websocket"),
        site.target.path("websocket"),
    ] {
        let (head, _) = ask(&site, &path, KEYS).await;
        assert_eq!(head.status, 400, "{path}");
    }
}

#[tokio::test]
async fn a_page_that_may_not_come_in_gets_none() {
    let site = Site::new(Server::echo(|builder| builder).await, settings()).await;
    let path = site.visitor().path("websocket");
    let (head, _) = ask(&site, &path, KEYS).await;
    assert_eq!(head.status, 403);
}
