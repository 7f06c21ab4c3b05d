//! What time does to a session: heartbeats, expiry, and the tombstone that a late client finds.

use crate::on_each_transport;
use std::time::Duration;
use throughline::{Code, Fate, Limits};
use throughline_client as client;
use throughline_core::session::Transport;
use throughline_core::wire::native::{Frame, Poll, Response};
use throughline_tests::byhand::{Credentials, Poller, code, greet, item, texts};
use throughline_tests::client::Client;
use throughline_tests::http::Http;
use throughline_tests::server::{Server, hasty};
use throughline_tests::socket::Socket;
use throughline_tests::wait::{soon, timed};

on_each_transport![
    a_session_whose_client_is_gone_expires_and_a_late_client_learns_what_was_taken,
    a_session_that_is_in_use_does_not_expire,
    a_close_that_the_application_does_not_answer_is_answered_for_it,
];

// spec: LIV-4, ABT-2, FAT-1
async fn a_session_whose_client_is_gone_expires_and_a_late_client_learns_what_was_taken(
    on: Transport,
) {
    let mut server = Server::start(|builder| {
        builder.limits(Limits {
            // The client comes back within it, and it is not so long that the test is.
            retention: Duration::from_millis(1500),
            ..hasty()
        })
    })
    .await;
    let client = Client::connect(&server.target, on).await;
    let mut near = server.accept().await;
    client.send("taken").await.expect("the session is open");
    assert_eq!(near.text().await, "taken");
    soon("the acknowledgement", client.taken()).await;
    client.vanish();
    client
        .send("never sent")
        .await
        .expect("the session is open");
    near.send("never delivered")
        .await
        .expect("the session is open");

    let end = near.ended().await;
    assert_eq!((end.code, end.clean), (Code::EXPIRED, false));
    assert_eq!(end.undelivered.len(), 1);
    assert_eq!(
        end.undelivered[0].message.as_text(),
        Some("never delivered")
    );
    assert_eq!(end.undelivered[0].fate, Fate::Unknown);

    client.reappear();
    let end = client.ended().await;
    assert_eq!(end.code, Code::EXPIRED);
    assert_eq!(end.fates, [(2, client::Fate::Lost)]);
}

// spec: LIV-1, LIV-4
async fn a_session_that_is_in_use_does_not_expire(on: Transport) {
    let limits = hasty();
    let idle = 3 * (limits.heartbeat + limits.timeout + limits.retention);
    let mut server = Server::start(|builder| builder.limits(limits)).await;
    let client = Client::connect(&server.target, on).await;
    let near = server.accept().await;
    // Nothing is said for much longer than any deadline; the two ends keep it alive by themselves.
    let ended = tokio::time::timeout(idle, near.closed()).await;
    assert!(ended.is_err(), "{ended:?}");
    near.send("still here").await.expect("the session is open");
    assert_eq!(client.text().await, "still here");
}

// spec: CLS-2
async fn a_close_that_the_application_does_not_answer_is_answered_for_it(on: Transport) {
    let mut server = Server::start(|builder| builder.limits(hasty())).await;
    let client = Client::connect(&server.target, on).await;
    let near = server.accept().await;
    near.send("before it").await.expect("the session is open");
    client.close(3005, "no answer needed");
    assert_eq!(client.text().await, "before it");
    let end = client.ended().await;
    assert_eq!((end.code.value(), end.clean), (3005, true));
    assert_eq!(near.ended().await.code.value(), 3005);
}

// spec: LIV-1, LIV-2
#[tokio::test]
async fn a_silent_websocket_is_pinged_and_dropped_when_no_answer_comes() {
    let limits = Limits {
        retention: Duration::from_secs(120),
        ..hasty()
    };
    let mut server = Server::start(|builder| builder.limits(limits)).await;
    let mut socket = Socket::open(&server.target).await;
    let credentials = socket.attach().await;
    let near = server.accept().await;
    for _ in 0..3 {
        let Some(Frame::Ping(nonce)) = socket.message().await else {
            panic!("no ping");
        };
        socket.send(&Frame::Pong(nonce)).await;
    }
    while let Some(frame) = socket.frame().await {
        assert!(matches!(frame, Frame::Ping(_) | Frame::Ack(_)), "{frame:?}");
    }
    assert!(
        near.end().is_none(),
        "the link was dropped, not the session"
    );
    near.send("still here").await.expect("the session is open");
    let mut poller = Poller::resume(&server.target, &credentials).await;
    assert_eq!(texts(&poller.poll(0).await.items), ["still here"]);
}

// spec: LIV-1
#[tokio::test]
async fn a_ping_is_answered_with_its_nonce() {
    let server = Server::echo(|builder| builder).await;
    let mut socket = Socket::open(&server.target).await;
    socket.attach().await;
    for nonce in [0, 1, 9_007_199_254_740_991] {
        socket.send(&Frame::Ping(nonce)).await;
        assert_eq!(socket.message().await, Some(Frame::Pong(nonce)));
    }
}

// spec: POL-7
#[tokio::test]
async fn a_client_that_promised_to_be_back_later_is_waited_for() {
    let limits = hasty();
    let promised = Duration::from_millis(1000);
    let mut server = Server::start(|builder| builder.limits(limits.clone())).await;
    let poller = Poller::attach(&server.target).await;
    let near = server.accept().await;
    let poll = Poll {
        next: 1000,
        ..poller.head()
    };
    let (_, took) = timed(async {
        poller.ask(poll, Vec::new()).await;
        near.ended().await
    })
    .await;
    assert!(
        took >= promised + limits.retention,
        "it ended after {took:?}"
    );
}

// spec: ABT-2, ABT-3
#[tokio::test]
async fn a_tombstone_answers_hellos_and_polls_until_its_own_time_is_over() {
    let mut server = Server::start(|builder| builder.limits(hasty())).await;
    let mut poller = Poller::attach(&server.target).await;
    let mut near = server.accept().await;
    poller.send(&["taken", "received"]).await;
    assert_eq!(near.text().await, "taken");
    near.abort("enough");
    near.ended().await;

    let late = poller.ask(poller.head(), vec![item("too late")]).await;
    let Response::Abort(abort) = &late else {
        panic!("no end: {late:?}");
    };
    assert_eq!(
        (abort.code, abort.reason.as_str()),
        (Code::ABORTED, "enough")
    );
    assert_eq!((abort.received, abort.ack), (Some(2), Some(1)));
    let http = Http::new(&server.target);
    let hello = poller.credentials.hello();
    assert_eq!(greet(&http, hello.clone()).await, late);
    let mut socket = Socket::open(&server.target).await;
    socket.send(&Frame::Hello(Box::new(hello.clone()))).await;
    assert_eq!(socket.frame().await, Some(Frame::Abort(abort.clone())));
    // A wrong secret gets the same answer as an unknown session.
    let guess = Credentials {
        secret: throughline_core::wire::native::Secret::new([1; 16]),
        ..poller.credentials.clone()
    };
    assert_eq!(
        code(&greet(&http, guess.hello()).await),
        Code::UNKNOWN_SESSION
    );

    let forgotten = async {
        while code(&greet(&http, hello.clone()).await) != Code::UNKNOWN_SESSION {
            tokio::task::yield_now().await;
        }
        greet(&http, hello.clone()).await
    };
    let Response::Abort(abort) = soon("the end of the tombstone", forgotten).await else {
        panic!("no end");
    };
    assert_eq!((abort.received, abort.ack), (None, None));
}

// spec: ABT-2
#[tokio::test]
async fn an_orderly_end_leaves_a_tombstone_too() {
    let mut server = Server::start(|builder| builder).await;
    let client = Client::connect(&server.target, Transport::LongPoll).await;
    let near = server.accept().await;
    near.close(
        Code::application(4000).expect("a code of an application"),
        "done",
    )
    .expect("short");
    client.ended().await;
    near.ended().await;
    let response = greet(&Http::new(&server.target), client.credentials().hello()).await;
    assert_eq!(code(&response).value(), 4000);
}
