//! `throughline::serve`: what a nested service cannot do.

use crate::greet;
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use std::convert::Infallible;
use std::time::Duration;
use throughline::{Code, Throughline};
use throughline_core::session::Transport;
use throughline_core::wire::native::Response;
use throughline_tests::byhand::{Poller, code};
use throughline_tests::client::Client;
use throughline_tests::raw::{self, Raw};
use throughline_tests::server::echo;
use throughline_tests::target::Target;
use throughline_tests::wait::soon;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval};

struct Serving {
    target: Target,
    node: Throughline,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

async fn serve(mount: &str) -> Serving {
    let node = Throughline::builder()
        .on_session(echo)
        .build()
        .expect("the node can be built");
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = listener
        .local_addr()
        .expect("a bound listener has an address");
    let (stop, stopped) = oneshot::channel();
    let app = match mount {
        "" => Router::new().fallback_service(node.clone()),
        mount => Router::new().nest_service(mount, node.clone()),
    };
    let serving = throughline::serve(listener, app)
        .header_deadline(Duration::from_millis(300))
        .until(async { drop(stopped.await) })
        .drain(node.clone());
    Serving {
        target: Target::new(address, mount),
        node,
        stop,
        server: tokio::spawn(serving.into_future()),
    }
}

const TRANSPORTS: [Transport; 3] = [
    Transport::WebSocket,
    Transport::LongPoll,
    Transport::Periodic,
];

async fn echoes(client: &Client, text: &str) {
    client
        .send(text.to_owned())
        .await
        .expect("the session is open");
    assert_eq!(client.text().await, text);
}

#[tokio::test]
async fn every_transport_works_nested_and_at_the_root() {
    for mount in ["", "/realtime"] {
        let serving = serve(mount).await;
        for on in TRANSPORTS {
            echoes(&Client::connect(&serving.target, on).await, "hello").await;
        }
    }
}

#[tokio::test]
async fn headers_that_do_not_come_meet_a_deadline_and_sessions_go_on() {
    let serving = serve("/realtime").await;
    let mut clients = Vec::new();
    for on in TRANSPORTS {
        clients.push(Client::connect(&serving.target, on).await);
    }
    for start in ["", "POST /realtime/poll HTTP/1.1\r\nHost: he"] {
        let mut raw = Raw::connect(&serving.target).await;
        raw.write(start).await;
        raw.closed().await;
    }
    for client in &clients {
        echoes(client, "still here").await;
    }
}

#[tokio::test]
async fn stopping_drains_every_session_and_then_returns() {
    let serving = serve("/realtime").await;
    let mut clients = Vec::new();
    for on in TRANSPORTS {
        let client = Client::connect(&serving.target, on).await;
        echoes(&client, "before it").await;
        clients.push(client);
    }
    serving.stop.send(()).expect("the server runs");
    for client in &clients {
        let end = client.ended().await;
        assert_eq!(end.code, Code::SHUTDOWN);
        assert!(end.retry_after.is_some());
    }
    let served = soon("the end of the server", serving.server).await;
    served.expect("it did not panic").expect("it did not fail");
    drop(serving.node);
    assert!(
        serving.target.dial().await.is_err(),
        "nobody listens any more"
    );
}

/// A client between two polls holds no connection that could tell it; the server stays until it asks.
#[tokio::test]
async fn stopping_waits_for_a_client_that_polls_now_and_then() {
    let serving = serve("/realtime").await;
    let poller = Poller::attach(&serving.target).await;
    serving.stop.send(()).expect("the server runs");
    let draining =
        async { while !matches!(greet(&serving.target, &[]).await, Response::Refuse(_)) {} };
    soon("the beginning of the shutdown", draining).await;
    let told = poller.ask(poller.head(), Vec::new()).await;
    assert_eq!(code(&told), Code::SHUTDOWN);
    let served = soon("the end of the server", serving.server).await;
    served.expect("it did not panic").expect("it did not fail");
}

/// Endless answers to whoever asks.
async fn endless(write_deadline: Duration) -> TcpStream {
    let zeros = || Ok::<_, Infallible>(Bytes::from_static(&[0; 16 * 1024]));
    let app = Router::new()
        .fallback(move || async move { Body::from_stream(stream::repeat_with(zeros)) });
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let serving = throughline::serve(listener, app).write_deadline(write_deadline);
    tokio::spawn(serving.into_future());
    let mut client = TcpStream::connect(address).await.expect("it listens");
    let asked = client.write_all(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n");
    asked.await.expect("it reads");
    client
}

#[tokio::test]
async fn a_client_that_reads_slowly_is_served_until_it_reads_nothing() {
    let deadline = Duration::from_secs(1);
    let mut client = endless(deadline).await;
    let start = Instant::now();
    let mut buffer = vec![0; 64 * 1024];
    let mut pace = interval(Duration::from_millis(5));
    while start.elapsed() < deadline * 3 {
        pace.tick().await;
        let read = soon("more bytes", client.read_exact(&mut buffer)).await;
        read.expect("the connection lives");
    }
    raw::cut(&client).await;
}
