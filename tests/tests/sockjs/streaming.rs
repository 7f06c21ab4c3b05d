//! Responses that go on: a prelude and frames, each a chunk of its own, until enough was said.

use crate::client::Site;
use crate::{JAVASCRIPT, UNCACHED, patient};
use std::time::Duration;
use throughline::{SockJs, Transport};
use throughline_tests::wait::until;

#[tokio::test]
async fn a_prelude_and_each_frame_are_chunks_of_their_own() {
    let site = Site::echo(patient()).await;
    let visitor = site.visitor();
    let mut stream = visitor.park("xhr_streaming").await;
    let head = stream.head().await;
    assert_eq!((head.version.as_str(), head.status), ("HTTP/1.1", 200));
    assert_eq!(head.header("content-type"), JAVASCRIPT);
    assert_eq!(head.header("cache-control"), UNCACHED);
    assert_eq!(head.header("transfer-encoding"), "chunked");
    for name in ["content-length", "expires", "last-modified"] {
        assert!(!head.headers.contains_key(name), "{name}");
    }
    assert_eq!(
        stream.chunk().await,
        Some(format!("{}\n", "h".repeat(2048)))
    );
    assert_eq!(stream.chunk().await.as_deref(), Some("o\n"));
    for text in ["one", "two"] {
        visitor.send(&format!("[\"{text}\"]")).await;
        assert_eq!(stream.chunk().await, Some(format!("a[\"{text}\"]\n")));
    }
}

#[tokio::test]
async fn it_beats_and_goes_on() {
    let site = Site::echo(SockJs {
        heartbeat_delay: Duration::from_millis(50),
        ..patient()
    })
    .await;
    let mut stream = site.visitor().stream_open().await;
    for _ in 0..3 {
        assert_eq!(stream.chunk().await.as_deref(), Some("h\n"));
    }
}

/// The prelude does not count, and the last chunk ends the response, not the connection.
#[tokio::test]
async fn it_ends_when_enough_was_said_and_the_session_goes_on() {
    let site = Site::echo(SockJs {
        response_limit: 4096,
        ..patient()
    })
    .await;
    let visitor = site.visitor();
    let mut stream = visitor.stream_open().await;
    let text = "x".repeat(127);
    let frame = format!("a[\"{text}\"]\n");
    let mut said = 2;
    while said < 4096 {
        visitor.send(&format!("[\"{text}\"]")).await;
        assert_eq!(stream.chunk().await.as_deref(), Some(frame.as_str()));
        said += frame.len();
    }
    assert_eq!(stream.chunk().await, None);
    stream
        .ask("POST", &visitor.path("xhr_send"), "", "[\"y\"]")
        .await;
    assert_eq!(stream.head().await.status, 204);
    assert_eq!(visitor.poll().await, "a[\"y\"]\n");
}

#[tokio::test]
async fn a_limit_of_nothing_gives_a_frame_for_each_response() {
    let site = Site::echo(SockJs {
        response_limit: 1,
        ..patient()
    })
    .await;
    let visitor = site.visitor();
    let mut stream = visitor.stream_open().await;
    assert_eq!(stream.chunk().await, None);
    visitor.send(r#"["x","y"]"#).await;
    for text in ["x", "y"] {
        let (mut stream, _) = visitor.stream("xhr_streaming").await;
        assert_eq!(stream.chunk().await, Some(format!("a[\"{text}\"]\n")));
        assert_eq!(stream.chunk().await, None);
    }
}

#[tokio::test]
async fn transports_may_change_within_a_session() {
    let mut site = Site::accepting(patient()).await;
    let visitor = site.open().await;
    let near = site.server.accept().await;
    assert_eq!(near.transport(), Some(Transport::LongPoll));
    near.send("polled before").await.expect("it is open");
    let (mut stream, _) = visitor.stream("eventsource").await;
    let first = stream.chunk().await;
    assert_eq!(first.as_deref(), Some("data: a[\"polled before\"]\r\n\r\n"));
    assert_eq!(near.transport(), Some(Transport::HttpStream));
}

#[tokio::test]
async fn the_session_ends_with_the_connection_of_its_response() {
    let mut site = Site::accepting(patient()).await;
    let visitor = site.visitor();
    let stream = visitor.stream_open().await;
    let near = site.server.accept().await;
    drop(stream);
    let end = crate::end_of(near).await;
    assert_eq!(end.code, throughline::Code::EXPIRED);
    assert_eq!(visitor.post("xhr_send", "[\"x\"]").await.status, 404);
    assert_eq!(visitor.poll().await, "o\n");
}

#[tokio::test]
async fn what_is_sent_between_two_responses_waits_for_the_second() {
    let mut site = Site::accepting(SockJs {
        response_limit: 1,
        ..patient()
    })
    .await;
    let visitor = site.visitor();
    let mut stream = visitor.stream_open().await;
    assert_eq!(stream.chunk().await, None);
    let near = site.server.accept().await;
    until("nobody receives", || !near.is_writable()).await;
    near.send("between").await.expect("it is open");
    let (mut stream, _) = visitor.stream("xhr_streaming").await;
    assert_eq!(stream.chunk().await.as_deref(), Some("a[\"between\"]\n"));
}
