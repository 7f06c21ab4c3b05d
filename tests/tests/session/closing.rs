//! The end is always explicit, the same on every transport, and says what became of each message.

use crate::on_each_transport;
use throughline::{Code, Fate, Session, Throughline};
use throughline_client as client;
use throughline_core::session::Transport;
use throughline_tests::client::Client;
use throughline_tests::server::{Server, echo};
use throughline_tests::wait::soon;

on_each_transport![
    the_client_closes_with_any_code_of_an_application,
    the_server_closes_with_any_code_of_an_application,
    both_close_at_once,
    a_handler_that_returns_flushes_and_closes_with_1000,
    the_last_handle_that_is_dropped_flushes_and_closes_with_1000,
    a_handler_that_panics_ends_its_own_session_only,
    the_server_lists_what_was_not_delivered,
    the_client_learns_what_was_not_taken,
    the_client_aborts,
    nothing_can_be_sent_after_the_end,
];

const CODES: [(u16, &str); 4] = [(1000, ""), (3000, "enough"), (4000, "é€𝄞"), (4499, LONGEST)];

/// 123 bytes.
const LONGEST: &str = "a reason may be as long as that of a WebSocket's close frame, which is one hundred \
                       and twenty-three bytes of UTF-8 ........";

// spec: CLS-2, CLS-4
async fn the_client_closes_with_any_code_of_an_application(on: Transport) {
    for (code, reason) in CODES {
        let mut server = Server::start(|builder| builder).await;
        let client = Client::connect(&server.target, on).await;
        let mut near = server.accept().await;
        client
            .send("last words")
            .await
            .expect("the session is open");
        client.close(code, reason);

        assert_eq!(near.text().await, "last words");
        assert!(soon("the end of the input", near.recv()).await.is_none());
        let close = near.peer_close().expect("the client closed");
        assert_eq!((close.code.value(), close.reason.as_str()), (code, reason));
        let end = near.ended().await;
        assert_eq!(
            (end.code.value(), end.reason.as_str(), end.clean),
            (code, reason, true)
        );
        let end = client.ended().await;
        assert_eq!(
            (end.code.value(), end.reason.as_str(), end.clean),
            (code, reason, true)
        );
        assert!(end.fates.is_empty(), "{:?}", end.fates);
    }
}

// spec: CLS-3, CLS-4
async fn the_server_closes_with_any_code_of_an_application(on: Transport) {
    for (code, reason) in CODES {
        let mut server = Server::start(|builder| builder).await;
        let client = Client::connect(&server.target, on).await;
        let near = server.accept().await;
        near.send("last words").await.expect("the session is open");
        let application = Code::application(code).expect("a code of an application");
        near.close(application, reason)
            .expect("the reason is short enough");

        assert_eq!(client.text().await, "last words");
        assert!(soon("the end", client.recv()).await.is_none());
        let end = client.ended().await;
        assert_eq!(
            (end.code.value(), end.reason.as_str(), end.clean),
            (code, reason, true)
        );
        let end = near.ended().await;
        assert_eq!(
            (end.code.value(), end.reason.as_str(), end.clean),
            (code, reason, true)
        );
        assert!(end.undelivered.is_empty());
    }
}

async fn both_close_at_once(on: Transport) {
    let mut server = Server::start(|builder| builder).await;
    let client = Client::connect(&server.target, on).await;
    let near = server.accept().await;
    let ours = Code::application(3001).expect("a code of an application");
    client.close(3002, "client");
    near.close(ours, "server")
        .expect("the reason is short enough");
    // The server's close is the end of the session.
    assert_eq!(client.ended().await.code, ours);
    assert_eq!(near.ended().await.code, ours);
}

async fn a_handler_that_returns_flushes_and_closes_with_1000(on: Transport) {
    let builder = Throughline::builder().on_session(|session: Session| async move {
        for number in 0..100 {
            session
                .send(number.to_string())
                .await
                .expect("the session is open");
        }
    });
    let server = Server::with(builder).await;
    let client = Client::connect(&server.target, on).await;
    for number in 0..100 {
        assert_eq!(client.text().await, number.to_string());
    }
    let end = client.ended().await;
    assert_eq!((end.code, end.clean), (Code::NORMAL, true));
}

async fn the_last_handle_that_is_dropped_flushes_and_closes_with_1000(on: Transport) {
    let mut server = Server::start(|builder| builder).await;
    let client = Client::connect(&server.target, on).await;
    let (session, _handler) = server.accept().await.into_parts();
    let (sender, receiver) = session.split();
    let other = sender.clone();
    sender.send("one").await.expect("the session is open");
    drop((sender, receiver));
    other.send("two").await.expect("a handle is left");
    drop(other);
    assert_eq!(client.text().await, "one");
    assert_eq!(client.text().await, "two");
    let end = client.ended().await;
    assert_eq!((end.code, end.clean), (Code::NORMAL, true));
}

async fn a_handler_that_panics_ends_its_own_session_only(on: Transport) {
    let builder = Throughline::builder().on_session(|mut session: Session| async move {
        match session.recv().await {
            Some(message) if message.as_text() == Some("panic") => panic!("as the test asked for"),
            _ => echo(session).await,
        }
    });
    let server = Server::with(builder).await;
    let other = Client::connect(&server.target, on).await;
    let client = Client::connect(&server.target, on).await;
    other.send("go on").await.expect("the session is open");
    client.send("panic").await.expect("the session is open");
    let end = client.ended().await;
    assert_eq!((end.code, end.clean), (Code::INTERNAL, false));
    other.send("still here").await.expect("the session is open");
    assert_eq!(other.text().await, "still here");
}

// spec: FAT-1
async fn the_server_lists_what_was_not_delivered(on: Transport) {
    let mut server = Server::start(|builder| builder).await;
    let client = Client::connect(&server.target, on).await;
    let near = server.accept().await;
    for text in ["taken", "received", "received, too"] {
        near.send(text).await.expect("the session is open");
    }
    assert_eq!(client.text().await, "taken");
    client.received(3).await;
    client.abort(
        Code::application(3000).expect("a code of an application"),
        "enough",
    );

    let end = near.ended().await;
    assert_eq!((end.code.value(), end.clean), (3000, false));
    let undelivered: Vec<_> = end
        .undelivered
        .iter()
        .map(|message| (message.seq, message.message.as_text(), message.fate))
        .collect();
    assert_eq!(
        undelivered,
        [
            (2, Some("received"), Fate::Received),
            (3, Some("received, too"), Fate::Received),
        ]
    );
}

// spec: FAT-1
async fn the_client_learns_what_was_not_taken(on: Transport) {
    let mut server = Server::start(|builder| builder).await;
    let client = Client::connect(&server.target, on).await;
    let mut near = server.accept().await;
    for text in ["taken", "received", "received, too"] {
        client.send(text).await.expect("the session is open");
    }
    assert_eq!(near.text().await, "taken");
    received_all(&client).await;
    near.abort("enough");

    let end = client.ended().await;
    assert_eq!((end.code, end.reason.as_str()), (Code::ABORTED, "enough"));
    // That the first was taken may have been told before the end, or with it.
    let fates: Vec<_> = end.fates.into_iter().filter(|(seq, _)| *seq > 1).collect();
    assert_eq!(
        fates,
        [(2, client::Fate::Received), (3, client::Fate::Received)]
    );
    assert_eq!(near.ended().await.code, Code::ABORTED);
}

async fn received_all(client: &Client) {
    throughline_tests::wait::until("the arrival of all messages", || {
        let (last, server) = client.outgoing();
        server.received == last
    })
    .await;
}

// spec: ABT-1
async fn the_client_aborts(on: Transport) {
    let mut server = Server::start(|builder| builder).await;
    let client = Client::connect(&server.target, on).await;
    let mut near = server.accept().await;
    client.abort(Code::ABORTED, "no more of this");
    assert!(soon("the end of the input", near.recv()).await.is_none());
    let end = near.ended().await;
    assert_eq!(
        (end.code, end.reason.as_str()),
        (Code::ABORTED, "no more of this")
    );
}

async fn nothing_can_be_sent_after_the_end(on: Transport) {
    let mut server = Server::start(|builder| builder).await;
    let client = Client::connect(&server.target, on).await;
    let mut near = server.accept().await;
    near.close(Code::NORMAL, "")
        .expect("the reason is short enough");
    near.close(Code::ABORTED, "a second close")
        .expect("it does nothing");
    near.ended().await;
    assert_eq!(near.send("late").await, Err(throughline::SendError::Closed));
    assert!(near.recv().await.is_none());
    assert_eq!(near.transport(), None);
    let end = client.ended().await;
    assert_eq!(end.code, Code::NORMAL);
    assert_eq!(client.send("late").await, Err(client::SendError::NotOpen));
}

/// The server's own words are longer than the wire takes.
#[tokio::test]
async fn a_reason_that_is_too_long_is_refused_and_nothing_happens() {
    let mut server = Server::start(|builder| builder).await;
    let client = Client::connect(&server.target, Transport::WebSocket).await;
    let near = server.accept().await;
    assert!(near.close(Code::NORMAL, &format!("{LONGEST}!")).is_err());
    near.send("still here").await.expect("the session is open");
    assert_eq!(client.text().await, "still here");
}
