//! A client that stops reading, so that nothing can be written to it any more.

mod common;

use common::{Server, Ws};
use std::time::Duration;
use throughline::{Message, Session, Throughline};

/// A client that has begun and reads nothing, while its connection in memory is full.
async fn stalled() -> (Server, Ws) {
    let server = Server::new(
        Throughline::builder().on_session(|session: Session| async move {
            while session.send(Message::binary(vec![0; 8_000])).await.is_ok() {}
        }),
    );
    let (ws, _) = server.open().await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    (server, ws)
}

// spec: LIV-2
#[tokio::test(start_paused = true)]
async fn a_silent_link_that_cannot_be_written_to_is_dropped() {
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let (_server, _ws) = stalled().await;
    let before = tasks();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(tasks(), before - 1, "the connection's task has ended");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_does_not_wait_for_a_client_that_reads_nothing() {
    let (server, _ws) = stalled().await;
    let shutdown = server.realtime.shutdown();
    let ended = tokio::time::timeout(Duration::from_secs(60), shutdown).await;
    assert!(ended.is_ok(), "the shutdown waits for ever");
}
