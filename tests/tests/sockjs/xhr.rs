//! Polling by `XMLHttpRequest`, and sending by it.

use crate::client::{Site, Visitor};
use crate::{JAVASCRIPT, TEXT, UNCACHED, end_of, hasty, patient};
use http::Method;
use std::time::Duration;
use throughline::SockJs;
use throughline_tests::http::Http;
use throughline_tests::wait::until;

#[tokio::test]
async fn a_first_poll_opens_and_later_ones_bring_messages() {
    let site = Site::echo(patient()).await;
    let visitor = site.visitor();
    let opened = visitor.post("xhr", "").await;
    assert_eq!((opened.status.as_u16(), &*opened.text()), (200, "o\n"));
    visitor.send(r#"["one"]"#).await;
    let answer = visitor.post("xhr", "").await;
    assert_eq!(answer.text(), "a[\"one\"]\n");
    for answer in [opened, answer] {
        assert_eq!(answer.header("content-type"), JAVASCRIPT);
        assert_eq!(answer.header("cache-control"), UNCACHED);
        assert!(!answer.headers.contains_key("expires"));
        assert!(!answer.headers.contains_key("last-modified"));
    }
}

#[tokio::test]
async fn a_poll_waits_for_what_is_sent_and_gets_all_of_it() {
    let mut site = Site::accepting(patient()).await;
    let visitor = site.open().await;
    let near = site.server.accept().await;
    for text in ["a", "b", "c"] {
        near.send(text).await.expect("the session is open");
    }
    assert_eq!(visitor.poll().await, "a[\"a\",\"b\",\"c\"]\n");
    let mut parked = visitor.park("xhr").await;
    until("the poll waits", || near.is_writable()).await;
    near.send("d").await.expect("the session is open");
    assert_eq!(parked.head().await.status, 200);
    assert_eq!(parked.take(7).await, b"a[\"d\"]\n");
}

#[tokio::test]
async fn a_poll_that_waits_ends_with_a_heartbeat() {
    let site = Site::echo(SockJs {
        heartbeat_delay: Duration::from_millis(50),
        ..patient()
    })
    .await;
    let visitor = site.open().await;
    for _ in 0..3 {
        assert_eq!(visitor.poll().await, "h\n");
    }
}

/// Whoever is quicker opens the session, and the others find it.
#[tokio::test]
async fn first_polls_that_come_at_once_open_one_session() {
    let mut site = Site::accepting(patient()).await;
    let visitor = site.visitor();
    let polls: Vec<_> = (0..10)
        .map(|_| {
            let visitor = Visitor {
                http: Http::new(&site.target),
                ..visitor.clone()
            };
            tokio::spawn(async move { visitor.poll().await })
        })
        .collect();
    let near = site.server.accept().await;
    let answered = || polls.iter().filter(|poll| poll.is_finished()).count();
    until("all but one answer", || answered() == 9).await;
    near.send("x").await.expect("it is open");
    let mut said = Vec::new();
    for poll in polls {
        said.push(poll.await.expect("it ran"));
    }
    said.sort();
    assert_eq!(said[0], "a[\"x\"]\n");
    assert_eq!(said[9], "o\n");
    assert!(
        said[1..9].iter().all(|frame| frame.starts_with("c[2010,")),
        "{said:?}"
    );
    assert!(!site.server.has_begun_another());
}

#[tokio::test]
async fn what_is_sent_is_answered_with_nothing_of_a_type() {
    let site = Site::echo(patient()).await;
    let visitor = site.open().await;
    let answer = visitor.post("xhr_send", r#"["x"]"#).await;
    assert_eq!(answer.status, 204);
    assert!(answer.body.is_empty());
    assert_eq!(answer.header("content-type"), TEXT);
    assert_eq!(answer.header("cache-control"), UNCACHED);
}

#[tokio::test]
async fn whatever_type_a_body_is_said_to_be_it_is_json() {
    let site = Site::echo(patient()).await;
    let visitor = site.open().await;
    for content_type in [
        "text/plain;charset=UTF-8",
        "text/plain",
        "T",
        "application/json",
        "application/json;charset=utf-8",
        "application/xml",
        "text/xml",
        "text/xml; charset=utf-8",
        "",
    ] {
        let headers = [("content-type", content_type)];
        let answer = visitor
            .ask(Method::POST, "xhr_send", &headers, r#"["x"]"#)
            .await;
        assert_eq!(answer.status, 204, "{content_type}");
        assert_eq!(visitor.poll().await, "a[\"x\"]\n", "{content_type}");
    }
}

#[tokio::test]
async fn an_empty_array_is_taken_and_delivers_nothing() {
    let site = Site::echo(patient()).await;
    let visitor = site.open().await;
    visitor.send("[]").await;
    visitor.send(r#"["x"]"#).await;
    assert_eq!(visitor.poll().await, "a[\"x\"]\n");
}

#[tokio::test]
async fn a_body_without_messages_is_refused_in_the_words_of_the_reference() {
    let site = Site::echo(patient()).await;
    let visitor = site.open().await;
    for (body, sentence) in [
        ("", "Payload expected."),
        ("null", "Payload expected."),
        ("5", "Payload expected."),
        ("\"x\"", "Payload expected."),
        ("{\"a\":1}", "Payload expected."),
        ("x", "Broken JSON encoding."),
        ("[\"x", "Broken JSON encoding."),
        ("[\"x\"", "Broken JSON encoding."),
    ] {
        let answer = visitor.post("xhr_send", body).await;
        assert_eq!(answer.status, 500, "{body}");
        assert_eq!(answer.text(), sentence, "{body}");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
    }
    visitor.send(r#"["still here"]"#).await;
    assert_eq!(visitor.poll().await, "a[\"still here\"]\n");
}

#[tokio::test]
async fn sending_to_nobody_is_not_found_and_opens_nothing() {
    let mut site = Site::accepting(patient()).await;
    for transport in ["xhr_send", "jsonp_send"] {
        let answer = site.visitor().post(transport, r#"["x"]"#).await;
        assert_eq!(answer.status, 404, "{transport}");
    }
    assert!(!site.server.has_begun_another());
}

#[tokio::test]
async fn who_stays_away_is_forgotten() {
    let mut site = Site::accepting(hasty()).await;
    let visitor = site.open().await;
    let near = site.server.accept().await;
    let end = end_of(near).await;
    assert_eq!(end.code, throughline::Code::EXPIRED);
    assert_eq!(visitor.post("xhr_send", r#"["x"]"#).await.status, 404);
    assert_eq!(visitor.poll().await, "o\n");
}

#[tokio::test]
async fn messages_of_one_body_arrive_one_by_one_in_order() {
    let mut site = Site::accepting(patient()).await;
    let visitor = site.open().await;
    let mut near = site.server.accept().await;
    visitor.send(r#"["a","b"]"#).await;
    visitor.send(r#"["c"]"#).await;
    for text in ["a", "b", "c"] {
        assert_eq!(near.text().await, text);
    }
}
