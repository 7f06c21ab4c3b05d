//! A session moves between links and transports while messages flow: changing is resuming.

use crate::on_each_transport;
use std::time::Duration;
use throughline::{Code, Message};
use throughline_core::session::Transport::{self, LongPoll, Periodic, WebSocket};
use throughline_core::wire::native::{Cursors, Frame, Response};
use throughline_tests::byhand::{Poller, answered, text, texts};
use throughline_tests::client::Client;
use throughline_tests::server::{Near, Server};
use throughline_tests::socket::Socket;
use throughline_tests::wait::{soon, timed};

on_each_transport![
    a_session_resumes_after_a_cut,
    what_was_in_flight_when_the_link_was_cut_arrives_once,
    messages_sent_while_nothing_carries_the_session_arrive_later,
    a_second_client_takes_over_and_the_first_is_told,
];

async fn exchange(client: &Client, near: &mut Near, round: usize) {
    client
        .send(format!("up {round}"))
        .await
        .expect("the session is open");
    near.send(format!("down {round}"))
        .await
        .expect("the session is open");
    assert_eq!(near.text().await, format!("up {round}"));
    assert_eq!(client.text().await, format!("down {round}"));
}

// spec: ATT-11, SEQ-3
async fn a_session_resumes_after_a_cut(on: Transport) {
    let mut server = Server::start(|builder| builder).await;
    let client = Client::connect(&server.target, on).await;
    let mut near = server.accept().await;
    for round in 0..10 {
        exchange(&client, &mut near, round).await;
        client.cut();
    }
    exchange(&client, &mut near, 10).await;
    assert!(
        !server.has_begun_another(),
        "a resumption is not a beginning"
    );
}

// spec: ATT-10, ATT-11, SEQ-2, SEQ-3
async fn what_was_in_flight_when_the_link_was_cut_arrives_once(on: Transport) {
    let mut server = Server::start(|builder| builder).await;
    let client = Client::connect(&server.target, on).await;
    let mut near = server.accept().await;
    for round in 0..20 {
        for number in 0..10 {
            client
                .try_send(format!("up {round}.{number}"))
                .expect("there is room");
            near.try_send(format!("down {round}.{number}"))
                .expect("there is room");
        }
        client.cut();
        for number in 0..10 {
            assert_eq!(near.text().await, format!("up {round}.{number}"));
            assert_eq!(client.text().await, format!("down {round}.{number}"));
        }
    }
}

async fn messages_sent_while_nothing_carries_the_session_arrive_later(on: Transport) {
    let mut server = Server::start(|builder| builder).await;
    let client = Client::connect(&server.target, on).await;
    let mut near = server.accept().await;
    exchange(&client, &mut near, 0).await;
    let mut transport = near.watch_transport();
    client.vanish();
    if on == WebSocket {
        let gone = transport.wait_for(Option::is_none);
        soon("the loss of the link", gone)
            .await
            .expect("the session lives");
    }
    for number in 0..50 {
        near.send(format!("down {number}"))
            .await
            .expect("the session is open");
        client
            .send(format!("up {number}"))
            .await
            .expect("the session is open");
    }
    client.reappear();
    for number in 0..50 {
        assert_eq!(near.text().await, format!("up {number}"));
        assert_eq!(client.text().await, format!("down {number}"));
    }
}

/// Someone with the same credentials, on another device say: the later generation wins, finally.
// spec: ATT-9, ATT-13, ATT-14
async fn a_second_client_takes_over_and_the_first_is_told(on: Transport) {
    let mut server = Server::start(|builder| builder).await;
    let client = Client::connect(&server.target, on).await;
    let near = server.accept().await;
    let id = client.session();

    // A hello alone changes nothing; the beginning does.
    let mut thief = Poller::resume(&server.target, &client.credentials()).await;
    near.send("for the first")
        .await
        .expect("the session is open");
    assert_eq!(client.text().await, "for the first");
    thief.cursors = client.incoming();
    near.send("for the second")
        .await
        .expect("the session is open");
    assert_eq!(client.text().await, "for the second");
    thief.cursors = client.incoming();

    assert_eq!(thief.credentials.session, id);
    thief.poll(0).await;
    let end = client.ended().await;
    assert_eq!(end.code, Code::TAKEN_OVER);
    near.send("for the thief")
        .await
        .expect("the session goes on");
    let batch = thief.poll(5000).await;
    assert_eq!(texts(&batch.items), ["for the thief"]);
}

/// All six ordered pairs, under a stream of messages both ways.
macro_rules! takeovers {
    ($($name:ident: $from:ident => $to:ident),* $(,)?) => {$(
        // spec: ATT-9, ATT-10, ATT-11, ATT-12
        #[tokio::test]
        async fn $name() {
            move_mid_stream($from, $to).await;
        }
    )*};
}

takeovers! {
    websocket_gives_way_to_long_poll: WebSocket => LongPoll,
    websocket_gives_way_to_periodic: WebSocket => Periodic,
    long_poll_gives_way_to_websocket: LongPoll => WebSocket,
    long_poll_gives_way_to_periodic: LongPoll => Periodic,
    periodic_gives_way_to_websocket: Periodic => WebSocket,
    periodic_gives_way_to_long_poll: Periodic => LongPoll,
}

async fn move_mid_stream(from: Transport, to: Transport) {
    const MESSAGES: usize = 400;
    let mut server = Server::start(|builder| builder).await;
    let client = Client::connect(&server.target, from).await;
    let near = server.accept().await;
    let mut watch = near.watch_transport();
    let ((sender, mut receiver), _handler) = {
        let (session, handler) = near.into_parts();
        (session.split(), handler)
    };
    let downstream = async {
        let mut pace = tokio::time::interval(Duration::from_millis(2));
        for number in 0..MESSAGES {
            pace.tick().await;
            sender
                .send(number.to_string())
                .await
                .expect("the session is open");
        }
    };
    let upstream = async {
        let mut pace = tokio::time::interval(Duration::from_millis(2));
        for number in 0..MESSAGES {
            pace.tick().await;
            client
                .send(number.to_string())
                .await
                .expect("the session is open");
        }
    };
    let arriving_up = async {
        for number in 0..MESSAGES {
            let message = soon("a message up", receiver.recv())
                .await
                .expect("the session goes on");
            assert_eq!(message, Message::from(number.to_string()));
        }
    };
    let arriving_down = async {
        for number in 0..MESSAGES {
            assert_eq!(client.text().await, number.to_string());
            // There and back again, in the middle of it.
            match number {
                100 | 300 => client.switch(to).await,
                200 => client.switch(from).await,
                _ => {}
            }
        }
    };
    tokio::join!(downstream, upstream, arriving_up, arriving_down);
    let moved = watch.wait_for(|now| *now == Some(to));
    drop(
        soon("the move on the server's side", moved)
            .await
            .expect("the session lives"),
    );
    assert!(!server.has_begun_another());
}

// spec: ATT-13
#[tokio::test]
async fn a_held_poll_is_fenced_as_soon_as_a_websocket_begins() {
    let mut server = Server::start(|builder| builder).await;
    let poller = Poller::attach(&server.target).await;
    let _near = server.accept().await;
    let held = poller.ask(poller.held(), Vec::new());
    let takeover = async {
        let mut socket = Socket::open(&server.target).await;
        let welcome = socket.welcome(poller.credentials.hello()).await;
        socket.begin(welcome.generation).await;
        (socket, welcome.generation)
    };
    let ((response, took), (_socket, generation)) = tokio::join!(timed(held), takeover);
    assert_eq!(response, Response::Fenced(generation));
    assert!(took < Duration::from_secs(10), "it was held for {took:?}");
    // What comes late is fenced as well, and not applied.
    let late = poller
        .ask(poller.head(), vec![throughline_tests::byhand::item("late")])
        .await;
    assert_eq!(late, Response::Fenced(generation));
}

// spec: ATT-13
#[tokio::test]
async fn a_websocket_is_fenced_as_soon_as_a_poll_begins() {
    let mut server = Server::start(|builder| builder).await;
    let mut socket = Socket::open(&server.target).await;
    let credentials = socket.attach().await;
    let mut near = server.accept().await;
    let mut poller = Poller::resume(&server.target, &credentials).await;
    poller.poll(0).await;
    socket.send(&text(1, "late")).await;
    assert_eq!(
        socket.message().await,
        Some(Frame::Fenced(poller.generation))
    );
    socket.gone().await;
    poller.send(&["in time"]).await;
    assert_eq!(near.text().await, "in time");
}

// spec: ATT-13
#[tokio::test]
async fn a_generation_that_was_never_offered_is_stale() {
    let mut server = Server::start(|builder| builder).await;
    let mut poller = Poller::attach(&server.target).await;
    let _near = server.accept().await;
    let generation = poller.generation;
    poller.generation = generation + 5;
    assert_eq!(
        poller.ask(poller.head(), Vec::new()).await,
        Response::Stale(generation + 5)
    );
    poller.generation = generation;
    answered(poller.ask(poller.head(), Vec::new()).await);

    let mut socket = Socket::open(&server.target).await;
    socket.welcome(poller.credentials.hello()).await;
    socket
        .send(&Frame::Begin(throughline_core::wire::native::Begin {
            generation: generation + 5,
            cursors: Cursors::default(),
            first: 1,
        }))
        .await;
    assert_eq!(socket.frame().await, Some(Frame::Stale(generation + 5)));
    answered(poller.ask(poller.head(), Vec::new()).await);
}

// spec: WS-2
#[tokio::test]
async fn a_websocket_close_frame_ends_the_link_and_not_the_session() {
    use tokio_tungstenite::tungstenite::Message as Raw;
    use tokio_tungstenite::tungstenite::protocol::CloseFrame;

    let mut server = Server::start(|builder| builder).await;
    let mut socket = Socket::open(&server.target).await;
    let credentials = socket.attach().await;
    let near = server.accept().await;
    let mut transport = near.watch_transport();
    let frame = CloseFrame {
        code: 4710.into(),
        reason: "the network's own words".into(),
    };
    socket.send_message(Raw::Close(Some(frame))).await;
    socket.gone().await;
    soon("the loss of the link", transport.wait_for(Option::is_none))
        .await
        .expect("it lives");
    assert!(near.end().is_none());
    near.send("still here").await.expect("the session is open");
    let mut poller = Poller::resume(&server.target, &credentials).await;
    assert_eq!(texts(&poller.poll(0).await.items), ["still here"]);
}

// spec: FRM-1, FRM-2, WS-1
#[tokio::test]
async fn a_gap_or_a_malformed_frame_fails_the_link_and_not_the_session() {
    use tokio_tungstenite::tungstenite::Message as Raw;

    let spoilt: [Raw; 6] = [
        Raw::Text("B lost one".into()),
        Raw::Binary(b"\x41text in a binary message".to_vec().into()),
        Raw::Text("\u{21}binary in a text message".into()),
        Raw::Binary(b"\x7e".to_vec().into()),
        Raw::Binary(b"\x07\x80".to_vec().into()),
        Raw::Binary(Vec::new().into()),
    ];
    for message in spoilt {
        let mut server = Server::start(|builder| builder).await;
        let mut socket = Socket::open(&server.target).await;
        let credentials = socket.attach().await;
        let mut near = server.accept().await;
        let shown = format!("{message:?}");
        socket.send_message(message).await;
        socket.gone().await;
        assert!(near.end().is_none(), "{shown}");
        let mut poller = Poller::resume(&server.target, &credentials).await;
        assert_eq!(poller.first, 1, "{shown} was applied");
        poller.send(&["whole"]).await;
        assert_eq!(near.text().await, "whole");
    }
}
