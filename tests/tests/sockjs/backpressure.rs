//! An application that takes nothing, and a client that takes nothing: only they are held up.

use crate::client::Site;
use crate::patient;
use throughline::{SendError, SockJs};
use throughline_tests::wait::{soon, until};

/// More than a session holds of what its client sends.
const LARGE: usize = 900_000;

fn body(letter: &str) -> String {
    format!("[\"{}\"]", letter.repeat(LARGE))
}

#[tokio::test]
async fn a_post_is_held_while_the_application_takes_nothing() {
    let mut site = Site::accepting(patient()).await;
    let visitor = site.open().await;
    let mut near = site.server.accept().await;
    visitor.send(&body("a")).await;
    let held = tokio::spawn({
        let visitor = visitor.clone();
        async move { visitor.send(&body("b")).await }
    });
    // Others are served meanwhile, also in the same session.
    near.send("down").await.expect("it is open");
    assert_eq!(visitor.poll().await, "a[\"down\"]\n");
    let other = site.open().await;
    let mut other_near = site.server.accept().await;
    other.send("[\"x\"]").await;
    assert_eq!(other_near.text().await, "x");
    assert!(!held.is_finished());
    assert_eq!(near.text().await.len(), LARGE);
    soon("the answer", held).await.expect("it is taken");
    assert_eq!(near.text().await, "b".repeat(LARGE));
}

#[tokio::test]
async fn no_more_than_a_few_posts_wait() {
    let mut site = Site::accepting(patient()).await;
    let visitor = site.open().await;
    let near = site.server.accept().await;
    visitor.send(&body("a")).await;
    let mut held = Vec::new();
    for letter in ["b", "c", "d", "e", "f", "g", "h", "i"] {
        let visitor = visitor.clone();
        held.push(tokio::spawn(async move {
            visitor
                .post("xhr_send", &body(letter))
                .await
                .status
                .as_u16()
        }));
    }
    until("the refusals", || {
        held.iter().filter(|post| post.is_finished()).count() == 4
    })
    .await;
    // Whoever waited is answered when the session ends, in whichever way.
    drop(near);
    let mut statuses = Vec::new();
    for post in held {
        statuses.push(soon("an answer", post).await.expect("it is answered"));
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 204, 204, 204, 503, 503, 503, 503]);
}

#[tokio::test]
async fn a_post_that_is_held_is_not_found_when_its_client_is_gone() {
    let mut site = Site::accepting(SockJs {
        disconnect_delay: std::time::Duration::from_millis(500),
        ..patient()
    })
    .await;
    let visitor = site.open().await;
    let _near = site.server.accept().await;
    visitor.send(&body("a")).await;
    let answer = visitor.post("xhr_send", &body("b")).await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn a_websocket_is_not_read_while_the_application_takes_nothing() {
    let mut site = Site::accepting(patient()).await;
    let ws = site.visitor().websocket().await;
    let mut near = site.server.accept().await;
    let (mut up, mut down) = ws.split();
    let sending = tokio::spawn(async move {
        for _ in 0..30 {
            up.send(body("a")).await;
        }
        up
    });
    near.send("down").await.expect("it is open");
    assert_eq!(down.text().await, "a[\"down\"]");
    assert!(!sending.is_finished());
    for _ in 0..30 {
        assert_eq!(near.text().await.len(), LARGE);
    }
    soon("the last message", sending)
        .await
        .expect("it was sent");
}

/// The application learns by its own full log that nobody polls.
#[tokio::test]
async fn what_nobody_polls_for_is_bounded() {
    let mut site = Site::accepting(patient()).await;
    let visitor = site.open().await;
    let near = site.server.accept().await;
    let mut sent = 0;
    while near.try_send("x".repeat(60_000)).is_ok() {
        sent += 1;
    }
    assert_eq!(near.try_send("x".repeat(60_000)), Err(SendError::Full));
    let mut polled = 0;
    while polled < sent {
        polled += visitor.poll().await.matches("\"x").count();
    }
    assert_eq!(polled, sent);
}
