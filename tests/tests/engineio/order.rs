//! Order: thousands of messages come out as they went in, in a server with several threads.

use crate::with;
use throughline::EngineIo;
use throughline_tests::engineio::{Poller, SEPARATOR, Ws};
use throughline_tests::server::Server;
use tokio_tungstenite::tungstenite::Message;

const MESSAGES: usize = 5_000;
/// As many go in one body.
const BATCH: usize = 50;

async fn server() -> Server {
    with(EngineIo::default()).await
}

fn packets(from: usize, count: usize) -> Vec<String> {
    (from..from + count)
        .map(|number| format!("4{number}"))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn over_a_websocket() {
    let server = server().await;
    let (ws, _) = Ws::open(&server.target).await;
    let (mut sending, mut hearing) = ws.split();
    let sent = tokio::spawn(async move {
        for packet in packets(0, MESSAGES) {
            sending.send(packet).await;
        }
        sending
    });
    for packet in packets(0, MESSAGES) {
        assert_eq!(hearing.message().await, Message::text(packet));
    }
    sent.await.expect("it ran");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn over_polling() {
    let server = server().await;
    let poller = Poller::open(&server.target).await;
    let posting = tokio::spawn({
        let poller = poller.clone();
        async move {
            for from in (0..MESSAGES).step_by(BATCH) {
                let body = packets(from, BATCH).join(&SEPARATOR.to_string());
                poller.send(body).await;
            }
        }
    });
    let mut echoed = Vec::new();
    while echoed.len() < MESSAGES {
        echoed.extend(poller.packets().await);
    }
    posting.await.expect("it ran");
    assert_eq!(echoed, packets(0, MESSAGES));
}
