//! How sessions end: the application closes them, and their clients are told as often as they ask.

use crate::client::{Site, heartbeat};
use crate::{end_of, patient};
use std::time::Duration;
use throughline::{Builder, Code, Session, SockJs, Throughline};
use throughline_tests::engineio::Closed;
use throughline_tests::server::Server;
use throughline_tests::wait::until;
use tokio_tungstenite::tungstenite::Message;

const GO_AWAY: &str = "c[3000,\"Go away!\"]\n";

async fn close(session: Session) {
    let code = Code::application(3000).expect("3000 is the application's");
    session.close(code, "Go away!").expect("it is short");
}

/// A mount whose application closes every session as soon as it is there.
pub(crate) async fn closing(settings: SockJs) -> Site {
    let builder = Throughline::builder().allow_any_origin().on_session(close);
    Site::new(Server::with(builder).await, settings).await
}

#[tokio::test]
async fn every_later_poll_is_told_of_a_close() {
    let site = closing(patient()).await;
    let visitor = site.open().await;
    for _ in 0..3 {
        assert_eq!(visitor.poll().await, GO_AWAY);
    }
}

#[tokio::test]
async fn streaming_responses_are_told_and_end() {
    let site = closing(patient()).await;
    let visitor = site.visitor();
    let mut stream = visitor.stream_open().await;
    assert_eq!(stream.chunk().await.as_deref(), Some(GO_AWAY));
    assert_eq!(stream.chunk().await, None);
    let (mut again, _) = visitor.stream("xhr_streaming").await;
    assert_eq!(again.chunk().await.as_deref(), Some(GO_AWAY));
    assert_eq!(again.chunk().await, None);
}

#[tokio::test]
async fn what_is_sent_after_a_close_is_dropped_without_a_word() {
    let site = closing(patient()).await;
    let visitor = site.open().await;
    assert_eq!(visitor.poll().await, GO_AWAY);
    visitor.send(r#"["x"]"#).await;
    let form = visitor.post("jsonp_send", r#"["x"]"#).await;
    assert_eq!((form.status.as_u16(), &*form.text()), (200, "ok"));
    assert_eq!(visitor.poll().await, GO_AWAY);
}

#[tokio::test]
async fn a_close_is_forgotten_when_nobody_asks_for_it() {
    let site = closing(SockJs {
        disconnect_delay: Duration::from_millis(300),
        ..SockJs::default()
    })
    .await;
    let visitor = site.open().await;
    assert_eq!(visitor.poll().await, GO_AWAY);
    // Each request keeps it for as long again.
    for _ in 0..3 {
        heartbeat(Duration::from_millis(120)).await;
        assert_eq!(visitor.poll().await, GO_AWAY);
    }
    heartbeat(Duration::from_millis(400)).await;
    assert_eq!(visitor.post("xhr_send", "[]").await.status, 404);
    assert_eq!(visitor.poll().await, "o\n");
}

#[tokio::test]
async fn what_was_said_before_a_close_comes_before_it() {
    let mut site = Site::accepting(patient()).await;
    let visitor = site.open().await;
    let near = site.server.accept().await;
    near.send("last words").await.expect("it is open");
    let code = Code::application(4000).expect("4000 is the application's");
    near.close(code, "\"\u{2028}").expect("it is short");
    assert_eq!(visitor.poll().await, "a[\"last words\"]\n");
    for _ in 0..2 {
        assert_eq!(visitor.poll().await, "c[4000,\"\\\"\\u2028\"]\n");
    }
}

#[tokio::test]
async fn a_poll_that_waits_is_told() {
    let mut site = Site::accepting(patient()).await;
    let visitor = site.open().await;
    let near = site.server.accept().await;
    let mut parked = visitor.park("xhr").await;
    until("the poll waits", || near.is_writable()).await;
    drop(near);
    let head = parked.head().await;
    let body = parked.take(head.header("content-length").parse().expect("a length"));
    assert_eq!(body.await, b"c[1000,\"\"]\n");
}

#[tokio::test]
async fn a_websocket_is_told_by_a_frame_and_closed() {
    let site = closing(patient()).await;
    let mut ws = site.visitor().websocket().await;
    assert_eq!(ws.text().await, GO_AWAY.trim_end());
    assert_eq!(ws.closed().await, Closed::With(1000));
}

#[tokio::test]
async fn a_websocket_without_frames_is_closed_with_the_applications_code() {
    let site = closing(patient()).await;
    let mut ws = site.visitor().raw_websocket().await;
    match ws.message().await {
        Message::Close(Some(frame)) => {
            assert_eq!(u16::from(frame.code), 3000);
            assert_eq!(frame.reason.as_str(), "Go away!");
        }
        other => panic!("no close: {other:?}"),
    }
}

async fn panics(mut session: Session) {
    while let Some(message) = session.recv().await {
        assert_ne!(message.as_text(), Some("panic"), "as the test wants it");
        session.send(message).await.expect("it is open");
    }
}

/// The test's panic is printed, and no other session notices.
#[tokio::test]
async fn a_handler_that_panics_ends_its_session_and_no_other() {
    const TOLD: &str = "c[4700,\"the server's handler failed\"]";
    let configure = |builder: Builder| builder.allow_any_origin().on_session(panics);
    let server = Server::with(configure(Throughline::builder())).await;
    let site = Site::new(server, patient()).await;
    let (bystander, polling, streaming) = (site.open().await, site.open().await, site.visitor());
    let mut stream = streaming.stream_open().await;
    let mut ws = site.visitor().websocket().await;
    ws.send("\"panic\"").await;
    polling.post("xhr_send", "[\"panic\"]").await;
    streaming.post("xhr_send", "[\"panic\"]").await;
    assert_eq!(polling.poll().await, format!("{TOLD}\n"));
    assert_eq!(stream.chunk().await, Some(format!("{TOLD}\n")));
    assert_eq!(stream.chunk().await, None);
    assert_eq!(ws.text().await, TOLD);
    assert_eq!(ws.closed().await, Closed::With(1000));
    bystander.send("[\"x\"]").await;
    assert_eq!(bystander.poll().await, "a[\"x\"]\n");
}

#[tokio::test]
async fn a_websocket_that_is_lost_ends_its_session() {
    let mut site = Site::accepting(patient()).await;
    for framed in [true, false] {
        let visitor = site.visitor();
        let ws = if framed {
            visitor.websocket().await
        } else {
            visitor.raw_websocket().await
        };
        let near = site.server.accept().await;
        drop(ws);
        assert_eq!(end_of(near).await.code, Code::EXPIRED);
    }
}
