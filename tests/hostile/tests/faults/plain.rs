//! Without a fault the proxy changes nothing: in front of a server, and as a forward proxy.

use crate::lab::{Lab, Socket, rest, soon, until};
use http::Method;
use tokio::io::AsyncReadExt;

#[tokio::test]
async fn requests_and_answers_pass_as_they_are() {
    let lab = Lab::with(&[]).await;
    let headers = [("x-mine", "1"), ("cookie", "a=b")];
    let answer = lab
        .ask(Method::PUT, "/any?x=1", &headers, "body")
        .await
        .unwrap();
    assert_eq!((answer.status.as_u16(), &*answer.body), (200, "1: body"));
    let seen = lab.server.only();
    assert_eq!((seen.method, &*seen.path), (Method::PUT, "/any"));
    assert_eq!(seen.headers["x-mine"], "1");
    assert_eq!(seen.headers["cookie"], "a=b");
    assert_eq!(seen.headers["host"], "server.test");
}

#[tokio::test]
async fn a_websocket_passes_in_both_directions() {
    let lab = Lab::with(&[]).await;
    let mut socket = lab.websocket().await.unwrap();
    assert_eq!(socket.next().await.unwrap(), "welcome");
    let long = "x".repeat(100_000);
    for text in ["short", &long] {
        socket.send(text).await;
        assert_eq!(socket.next().await.unwrap(), text);
    }
}

#[tokio::test]
async fn the_proxy_counts_what_it_saw() {
    let lab = Lab::with(&[]).await;
    lab.get("/").await.unwrap();
    lab.websocket().await.unwrap();
    let counts = lab.counts();
    assert_eq!(
        (counts.connections, counts.requests, counts.upgrades),
        (2, 2, 1)
    );
    assert!(
        counts.bytes_up > 100 && counts.bytes_down > 100,
        "{counts:?}"
    );
    assert!(counts.struck.is_empty());
}

#[tokio::test]
async fn a_request_with_an_absolute_uri_goes_where_it_says() {
    let (lab, other) = (Lab::with(&[]).await, Lab::with(&[]).await);
    let uri = format!("http://{}/there", other.server.address);
    assert_eq!(lab.get(&uri).await.unwrap().body, "1: ");
    let seen = other.server.only();
    assert_eq!(seen.path, "/there");
    assert_eq!(
        seen.headers["host"],
        other.server.address.to_string().as_str()
    );
    assert!(lab.server.seen().is_empty());
}

#[tokio::test]
async fn a_tunnel_carries_a_websocket() {
    let (lab, other) = (Lab::with(&[]).await, Lab::with(&[]).await);
    let stream = connect_through(&lab, other.server.address.port()).await;
    let mut socket = Socket::open(stream).await.unwrap();
    assert_eq!(socket.next().await.unwrap(), "welcome");
    socket.send("through").await;
    assert_eq!(socket.next().await.unwrap(), "through");
    assert_eq!(lab.counts().tunnels, 1);
}

#[tokio::test]
async fn a_server_that_is_gone_is_a_502() {
    let lab = Lab::with(&["misrouted=127.0.0.1:1"]).await;
    assert_eq!(lab.get("/").await.unwrap().status, 502);
}

#[tokio::test]
async fn a_client_that_goes_away_is_told_to_the_server() {
    let lab = Lab::with(&[]).await;
    let stream = lab.raw("GET /hold HTTP/1.1\r\nhost: a\r\n\r\n").await;
    until("the request", || !lab.server.seen().is_empty()).await;
    drop(stream);
    until("the end of the connection", || lab.counts().open == 0).await;
}

/// A tunnel to that port of this machine.
pub(crate) async fn connect_through(lab: &Lab, port: u16) -> tokio::net::TcpStream {
    let head = format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n");
    let mut stream = lab.raw(&head).await;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let byte = soon("the tunnel", stream.read_u8()).await;
        answer.push(byte.expect("the head of an answer"));
    }
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    stream
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let lab = Lab::with(&[]).await;
    let ask = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    let last = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let mut stream = lab.raw(&format!("{ask}{last}")).await;
    let (text, ended) = rest(&mut stream).await;
    ended.unwrap();
    assert!(text.contains("\r\n\r\n1: HTTP/1.1 200 OK"), "{text}");
}
