//! Attaching: a hello offers, a beginning takes, and the secret alone proves.

use std::time::Duration;
use throughline::{Code, Limits};
use throughline_core::session::Transport;
use throughline_core::wire::native::{Begin, Cursors, Frame, Hello, Poll, Response, Secret};
use throughline_tests::byhand::{
    Poller, answered, code, greet, hello, item, text, texts, welcomed,
};
use throughline_tests::client::Client;
use throughline_tests::http::Http;
use throughline_tests::server::{Server, hasty};
use throughline_tests::socket::Socket;
use throughline_tests::wait::soon;
use tokio_tungstenite::tungstenite::Message as Raw;

// spec: ATT-3, ATT-9
#[tokio::test]
async fn two_hellos_that_race_start_one_handler() {
    let mut server = Server::start(|builder| builder).await;
    let poller = Poller::greet(&server.target).await;
    // The other transport proves itself for the same session, before either has begun.
    let mut socket = Socket::open(&server.target).await;
    let welcome = socket.welcome(poller.credentials.hello()).await;
    assert!(welcome.generation > poller.generation);
    assert!(!server.has_begun_another(), "a hello starts nothing");

    // Both begin, the lower generation first: the session moves, and its handler goes on.
    let periodic = Poll {
        next: 5_000,
        ..poller.head()
    };
    answered(poller.ask(periodic, vec![item("one")]).await);
    let mut near = server.accept().await;
    assert_eq!(near.text().await, "one");
    assert_eq!(near.transport(), Some(Transport::Periodic));
    socket
        .begin_from(welcome.generation, Cursors::default(), 2)
        .await;
    socket.send(&text(2, "two")).await;
    assert_eq!(near.text().await, "two");
    assert_eq!(near.transport(), Some(Transport::WebSocket));
    assert!(!server.has_begun_another());
    // The slower one learns that it has lost, and nothing of it is applied.
    let late = poller.ask(poller.head(), vec![item("late")]).await;
    assert_eq!(late, Response::Fenced(welcome.generation));
}

// spec: ATT-4, ATT-7
#[tokio::test]
async fn hellos_repeated_on_one_websocket_are_for_one_new_session() {
    let mut server = Server::start(|builder| builder).await;
    let mut socket = Socket::open(&server.target).await;
    let first = socket.welcome(hello()).await;
    let second = socket.welcome(hello()).await;
    let third = socket.welcome(hello()).await;
    assert_eq!(first.session, second.session);
    assert_eq!(first.session, third.session);
    assert!(first.generation < second.generation && second.generation < third.generation);
    // The client may have seen any of them, so each has the secret.
    assert_eq!(first.secret, second.secret);
    assert!(third.secret.is_some());
    socket.begin(second.generation).await;
    let near = server.accept().await;
    assert_eq!(near.id(), first.session);
    assert!(!server.has_begun_another());
}

// spec: ATT-7
#[tokio::test]
async fn the_secret_is_not_told_again_once_the_session_has_begun() {
    let server = Server::echo(|builder| builder).await;
    let poller = Poller::attach(&server.target).await;
    let http = Http::new(&server.target);
    let welcome = welcomed(greet(&http, poller.credentials.hello()).await);
    assert_eq!(welcome.secret, None);
    let mut socket = Socket::open(&server.target).await;
    assert_eq!(
        socket.welcome(poller.credentials.hello()).await.secret,
        None
    );
}

// spec: ATT-7
#[tokio::test]
async fn secrets_and_ids_never_repeat() {
    let server = Server::echo(|builder| builder).await;
    let http = Http::new(&server.target);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..200 {
        let welcome = welcomed(greet(&http, hello()).await);
        let secret = String::from(welcome.secret.expect("a new session has one"));
        assert_eq!(secret.len(), 32);
        assert!(!welcome.session.contains(&secret));
        assert!(seen.insert(secret) && seen.insert(welcome.session));
    }
}

// spec: ATT-1
#[tokio::test]
async fn a_server_says_nothing_on_a_websocket_before_the_hello() {
    let server = Server::echo(|builder| builder).await;
    let mut socket = Socket::open(&server.target).await;
    // A WebSocket ping is answered by the library, so whatever the server had to say came before.
    socket.send_message(Raw::Ping("there?".into())).await;
    let (sink, mut stream) = socket.split();
    let first = soon("an answer", futures_util::StreamExt::next(&mut stream)).await;
    let first = first.expect("the connection lives").expect("a message");
    assert!(matches!(first, Raw::Pong(_)), "{first:?}");
    drop(sink);
}

// spec: ATT-2
#[tokio::test]
async fn welcomes_are_padded_beyond_a_packet_on_both_carriers() {
    use throughline_core::wire::{Carried, native::websocket::encode};

    let server = Server::echo(|builder| builder).await;
    let http = Http::new(&server.target);
    let body = throughline_core::wire::native::Request::Hello(Box::new(hello())).encode();
    let answer = http.post("poll", &[], body).await.expect("an answer");
    assert!(answer.body.len() > 1536, "{} bytes", answer.body.len());

    let socket = Socket::open(&server.target).await;
    let (mut sink, mut stream) = socket.split();
    let greeting = throughline_tests::socket::message(encode(&Frame::Hello(Box::new(hello()))));
    futures_util::SinkExt::send(&mut sink, greeting)
        .await
        .expect("it is sent");
    let answer = soon("a welcome", futures_util::StreamExt::next(&mut stream)).await;
    let answer = answer.expect("the connection lives").expect("a message");
    assert!(answer.len() >= 1536, "{} bytes", answer.len());
    assert!(
        matches!(encode(&Frame::Hello(Box::new(hello()))), Carried::Binary(hello) if hello.len() >= 1536)
    );
}

// spec: ATT-2
#[tokio::test]
async fn a_hello_that_is_not_padded_is_not_welcome() {
    let server = Server::echo(|builder| builder).await;
    let mut socket = Socket::open(&server.target).await;
    socket
        .send_message(Raw::Binary(b"\x01{\"v\":1}".to_vec().into()))
        .await;
    assert_eq!(socket.frame().await, None);
}

// spec: ATT-5, ABT-3
#[tokio::test]
async fn a_hello_with_a_wrong_secret_hears_of_no_session_and_changes_nothing() {
    let mut server = Server::start(|builder| builder).await;
    let client = Client::connect(&server.target, Transport::WebSocket).await;
    let near = server.accept().await;
    let http = Http::new(&server.target);
    let guess = |secret| Hello {
        secret,
        ..client.credentials().hello()
    };
    for secret in [
        Some(Secret::new([0; 16])),
        Some(Secret::new([255; 16])),
        None,
    ] {
        assert_eq!(
            code(&greet(&http, guess(secret)).await),
            Code::UNKNOWN_SESSION
        );
        let mut socket = Socket::open(&server.target).await;
        socket.send(&Frame::Hello(Box::new(guess(secret)))).await;
        match socket.frame().await {
            Some(Frame::Abort(abort)) => assert_eq!(abort.code, Code::UNKNOWN_SESSION),
            other => panic!("not refused: {other:?}"),
        }
    }
    near.send("untouched").await.expect("the session is open");
    assert_eq!(client.text().await, "untouched");
    assert_eq!(client.moves(), 1);
}

// spec: ABT-3
#[tokio::test]
async fn a_poll_with_a_wrong_secret_is_not_applied() {
    let mut server = Server::start(|builder| builder).await;
    let poller = Poller::attach(&server.target).await;
    let mut near = server.accept().await;
    let mut thief = poller.clone();
    thief.credentials.secret = Secret::new([7; 16]);
    let items = vec![item("forged")];
    let response = thief.ask(thief.head(), items).await;
    assert_eq!(code(&response), Code::UNKNOWN_SESSION);
    let mut poller = poller;
    poller.send(&["genuine"]).await;
    assert_eq!(near.text().await, "genuine");
}

// spec: ATT-6
#[tokio::test]
async fn another_version_is_refused_on_both_carriers_with_the_versions_understood() {
    let server = Server::echo(|builder| builder).await;
    for v in [0, 2, 9_007_199_254_740_991] {
        let other = Hello { v, ..hello() };
        let response = greet(&Http::new(&server.target), other.clone()).await;
        assert_eq!(code(&response), Code::VERSION);
        let mut socket = Socket::open(&server.target).await;
        socket.send(&Frame::Hello(Box::new(other))).await;
        match socket.frame().await {
            Some(Frame::Refuse(refuse)) => {
                assert_eq!(refuse.code, Code::VERSION);
                assert!(refuse.reason.contains('1'), "{}", refuse.reason);
            }
            other => panic!("not refused: {other:?}"),
        }
    }
}

// spec: ATT-8
#[tokio::test]
async fn a_session_of_another_node_is_elsewhere_and_one_of_an_earlier_life_is_unknown() {
    let config = throughline::Config {
        node: "b".to_owned(),
        ..throughline::Config::default()
    };
    let here = Server::echo(|builder| builder).await;
    let there = Server::echo(|builder| builder.config(config)).await;
    let reborn = Server::echo(|builder| builder).await;
    let poller = Poller::attach(&here.target).await;
    let hello = poller.credentials.hello();

    let response = greet(&Http::new(&there.target), hello.clone()).await;
    assert!(matches!(&response, Response::Refuse(refuse) if refuse.code == Code::ELSEWHERE));
    let response = greet(&Http::new(&reborn.target), hello).await;
    match response {
        Response::Abort(abort) => {
            assert_eq!(abort.code, Code::UNKNOWN_SESSION);
            assert_eq!((abort.received, abort.ack), (None, None));
        }
        other => panic!("not an end: {other:?}"),
    }
}

// spec: ATT-3
#[tokio::test]
async fn an_offer_that_is_not_begun_dies_and_gives_its_place_back() {
    let config = throughline::Config {
        sessions: 1,
        limits: hasty(),
        ..throughline::Config::default()
    };
    let mut server = Server::start(|builder| builder.config(config)).await;
    let poller = Poller::greet(&server.target).await;
    let http = Http::new(&server.target);
    assert_eq!(code(&greet(&http, hello()).await), Code::AT_CAPACITY);
    let room = async { while !matches!(greet(&http, hello()).await, Response::Welcome(_)) {} };
    soon("the end of the offer", room).await;
    let response = poller.ask(poller.head(), Vec::new()).await;
    assert_eq!(code(&response), Code::UNKNOWN_SESSION);
    assert!(!server.has_begun_another());
}

// spec: LIV-5
#[tokio::test]
async fn a_websocket_on_which_nothing_begins_is_dropped() {
    let server = Server::echo(|builder| builder.limits(hasty())).await;
    let mut silent = Socket::open(&server.target).await;
    let mut offered = Socket::open(&server.target).await;
    offered.welcome(hello()).await;
    silent.gone().await;
    offered.gone().await;
}

// spec: LIM-1
#[tokio::test]
async fn before_the_beginning_only_hellos_of_a_bounded_size_are_taken() {
    let server = Server::echo(|builder| builder).await;
    let early: [Frame; 3] = [
        text(1, "early"),
        Frame::Ping(1),
        Frame::Begin(Begin {
            generation: 1,
            cursors: Cursors::default(),
            first: 1,
        }),
    ];
    for frame in early {
        let mut socket = Socket::open(&server.target).await;
        socket.send(&frame).await;
        match socket.frame().await {
            None | Some(Frame::Stale(_)) => {}
            other => panic!("{frame:?} was answered by {other:?}"),
        }
        socket.gone().await;
    }
    let long = |len: usize| {
        let mut body = b"\x01{\"v\":1}".to_vec();
        body.resize(len, b' ');
        Raw::Binary(body.into())
    };
    let mut socket = Socket::open(&server.target).await;
    socket.send_message(long(16 * 1024)).await;
    assert!(matches!(socket.frame().await, Some(Frame::Welcome(_))));
    let mut socket = Socket::open(&server.target).await;
    socket.send_message(long(16 * 1024 + 2)).await;
    socket.gone().await;
}

// spec: LIM-1
#[tokio::test]
async fn tokens_have_a_bound() {
    let server = Server::echo(|builder| builder).await;
    let http = Http::new(&server.target);
    let longest = throughline_tests::byhand::hello_with(&"t".repeat(8192));
    assert!(matches!(greet(&http, longest).await, Response::Welcome(_)));
    let longer = throughline_tests::byhand::hello_with(&"t".repeat(8193));
    let body = throughline_core::wire::native::Request::Hello(Box::new(longer)).encode();
    let answer = http.post("poll", &[], body).await.expect("an answer");
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn the_first_protocol_of_the_server_that_the_client_offers_is_chosen() {
    let mut server = Server::start(|builder| builder.protocols(["b", "a"])).await;
    let http = Http::new(&server.target);
    let offering = |names: &[&str]| Hello {
        protocols: names.iter().map(|name| (*name).to_owned()).collect(),
        ..hello()
    };
    let chosen = |names: &[&str]| {
        let hello = offering(names);
        let http = http.clone();
        async move { welcomed(greet(&http, hello).await).protocol }
    };
    assert_eq!(chosen(&["a", "b", "c"]).await.as_deref(), Some("b"));
    assert_eq!(chosen(&["c", "a"]).await.as_deref(), Some("a"));
    assert_eq!(chosen(&["c"]).await, None);
    assert_eq!(chosen(&[]).await, None);

    let mut socket = Socket::open(&server.target).await;
    let welcome = socket.welcome(offering(&["a"])).await;
    socket.begin(welcome.generation).await;
    assert_eq!(server.accept().await.protocol(), Some("a"));
}

// spec: FLW-2
#[tokio::test]
async fn the_welcome_tells_the_limits_of_the_session() {
    let limits = Limits {
        message: 5000,
        window: 70_000,
        batch: 80_000,
        hold: Duration::from_secs(7),
        heartbeat: Duration::from_secs(8),
        timeout: Duration::from_secs(9),
        retention: Duration::from_secs(10),
        offer: Duration::from_secs(11),
        ..Limits::default()
    };
    let server = Server::echo(|builder| builder.limits(limits)).await;
    let told = welcomed(greet(&Http::new(&server.target), hello()).await).limits;
    assert_eq!(
        (told.message, told.window, told.batch),
        (5000, 70_000, 80_000)
    );
    assert_eq!(
        (told.hold, told.heartbeat, told.timeout),
        (7000, 8000, 9000)
    );
    assert_eq!((told.retention, told.offer), (10_000, 11_000));
}

// spec: ATT-10
#[tokio::test]
async fn a_begin_that_leaves_a_gap_fails_the_link_and_not_the_session() {
    let mut server = Server::start(|builder| builder).await;
    let mut poller = Poller::attach(&server.target).await;
    let near = server.accept().await;
    let mut socket = Socket::open(&server.target).await;
    let welcome = socket.welcome(poller.credentials.hello()).await;
    socket
        .send(&Frame::Begin(Begin {
            generation: welcome.generation,
            cursors: Cursors::default(),
            first: 2,
        }))
        .await;
    socket.gone().await;
    assert!(near.end().is_none());
    near.send("still here").await.expect("the session is open");
    poller = Poller::resume(&server.target, &poller.credentials).await;
    assert_eq!(texts(&poller.poll(0).await.items), ["still here"]);
}
