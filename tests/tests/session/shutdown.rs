//! A node goes away: what was sent arrives, and every client is told when to come back.

use crate::on_each_transport;
use std::collections::BTreeSet;
use std::time::Duration;
use throughline::{Code, Config};
use throughline_core::session::Transport;
use throughline_tests::byhand::{code, greet, hello};
use throughline_tests::client::Client;
use throughline_tests::http::Http;
use throughline_tests::server::Server;
use throughline_tests::wait::soon;

on_each_transport![
    a_shutdown_flushes_and_ends_with_a_code_of_the_retry_band,
    a_shutdown_does_not_wait_for_a_client_that_is_gone,
];

const SPREAD: Duration = Duration::from_secs(5);

fn config() -> Config {
    Config {
        retry_after: SPREAD,
        drain: Duration::from_millis(500),
        ..Config::default()
    }
}

async fn a_shutdown_flushes_and_ends_with_a_code_of_the_retry_band(on: Transport) {
    let mut server = Server::start(|builder| {
        builder.config(Config {
            drain: Duration::from_secs(10),
            ..config()
        })
    })
    .await;
    let client = Client::connect(&server.target, on).await;
    let mut near = server.accept().await;
    for number in 0..100 {
        near.send(number.to_string())
            .await
            .expect("the session is open");
    }
    let receiving = async {
        for number in 0..100 {
            assert_eq!(client.text().await, number.to_string());
        }
        client.ended().await
    };
    let (end, ()) = tokio::join!(receiving, soon("the shutdown", server.node.shutdown()));
    assert_eq!(end.code, Code::SHUTDOWN);
    assert!(
        end.retry_after.is_some_and(|ms| ms <= 5000),
        "{:?}",
        end.retry_after
    );
    let end = near.ended().await;
    assert_eq!(end.code, Code::SHUTDOWN);
    assert!(end.undelivered.is_empty());
    assert!(near.recv().await.is_none());
}

async fn a_shutdown_does_not_wait_for_a_client_that_is_gone(on: Transport) {
    let mut server = Server::start(|builder| builder.config(config())).await;
    let client = Client::connect(&server.target, on).await;
    let near = server.accept().await;
    client.vanish();
    near.send("never delivered")
        .await
        .expect("the session is open");
    soon("the shutdown", server.node.shutdown()).await;
    let end = near.ended().await;
    assert_eq!((end.code, end.undelivered.len()), (Code::SHUTDOWN, 1));
}

#[tokio::test]
async fn a_node_that_shuts_down_spreads_its_clients_and_takes_no_more() {
    let mut server = Server::start(|builder| builder.config(config())).await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(Client::connect(&server.target, Transport::WebSocket).await);
        clients.push(Client::connect(&server.target, Transport::LongPoll).await);
    }
    let mut sessions = Vec::new();
    for _ in &clients {
        sessions.push(server.accept().await);
    }
    soon("the shutdown", server.node.shutdown()).await;
    let mut delays = BTreeSet::new();
    for client in &clients {
        let end = client.ended().await;
        assert_eq!(end.code, Code::SHUTDOWN);
        delays.insert(end.retry_after.expect("the code is of the retry band"));
    }
    assert!(delays.len() > 20, "they would all come at once: {delays:?}");
    assert!(
        delays.iter().all(|ms| Duration::from_millis(*ms) <= SPREAD),
        "{delays:?}"
    );
    let spread = delays
        .last()
        .zip(delays.first())
        .map(|(last, first)| last - first);
    assert!(spread.is_some_and(|ms| ms > 2000), "{delays:?}");
    let response = greet(&Http::new(&server.target), hello()).await;
    assert_eq!(code(&response), Code::SHUTDOWN);
}
