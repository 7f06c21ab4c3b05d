//! Sessions of Engine.IO clients that go away or stop reading, against the clock, which is paused here: each has an end.

mod common;

use axum::body::Body;
use common::Server;
use futures_util::{SinkExt, StreamExt};
use http::Request;
use http::header::HOST;
use http_body_util::BodyExt;
use std::time::Duration;
use throughline::{Code, EngineIo, Message, Session, Throughline};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite;

/// Longer than all that a session may take to end.
const LONG: Duration = Duration::from_secs(200);
const WEBSOCKET: &str = "/realtime/?EIO=4&transport=websocket";
const POLLING: &str = "/realtime/?EIO=4&transport=polling";

/// A server whose handler tells how its session ended.
fn server<F, Fut>(handler: F) -> (Server, mpsc::UnboundedReceiver<Code>)
where
    F: Fn(Session) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send,
{
    let (told, ends) = mpsc::unbounded_channel();
    let builder = Throughline::builder().engine_io(EngineIo::default());
    let server = Server::new(builder.on_session(move |session: Session| {
        let (told, handler) = (told.clone(), handler.clone());
        async move {
            let sender = session.sender();
            handler(session).await;
            told.send(sender.closed().await.code)
                .expect("the test listens");
        }
    }));
    (server, ends)
}

/// Sends until it cannot, and never reads.
async fn flood(session: Session) {
    while session.send(Message::binary(vec![0; 8_000])).await.is_ok() {}
}

async fn echo(mut session: Session) {
    while let Some(message) = session.recv().await {
        if session.send(message).await.is_err() {
            break;
        }
    }
}

async fn end(ends: &mut mpsc::UnboundedReceiver<Code>) -> Code {
    let ended = tokio::time::timeout(LONG, ends.recv()).await;
    ended.expect("the session ends").expect("it tells how")
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_only_sends_learns_that_its_client_has_gone() {
    let (server, mut ends) = server(flood);
    let ws = server.plain_websocket(WEBSOCKET).await;
    drop(ws);
    assert_eq!(end(&mut ends).await, Code::EXPIRED);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stops_reading_is_gone_when_it_answers_no_ping() {
    let (server, mut ends) = server(flood);
    let _ws = server.plain_websocket(WEBSOCKET).await;
    assert_eq!(end(&mut ends).await, Code::EXPIRED);
}

/// Neither direction moves: the handler cannot send, so it takes nothing, so nothing is read.
#[tokio::test(start_paused = true)]
async fn an_echo_to_a_client_that_stops_reading_ends() {
    let (server, mut ends) = server(echo);
    let (mut up, _down) = server.plain_websocket(WEBSOCKET).await.split();
    tokio::spawn(async move {
        let text = tungstenite::Message::text(format!("4{}", "x".repeat(100_000)));
        // More than both directions hold.
        for _ in 0..40 {
            if up.send(text.clone()).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    });
    assert_eq!(end(&mut ends).await, Code::EXPIRED);
}

#[tokio::test(start_paused = true)]
async fn an_echo_to_a_client_that_posts_and_never_polls_ends() {
    let (server, mut ends) = server(echo);
    let opening = server.get(POLLING).await.into_body().collect().await;
    let opening = opening.expect("a handshake").to_bytes();
    let handshake: serde_json::Value = serde_json::from_slice(&opening[1..]).expect("JSON");
    let url = format!(
        "{POLLING}&sid={}",
        handshake["sid"].as_str().expect("a sid")
    );
    let app = server.app.clone();
    tokio::spawn(async move {
        let body = format!("4{}", "x".repeat(900_000));
        loop {
            let request = Request::post(&url).header(HOST, "here");
            let request = request.body(Body::from(body.clone())).expect("a request");
            let answered = tower::ServiceExt::oneshot(app.clone(), request).await;
            if !answered
                .expect("a router never fails")
                .status()
                .is_success()
            {
                break;
            }
        }
    });
    assert_eq!(end(&mut ends).await, Code::EXPIRED);
}
