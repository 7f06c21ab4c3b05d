//! Under the layers that applications put in front of a service.

mod common;

use axum::Router;
use common::{Server, echo_server, new_session, text, texts};
use http::StatusCode;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_ENCODING, VARY};
use std::time::Duration;
use throughline_core::wire::native::{Request as Batch, Response as Answer};
use tokio::time::Instant;
use tower_http::compression::CompressionLayer;
use tower_http::cors::CorsLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

fn layered(layer: impl FnOnce(Router) -> Router) -> Server {
    let mut server = echo_server();
    server.app = layer(server.app);
    server
}

async fn echoes_on_every_transport(server: &Server) {
    let (mut ws, _) = server.open().await;
    ws.send(text(1, "x")).await;
    assert_eq!(ws.next_but_acks().await, Some(text(1, "x")));
    for hold in [2_000, 0] {
        let mut client = server.open_polled().await;
        client.poll.hold = hold;
        client.send(&["x"]).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(texts(&client.poll().await), ["x"]);
    }
}

#[tokio::test(start_paused = true)]
async fn trace() {
    echoes_on_every_transport(&layered(|app| app.layer(TraceLayer::new_for_http()))).await;
}

#[tokio::test(start_paused = true)]
async fn compression() {
    let server = layered(|app| app.layer(CompressionLayer::new()));
    echoes_on_every_transport(&server).await;
    let hello = Batch::Hello(Box::new(new_session())).encode();
    let (_, headers, body) = server
        .post_bytes(hello, &[("accept-encoding", "gzip")])
        .await;
    assert_eq!(headers[CONTENT_ENCODING], "gzip");
    assert!(body.len() < 1536);
}

#[tokio::test(start_paused = true)]
async fn cors_does_not_answer_twice() {
    let server = layered(|app| app.layer(CorsLayer::permissive()));
    echoes_on_every_transport(&server).await;
    let hello = Batch::Hello(Box::new(new_session())).encode();
    let (_, headers, _) = server.post_bytes(hello, &[("origin", "http://here")]).await;
    assert_eq!(
        headers.get_all(ACCESS_CONTROL_ALLOW_ORIGIN).iter().count(),
        1
    );
    assert!(headers.contains_key(VARY));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_cuts_a_hold_and_costs_no_message() {
    let seconds = Duration::from_secs(5);
    let timeout = TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, seconds);
    let server = layered(|app| app.layer(timeout));
    echoes_on_every_transport(&server).await;

    let mut client = server.open_polled().await;
    client.poll.hold = 25_000;
    let poll = client.request(Vec::new());
    let start = Instant::now();
    let (status, ..) = server.post_bytes(poll.encode(), &[]).await;
    assert_eq!(
        (status, start.elapsed()),
        (StatusCode::REQUEST_TIMEOUT, seconds)
    );
    // What comes now waits for the next request, which a client makes with a shorter hold.
    client.send(&["x"]).await;
    client.poll.hold = 4_000;
    let Answer::Answer(answer) = server.post(client.request(Vec::new())).await else {
        panic!("no answer");
    };
    assert_eq!(texts(&answer), ["x"]);

    let (mut ws, _) = server.open().await;
    tokio::time::sleep(seconds * 2).await;
    ws.send(text(1, "a connection is no request")).await;
    assert!(ws.next_but_acks().await.is_some());
}
