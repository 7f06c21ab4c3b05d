//! Responses that `EventSource` reads.

use crate::client::Site;
use crate::{UNCACHED, patient};
use throughline::SockJs;

#[tokio::test]
async fn its_prelude_is_a_line_and_its_frames_are_events() {
    let site = Site::echo(patient()).await;
    let visitor = site.visitor();
    let (mut stream, head) = visitor.stream("eventsource?x=1").await;
    assert_eq!(head.header("content-type"), "text/event-stream");
    assert_eq!(head.header("cache-control"), UNCACHED);
    assert!(!head.headers.contains_key("content-length"));
    assert_eq!(stream.chunk().await.as_deref(), Some("data: o\r\n\r\n"));
    visitor.send(r#"["x","\n"]"#).await;
    let frame = stream.chunk().await;
    assert_eq!(frame.as_deref(), Some("data: a[\"x\",\"\\n\"]\r\n\r\n"));
}

#[tokio::test]
async fn the_prelude_is_a_chunk_of_its_own() {
    let site = Site::echo(patient()).await;
    let mut stream = crate::connection::Connection::open(&site.target).await;
    let path = site.visitor().path("eventsource");
    stream.ask("GET", &path, "", "").await;
    stream.head().await;
    assert_eq!(stream.chunk().await.as_deref(), Some("\r\n"));
    assert_eq!(stream.chunk().await.as_deref(), Some("data: o\r\n\r\n"));
}

/// The official client decodes what it reads: a percent sign would be an escape, or break it.
#[tokio::test]
async fn percent_signs_are_encoded() {
    let site = Site::echo(patient()).await;
    let visitor = site.visitor();
    let (mut stream, _) = visitor.stream("eventsource").await;
    stream.chunk().await;
    visitor.send(r#"["100%","%41","\u0000\r"]"#).await;
    let frame = stream.chunk().await;
    assert_eq!(
        frame.as_deref(),
        Some("data: a[\"100%25\",\"%2541\",\"\\u0000\\r\"]\r\n\r\n")
    );
}

#[tokio::test]
async fn it_ends_when_enough_was_said() {
    let site = Site::echo(SockJs {
        response_limit: 64,
        ..patient()
    })
    .await;
    let visitor = site.visitor();
    let (mut stream, _) = visitor.stream("eventsource").await;
    stream.chunk().await;
    visitor.send(&format!("[\"{}\"]", "x".repeat(64))).await;
    assert!(stream.chunk().await.is_some());
    assert_eq!(stream.chunk().await, None);
}

#[tokio::test]
async fn a_close_is_an_event_and_the_end() {
    let site = crate::endings::closing(patient()).await;
    let (mut stream, _) = site.visitor().stream("eventsource").await;
    assert_eq!(stream.chunk().await.as_deref(), Some("data: o\r\n\r\n"));
    let close = stream.chunk().await;
    assert_eq!(close.as_deref(), Some("data: c[3000,\"Go away!\"]\r\n\r\n"));
    assert_eq!(stream.chunk().await, None);
}
