//! What is too long, and what is too many.

use crate::client::Site;
use crate::patient;
use throughline::{Builder, Config, SockJs, Throughline};
use throughline_tests::engineio::{Closed, Ws, refusal};
use throughline_tests::server::{Server, echo};

const LIMIT: usize = 10_000;

async fn bounded() -> Site {
    Site::echo(SockJs {
        max_payload: LIMIT,
        ..patient()
    })
    .await
}

fn body(len: usize) -> String {
    format!("[\"{}\"]", "x".repeat(len - 4))
}

#[tokio::test]
async fn a_body_may_be_as_long_as_the_limit_and_no_longer() {
    let site = bounded().await;
    let visitor = site.open().await;
    visitor.send(&body(LIMIT)).await;
    assert_eq!(visitor.poll().await, format!("a{}\n", body(LIMIT)));
    for transport in ["xhr_send", "jsonp_send"] {
        let answer = visitor.post(transport, &body(LIMIT + 1)).await;
        assert_eq!(answer.status, 413, "{transport}");
    }
    visitor.send("[\"still here\"]").await;
    assert_eq!(visitor.poll().await, "a[\"still here\"]\n");
}

#[tokio::test]
async fn a_body_that_does_not_say_its_length_is_bounded_as_well() {
    let site = bounded().await;
    let visitor = site.open().await;
    let mut connection = crate::connection::Connection::open(&site.target).await;
    let path = visitor.path("xhr_send");
    let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    connection.write(head).await;
    connection
        .write(format!("{:x}\r\n{}\r\n", LIMIT + 1, body(LIMIT + 1)))
        .await;
    assert_eq!(connection.head().await.status, 413);
    visitor.send("[\"still here\"]").await;
}

#[tokio::test]
async fn a_websocket_message_over_the_limit_closes_it_with_1009() {
    let site = bounded().await;
    for framed in [true, false] {
        let visitor = site.visitor();
        let mut ws = if framed {
            visitor.websocket().await
        } else {
            visitor.raw_websocket().await
        };
        ws.send(body(LIMIT)).await;
        let said = ws.text().await;
        assert_eq!(said.trim_start_matches('a'), body(LIMIT));
        ws.send(body(LIMIT + 1)).await;
        assert_eq!(ws.closed().await, Closed::With(1009));
    }
}

#[tokio::test]
async fn the_longest_body_passes_by_default() {
    let site = Site::echo(patient()).await;
    let visitor = site.open().await;
    visitor.send(&body(1_000_000)).await;
    assert_eq!(visitor.poll().await, format!("a{}\n", body(1_000_000)));
}

/// Each of them is bounded on its own, and a body of many is taken one by one.
#[tokio::test]
async fn a_body_of_very_many_messages_is_taken() {
    let mut site = Site::accepting(patient()).await;
    let visitor = site.open().await;
    let mut near = site.server.accept().await;
    let count = 200_000;
    let body = format!("[{}1]", "1,".repeat(count - 1));
    let sending = tokio::spawn({
        let visitor = visitor.clone();
        async move { visitor.send(&body).await }
    });
    for _ in 0..count {
        assert_eq!(near.text().await, "1");
    }
    sending.await.expect("it is taken");
}

/// It is looked at without a stack.
#[tokio::test]
async fn deep_json_is_a_message_like_any_other() {
    let site = Site::echo(patient()).await;
    let visitor = site.open().await;
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    visitor.send(&format!("[{deep}]")).await;
    assert_eq!(visitor.poll().await, format!("a[\"{deep}\"]\n"));
    let answer = visitor.post("xhr_send", &deep[..99_999]).await;
    assert_eq!(answer.status, 500);
    assert_eq!(answer.text(), "Broken JSON encoding.");
}

async fn small(sessions: usize) -> Site {
    let config = Config {
        sessions,
        ..Config::default()
    };
    let builder = Throughline::builder().allow_any_origin().config(config);
    Site::new(Server::with(builder.on_session(echo)).await, patient()).await
}

/// Who is turned away is told when to come again, in words that the page may read.
#[tokio::test]
async fn the_session_too_many_is_refused_on_every_transport() {
    const PAGE: (&str, &str) = ("origin", "https://app.example");
    let site = small(1).await;
    let first = site.open().await;
    for (method, transport) in [
        ("POST", "xhr"),
        ("POST", "xhr_streaming"),
        ("GET", "eventsource"),
        ("GET", "htmlfile?c=x"),
        ("GET", "jsonp?c=x"),
    ] {
        let method = method.parse().expect("a method");
        let answer = site.visitor().ask(method, transport, &[PAGE], "").await;
        assert_eq!(answer.status, 503, "{transport}");
        assert!(answer.headers.contains_key("retry-after"), "{transport}");
        if !transport.contains("?c=") {
            assert_eq!(answer.header("access-control-allow-origin"), PAGE.1);
            assert_eq!(answer.header("access-control-allow-credentials"), "true");
        }
    }
    for path in [
        site.visitor().path("websocket"),
        site.target.path("websocket"),
    ] {
        let (status, _) = refusal(Ws::at(&site.target, &path, &[PAGE]).await);
        assert_eq!(status, 503, "{path}");
    }
    first.send("[\"x\"]").await;
    assert_eq!(first.poll().await, "a[\"x\"]\n");
}

#[tokio::test]
async fn a_place_is_free_again_when_its_client_is_gone() {
    let site = small(1).await;
    let stream = site.visitor().stream_open().await;
    drop(stream);
    let visitor = site.visitor();
    let mut opened = visitor.post("xhr", "").await;
    while opened.status == 503 {
        opened = visitor.post("xhr", "").await;
    }
    assert_eq!(opened.text(), "o\n");
}

/// What cannot work is refused when the mount is made.
#[tokio::test]
async fn settings_that_cannot_work_are_named() {
    let node = Server::echo(Builder::allow_any_origin).await.node.clone();
    for settings in [
        SockJs {
            max_payload: 0,
            ..SockJs::default()
        },
        SockJs {
            max_payload: usize::MAX,
            ..SockJs::default()
        },
        SockJs {
            max_payload: Config::default().body_bytes_per_address,
            ..SockJs::default()
        },
        SockJs {
            sockjs_url: "\"><script>".to_owned(),
            ..SockJs::default()
        },
    ] {
        assert!(node.sockjs(settings).is_err());
    }
}
