//! An application that takes nothing, and a client that takes nothing: only they are held up.

use crate::client::Site;
use crate::connection::Connection;
use crate::{hasty, patient};
use std::sync::Arc;
use std::time::Duration;
use throughline::{Code, SendError, SockJs};
use throughline_tests::server::Near;
use throughline_tests::target::Target;
use throughline_tests::wait::{soon, until};
use tokio::net::TcpSocket;

/// More than a session holds of what its client sends.
const LARGE: usize = 900_000;

fn body(letter: &str) -> String {
    format!("[\"{}\"]", letter.repeat(LARGE))
}

/// A client whose connection has room for little, and who reads nothing.
pub(crate) async fn unread(target: &Target, path: &str) -> Connection {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small one");
    let stream = socket.connect(target.address).await;
    let mut connection = Connection::over(stream.expect("it listens"), target);
    connection.ask("POST", path, "", "").await;
    connection
}

/// More than any system keeps for a connection.
pub(crate) async fn flood(near: &Near) {
    let text = "\0".repeat(900_000);
    while near.is_writable() && near.try_send(text.clone()).is_ok() {
        tokio::task::yield_now().await;
    }
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
        disconnect_delay: Duration::from_millis(500),
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

/// Settings under which all that waits leaves at once, and a client is soon missed.
fn unbounded() -> SockJs {
    SockJs {
        heartbeat_delay: Duration::from_millis(100),
        response_limit: usize::MAX,
        ..hasty()
    }
}

/// Served by axum alone, its connection would be there for as long as its client likes.
#[tokio::test]
async fn a_stream_that_takes_nothing_is_gone_and_then_what_it_held_is_freed() {
    let mut site = Site::cutting(unbounded(), Duration::from_secs(1)).await;
    let visitor = site.visitor();
    let unread = unread(&site.target, &visitor.path("xhr_streaming")).await;
    let near = site.server.accept().await;
    flood(&near).await;
    let end = crate::end_of(near).await;
    assert_eq!(end.code, Code::EXPIRED);
    assert!(!end.undelivered.is_empty());
    assert_eq!(visitor.post("xhr_send", "[]").await.status, 404);
    unread.cut().await;
    until("nobody else holds it", || Arc::strong_count(&end) == 1).await;
}

#[tokio::test]
async fn a_poll_whose_answer_nobody_reads_is_cut() {
    let mut site = Site::cutting(unbounded(), Duration::from_millis(300)).await;
    let visitor = site.open().await;
    let near = site.server.accept().await;
    while near.try_send("\0".repeat(LARGE)).is_ok() {}
    let unread = unread(&site.target, &visitor.path("xhr")).await;
    unread.cut().await;
    assert_eq!(crate::end_of(near).await.code, Code::EXPIRED);
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
