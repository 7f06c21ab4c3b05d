//! Requests that a proxy sends twice: executed once, as far as the client's stamps tell them apart.

use crate::accepting;
use throughline_tests::engineio::Poller;
use throughline_tests::server::{Near, Server};

async fn opened() -> (Server, Poller, Near) {
    let mut server = accepting().await;
    let poller = Poller::open(&server.target).await;
    let near = server.accept().await;
    (server, poller, near)
}

#[tokio::test]
async fn a_post_is_executed_once_and_answered_each_time() {
    let (_server, poller, mut near) = opened().await;
    for _ in 0..3 {
        let answer = poller.post_stamped("one", "4a\u{1e}4b").await;
        assert_eq!((answer.status.as_u16(), &*answer.text()), (200, "ok"));
    }
    poller.post_stamped("two", "4c").await;
    for text in ["a", "b", "c"] {
        assert_eq!(near.text().await, text);
    }
}

#[tokio::test]
async fn posts_that_overlap_with_their_repetition_are_one() {
    let (_server, poller, mut near) = opened().await;
    let body = format!("4{}", "x".repeat(700_000));
    let once = poller.post_stamped("one", body.clone());
    let again = poller.post_stamped("one", body);
    let (once, again) = tokio::join!(once, again);
    assert_eq!((once.status.as_u16(), again.status.as_u16()), (200, 200));
    poller.post_stamped("two", "4end").await;
    assert_eq!(near.text().await.len(), 700_000);
    assert_eq!(near.text().await, "end");
}

#[tokio::test]
async fn the_same_stamp_on_another_body_is_another_post() {
    let (_server, poller, mut near) = opened().await;
    poller.post_stamped("one", "4a").await;
    poller.post_stamped("one", "4b").await;
    assert_eq!(near.text().await, "a");
    assert_eq!(near.text().await, "b");
}

#[tokio::test]
async fn posts_without_a_stamp_are_taken_as_they_come() {
    let (_server, poller, mut near) = opened().await;
    poller.send("4a").await;
    poller.send("4a").await;
    assert_eq!(near.text().await, "a");
    assert_eq!(near.text().await, "a");
}

#[tokio::test]
async fn a_get_that_is_sent_twice_is_answered_twice() {
    let (_server, poller, near) = opened().await;
    let get = |stamp: &'static str| {
        let poller = poller.clone();
        tokio::spawn(async move { poller.get_stamped(stamp).await.text() })
    };
    let (once, again) = (get("one"), get("one"));
    near.send("hello").await.expect("the session is open");
    assert_eq!(once.await.expect("it ran"), "4hello");
    assert_eq!(again.await.expect("it ran"), "4hello");
}

#[tokio::test]
async fn a_get_whose_answer_was_lost_gets_it_again() {
    let (_server, poller, near) = opened().await;
    near.send("hello").await.expect("the session is open");
    for _ in 0..3 {
        assert_eq!(poller.get_stamped("one").await.text(), "4hello");
    }
    near.send("more").await.expect("the session is open");
    assert_eq!(poller.get_stamped("two").await.text(), "4more");
}

#[tokio::test]
async fn a_get_that_comes_late_takes_nothing_away() {
    let (_server, poller, near) = opened().await;
    for (stamp, text) in [("one", "a"), ("two", "b")] {
        near.send(text).await.expect("the session is open");
        assert_eq!(poller.get_stamped(stamp).await.text(), format!("4{text}"));
    }
    near.send("c").await.expect("the session is open");
    assert_eq!(poller.get_stamped("one").await.text(), "6");
    assert_eq!(poller.get_stamped("three").await.text(), "4c");
}
