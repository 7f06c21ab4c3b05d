//! Requests that browsers send again when their connection broke, and those that only look like it.

use crate::client::{Site, Visitor, heartbeat};
use crate::connection::Connection;
use crate::patient;
use http::Method;
use std::time::Duration;
use throughline_tests::http::Answer;
use throughline_tests::wait::until;

/// A repetition is one at once, and after this.
const LATER: Duration = Duration::from_millis(150);
/// Where pages come from.
const PAGE: &str = "https://page.example";

/// What a page sends.
async fn page(visitor: &Visitor, transport: &str, body: &str) -> Answer {
    let headers = [("origin", PAGE)];
    visitor.ask(Method::POST, transport, &headers, body).await
}

/// A page's poll that nobody has read yet.
async fn park(visitor: &Visitor, transport: &str) -> Connection {
    let mut connection = Connection::open(&visitor.target).await;
    let origin = format!("Origin: {PAGE}\r\n");
    let path = visitor.path(transport);
    connection.ask("POST", &path, &origin, "").await;
    connection
}

#[tokio::test]
async fn a_poll_that_is_sent_again_gets_its_answer_again() {
    let site = Site::echo(patient()).await;
    let visitor = site.visitor();
    assert_eq!(
        page(&visitor, "xhr?t=1700000000000", "").await.text(),
        "o\n"
    );
    visitor.send("[\"x\"]").await;
    let answer = || page(&visitor, "xhr?t=1700000000001", "");
    assert_eq!(answer().await.text(), "a[\"x\"]\n");
    assert_eq!(answer().await.text(), "a[\"x\"]\n", "at once");
    heartbeat(LATER).await;
    assert_eq!(answer().await.text(), "a[\"x\"]\n");
    visitor.send("[\"y\"]").await;
    let next = page(&visitor, "xhr?t=1700000000002", "").await;
    assert_eq!(next.text(), "a[\"y\"]\n");
}

#[tokio::test]
async fn what_is_sent_again_is_taken_once() {
    let mut site = Site::accepting(patient()).await;
    let visitor = site.open().await;
    let mut near = site.server.accept().await;
    for later in [false, true] {
        if later {
            heartbeat(LATER).await;
        }
        let answer = page(&visitor, "xhr_send?t=1700000000001", "[\"once\"]").await;
        assert_eq!(answer.status, 204);
    }
    page(&visitor, "xhr_send?t=1700000000002", "[\"next\"]").await;
    assert_eq!(near.text().await, "once");
    assert_eq!(near.text().await, "next");
}

#[tokio::test]
async fn a_stamped_poll_that_is_lost_may_come_again() {
    let mut site = Site::accepting(patient()).await;
    let visitor = site.open().await;
    let near = site.server.accept().await;
    let parked = park(&visitor, "xhr?t=1700000000001").await;
    until("the poll waits", || near.is_writable()).await;
    drop(parked);
    until("the loss is noticed", || !near.is_writable()).await;
    let mut again = park(&visitor, "xhr?t=1700000000001").await;
    near.send("x").await.expect("it is open");
    assert_eq!(again.head().await.status, 200);
    assert_eq!(again.take(7).await, b"a[\"x\"]\n");
}

/// A page may use one function for all of its polls, or put a parameter of its own into its URL: neither says that a
/// request is sent again.
#[tokio::test]
async fn what_is_the_same_in_all_requests_of_a_client_is_no_stamp() {
    for (method, transport) in [
        (Method::GET, "jsonp?c=callback"),
        (Method::GET, "jsonp?c=_jp.mine"),
        (Method::POST, "xhr?t=token"),
        (Method::POST, "xhr?t=1"),
    ] {
        let site = Site::echo(patient()).await;
        let visitor = site.visitor();
        let poll = || visitor.ask(method.clone(), transport, &[("origin", PAGE)], "");
        assert!(poll().await.text().contains('o'));
        for text in ["one", "two"] {
            heartbeat(LATER).await;
            visitor.send(&format!("[\"{text}\"]")).await;
            let said = poll().await.text();
            let is_only = said.contains(text) && said.matches(',').count() == 0;
            assert!(is_only && !said.contains("\"o\""), "{transport}: {said}");
        }
    }
}

#[tokio::test]
async fn what_is_sent_with_a_parameter_of_the_page_is_taken_each_time() {
    for transport in ["xhr_send?t=token", "jsonp_send?i=mine"] {
        let mut site = Site::accepting(patient()).await;
        let visitor = site.open().await;
        let mut near = site.server.accept().await;
        for _ in 0..2 {
            page(&visitor, transport, "[\"ping\"]").await;
            assert_eq!(near.text().await, "ping", "{transport}");
            heartbeat(LATER).await;
        }
        visitor.send("[\"last\"]").await;
        assert_eq!(near.text().await, "last", "{transport}");
    }
}
