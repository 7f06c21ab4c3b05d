//! Backpressure: whoever does not take stops the other side from sending, and nothing else.

use crate::on_each_transport;
use throughline::{Limits, Message, SendError};
use throughline_core::message::OVERHEAD;
use throughline_core::session::Transport;
use throughline_tests::byhand::{item, text};
use throughline_tests::client::{Client, Plan};
use throughline_tests::server::Server;
use throughline_tests::socket::Socket;
use throughline_tests::wait::soon;

on_each_transport![
    a_handler_that_does_not_read_stops_the_client,
    a_client_that_does_not_take_stops_the_handler,
    two_echoing_ends_with_small_windows_never_lock_up,
];

const BODY: usize = 1000;
/// Room for ten messages.
const WINDOW: usize = 10 * (BODY + OVERHEAD);

fn small() -> Limits {
    Limits {
        message: BODY,
        window: WINDOW,
        log: WINDOW,
        ..Limits::default()
    }
}

fn body() -> Message {
    "x".repeat(BODY).into()
}

// spec: FLW-1, FLW-2
async fn a_handler_that_does_not_read_stops_the_client(on: Transport) {
    let mut server = Server::start(|builder| builder.limits(small())).await;
    let client = Client::connect(&server.target, on).await;
    let mut near = server.accept().await;
    for number in 1..=10 {
        assert_eq!(client.try_send(body()), Ok(number));
    }
    assert_eq!(
        client.try_send(body()),
        Err(throughline_client::SendError::Full)
    );

    // The other direction is not held up by it.
    near.send("still here").await.expect("the session is open");
    assert_eq!(client.text().await, "still here");

    assert_eq!(near.text().await.len(), BODY);
    assert_eq!(soon("room for one more", client.send(body())).await, Ok(11));
    for _ in 2..=11 {
        assert_eq!(near.text().await.len(), BODY);
    }
}

// spec: FLW-1, FLW-2
async fn a_client_that_does_not_take_stops_the_handler(on: Transport) {
    let mut server = Server::start(|builder| {
        builder.limits(Limits {
            message: BODY,
            ..Limits::default()
        })
    })
    .await;
    // The client grants less than the server would.
    let plan = Plan::default().window(WINDOW as u64);
    let client = Client::try_connect(&server.target, on, plan)
        .await
        .expect("a session");
    let mut near = server.accept().await;
    for number in 1..=10 {
        assert_eq!(near.try_send(body()), Ok(number));
    }
    assert_eq!(near.try_send(body()), Err(SendError::Full));
    client.received(10).await;
    assert_eq!(
        near.try_send(body()),
        Err(SendError::Full),
        "received is not taken"
    );

    client
        .send("still here")
        .await
        .expect("the session is open");
    assert_eq!(near.text().await, "still here");

    assert_eq!(client.text().await.len(), BODY);
    assert_eq!(soon("room for one more", near.send(body())).await, Ok(11));
    for _ in 2..=11 {
        assert_eq!(client.text().await.len(), BODY);
    }
}

// spec: FLW-3
async fn two_echoing_ends_with_small_windows_never_lock_up(on: Transport) {
    let server = Server::echo(|builder| builder.limits(small())).await;
    let plan = Plan::default().window(WINDOW as u64);
    let client = Client::try_connect(&server.target, on, plan)
        .await
        .expect("a session");
    for _ in 0..10 {
        client.send(body()).await.expect("the session is open");
    }
    for _ in 0..200 {
        let message = soon("an echo", client.recv())
            .await
            .expect("the session goes on");
        client.send(message).await.expect("the session is open");
    }
}

// spec: FLW-3
#[tokio::test]
async fn a_client_that_exceeds_the_window_is_aborted() {
    let mut server = Server::start(|builder| builder.limits(small())).await;
    let mut socket = Socket::open(&server.target).await;
    socket.attach().await;
    let near = server.accept().await;
    for seq in 1..=11 {
        socket.send(&text(seq, &"x".repeat(BODY))).await;
    }
    assert_eq!(
        socket.aborted().await.code,
        throughline::Code::WINDOW_EXCEEDED
    );
    assert_eq!(near.ended().await.code, throughline::Code::WINDOW_EXCEEDED);
}

// spec: FLW-4
#[tokio::test]
async fn a_client_that_sends_a_longer_message_is_aborted_on_a_websocket() {
    let mut server = Server::start(|builder| builder.limits(small())).await;
    let mut socket = Socket::open(&server.target).await;
    socket.attach().await;
    let near = server.accept().await;
    socket
        .send(&text(1, &"x".repeat(small().message + 1)))
        .await;
    let abort = socket.aborted().await;
    assert_eq!(abort.code, throughline::Code::MESSAGE_TOO_LARGE);
    let end = near.ended().await;
    assert_eq!(end.code, throughline::Code::MESSAGE_TOO_LARGE);
}

// spec: FLW-4, ABT-2
#[tokio::test]
async fn a_message_that_nobody_reads_to_its_end_aborts_the_session() {
    // The least that is too long, and what the WebSocket library would never read.
    for excess in [1, 100_000] {
        let mut server = Server::start(|builder| builder).await;
        let mut socket = Socket::open(&server.target).await;
        let credentials = socket.attach().await;
        let near = server.accept().await;
        let too_long = "x".repeat(Limits::default().message + excess);
        socket.send(&text(1, &too_long)).await;
        let end = near.ended().await;
        assert_eq!(end.code, throughline::Code::MESSAGE_TOO_LARGE);
        // The rest of the message is never read, so the connection is reset, and a proxy may drop the
        // abort with it. Who comes back is told again.
        socket.gone().await;
        let http = throughline_tests::http::Http::new(&server.target);
        let told = throughline_tests::byhand::greet(&http, credentials.hello()).await;
        let code = throughline_tests::byhand::code(&told);
        assert_eq!(code, throughline::Code::MESSAGE_TOO_LARGE);
    }
}

// spec: FLW-4, POL-6
#[tokio::test]
async fn a_batch_with_a_longer_message_is_not_applied_in_part() {
    let mut server = Server::start(|builder| builder.limits(small())).await;
    let poller = throughline_tests::byhand::Poller::attach(&server.target).await;
    let mut near = server.accept().await;
    let items = vec![item("fits"), item(&"x".repeat(BODY + 1))];
    let response = poller.ask(poller.head(), items).await;
    assert_eq!(
        throughline_tests::byhand::code(&response),
        throughline::Code::MESSAGE_TOO_LARGE
    );
    assert_eq!(
        near.ended().await.code,
        throughline::Code::MESSAGE_TOO_LARGE
    );
    assert_eq!(near.recv().await, None);
}
