//! How many may come in, and what the one too many is told.

use crate::{Bystanders, greet, handshake};
use throughline::{Code, Config};
use throughline_core::session::Transport;
use throughline_core::wire::native::{Refuse, Response};
use throughline_tests::client::{Client, NotConnected, Plan};
use throughline_tests::server::Server;
use throughline_tests::socket::Socket;
use throughline_tests::wait::{soon, until};

fn full(response: Response) -> Refuse {
    match response {
        Response::Refuse(refuse) => {
            assert_eq!(refuse.code, Code::AT_CAPACITY);
            *refuse
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn the_session_too_many_is_told_when_to_come_back_on_every_transport() {
    let config = Config {
        sessions: 2,
        ..Config::default()
    };
    let server = Server::echo(|builder| builder.config(config)).await;
    let bystanders = Bystanders::of(&server).await;
    for on in [
        Transport::WebSocket,
        Transport::LongPoll,
        Transport::Periodic,
    ] {
        match Client::try_connect(&server.target, on, Plan::default()).await {
            Err(NotConnected::Refused(refuse)) => {
                assert_eq!(refuse.code, Code::AT_CAPACITY);
                assert!(
                    refuse.retry_after.is_some_and(|ms| ms <= 5000),
                    "{refuse:?}"
                );
            }
            other => panic!("not refused over {on}: {other:?}"),
        }
    }
    bystanders.are_unharmed().await;
}

#[tokio::test]
async fn a_place_is_free_again_when_its_session_has_ended() {
    let config = Config {
        sessions: 1,
        ..Config::default()
    };
    let server = Server::echo(|builder| builder.config(config)).await;
    let first = Client::connect(&server.target, Transport::LongPoll).await;
    full(greet(&server.target, &[]).await);
    first.close(1000, "");
    assert!(first.ended().await.clean);
    let room = async { while !matches!(greet(&server.target, &[]).await, Response::Welcome(_)) {} };
    soon("room for another session", room).await;
}

/// It was promised to be kept, so whoever comes next has to wait, and the client finds it again.
#[tokio::test]
async fn a_session_whose_client_is_away_keeps_its_place() {
    let config = Config {
        sessions: 1,
        ..Config::default()
    };
    let mut server = Server::start(|builder| builder.config(config)).await;
    let client = Client::connect(&server.target, Transport::WebSocket).await;
    let mut near = server.accept().await;
    client.vanish();
    until("the loss of the link", || near.transport().is_none()).await;
    full(greet(&server.target, &[]).await);
    client.reappear();
    client.send("back").await.expect("the session is open");
    assert_eq!(near.text().await, "back");
}

#[tokio::test]
async fn one_address_has_its_share_and_trusted_proxies_tell_whose_it_is() {
    let config = Config {
        sessions_per_address: 1,
        ..Config::default()
    };
    let behind_a_proxy = Server::echo(|builder| {
        builder
            .config(config.clone())
            .trusted_proxies(["127.0.0.0/8"])
    })
    .await;
    for client in ["198.51.100.1", "198.51.100.2"] {
        let forwarded = [("x-forwarded-for", client)];
        let welcome = greet(&behind_a_proxy.target, &forwarded).await;
        assert!(
            matches!(welcome, Response::Welcome(_)),
            "{client}: {welcome:?}"
        );
        full(greet(&behind_a_proxy.target, &forwarded).await);
        // What stands before the last entry is the client's own invention.
        let invented = format!("203.0.113.{}, {client}", client.len());
        full(
            greet(
                &behind_a_proxy.target,
                &[("x-forwarded-for", invented.as_str())],
            )
            .await,
        );
    }

    let in_the_open = Server::echo(|builder| builder.config(config)).await;
    let welcome = greet(&in_the_open.target, &[("x-forwarded-for", "198.51.100.1")]).await;
    assert!(matches!(welcome, Response::Welcome(_)), "{welcome:?}");
    full(greet(&in_the_open.target, &[("x-forwarded-for", "198.51.100.2")]).await);
}

#[tokio::test]
async fn attaches_that_begin_nothing_are_bounded_per_address() {
    let config = Config {
        attaches_per_address: 3,
        ..Config::default()
    };
    let server = Server::echo(|builder| builder.config(config)).await;
    // Sessions that have begun do not count.
    let bystanders = Bystanders::of(&server).await;
    let held = [
        Socket::open(&server.target).await,
        Socket::open(&server.target).await,
    ];
    let welcome = greet(&server.target, &[]).await;
    assert!(matches!(welcome, Response::Welcome(_)), "{welcome:?}");
    let refuse = full(greet(&server.target, &[]).await);
    assert!(refuse.retry_after.is_some());
    assert_eq!(handshake(&server.target, &[]).await.0, 429);
    drop(held);
    let room = async { while !matches!(greet(&server.target, &[]).await, Response::Welcome(_)) {} };
    soon("room for another attach", room).await;
    bystanders.are_unharmed().await;
}

/// With plain `axum::serve` and nothing that tells the address, only the node's own cap is left.
#[tokio::test]
async fn without_addresses_there_are_no_shares() {
    use throughline_tests::target::Target;
    use tokio::net::TcpListener;

    let config = Config {
        sessions_per_address: 1,
        attaches_per_address: 1,
        ..Config::default()
    };
    let builder = throughline::Throughline::builder().config(config);
    let node = builder.on_session(throughline_tests::server::echo).build();
    let router = axum::Router::new().nest_service("/realtime", node.expect("it can be built"));
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = listener
        .local_addr()
        .expect("a bound listener has an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    let target = Target::new(address, "/realtime");
    for _ in 0..5 {
        let welcome = greet(&target, &[]).await;
        assert!(matches!(welcome, Response::Welcome(_)), "{welcome:?}");
    }
}
