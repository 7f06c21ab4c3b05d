//! Identities on live sessions: refreshed, expired, logged out.

use crate::on_each_transport;
use std::time::Duration;
use throughline::{Admission, Attempt, Builder, Code, Identity, Refusal};
use throughline_core::session::Transport;
use throughline_core::wire::native::{Frame, Hello, Token};
use throughline_tests::byhand::{Poller, answered, code, greet, hello_with, texts, welcomed};
use throughline_tests::client::{Client, Plan};
use throughline_tests::http::Http;
use throughline_tests::server::{Near, Server};
use throughline_tests::socket::Socket;
use throughline_tests::wait::soon;

on_each_transport![
    a_token_is_refreshed_without_reconnecting,
    a_token_that_is_not_refreshed_ends_the_session,
    a_fresh_token_of_somebody_else_ends_the_session,
    a_fresh_token_that_is_refused_ends_the_session,
    a_logout_ends_every_session_of_the_identity_and_no_other,
];

/// Tokens are a name, and perhaps after a slash how many milliseconds they are good for.
async fn by_name(attempt: Attempt) -> Result<Admission, Refusal> {
    let token = attempt
        .token()
        .ok_or_else(|| Refusal::unauthorized("a token is needed"))?;
    if token == "forged" {
        return Err(Refusal::unauthorized("the token is forged"));
    }
    let (name, lifetime) = token.split_once('/').unwrap_or((token, ""));
    let admission = Admission::new(Identity::new(name));
    Ok(match lifetime.parse() {
        Ok(ms) => admission.expires_in(Duration::from_millis(ms)),
        Err(_) => admission,
    })
}

fn named(builder: Builder) -> Builder {
    builder.authenticate(by_name)
}

async fn connect(server: &mut Server, on: Transport, token: &str) -> (Client, Near) {
    let client = Client::try_connect(&server.target, on, Plan::with_token(token)).await;
    (client.expect("a session"), server.accept().await)
}

// spec: TOK-1
async fn a_token_is_refreshed_without_reconnecting(on: Transport) {
    let mut server = Server::start(named).await;
    let (client, near) = connect(&mut server, on, "ann/1500").await;
    assert_eq!(near.identity(), &Identity::new("ann"));
    let moves = client.moves();
    client.refresh("ann/3600000");
    client
        .refreshed(|accepted| accepted.expires_in.is_some_and(|ms| ms > 3_000_000))
        .await;
    client.refresh("ann");
    client
        .refreshed(|accepted| accepted.expires_in.is_none())
        .await;
    // The first token's time comes, and nothing happens.
    let ended = tokio::time::timeout(Duration::from_millis(1600), near.closed()).await;
    assert!(ended.is_err(), "{ended:?}");
    assert_eq!(client.moves(), moves, "no new link was needed");
    near.send("still here").await.expect("the session is open");
    assert_eq!(client.text().await, "still here");
}

// spec: TOK-2
async fn a_token_that_is_not_refreshed_ends_the_session(on: Transport) {
    let mut server = Server::start(named).await;
    let (client, near) = connect(&mut server, on, "ann/500").await;
    assert_eq!(near.ended().await.code, Code::TOKEN_EXPIRED);
    assert_eq!(client.ended().await.code, Code::TOKEN_EXPIRED);
}

// spec: TOK-1
async fn a_fresh_token_of_somebody_else_ends_the_session(on: Transport) {
    let mut server = Server::start(named).await;
    let (client, near) = connect(&mut server, on, "ann").await;
    client.refresh("bob");
    assert_eq!(near.ended().await.code, Code::UNAUTHORIZED);
    assert_eq!(client.ended().await.code, Code::UNAUTHORIZED);
}

// spec: TOK-1
async fn a_fresh_token_that_is_refused_ends_the_session(on: Transport) {
    let mut server = Server::start(named).await;
    let (client, near) = connect(&mut server, on, "ann").await;
    client.refresh("forged");
    assert_eq!(near.ended().await.code, Code::UNAUTHORIZED);
    let end = client.ended().await;
    assert_eq!(
        (end.code, end.reason.as_str()),
        (Code::UNAUTHORIZED, "the token is forged")
    );
}

async fn a_logout_ends_every_session_of_the_identity_and_no_other(on: Transport) {
    let mut server = Server::start(named).await;
    let (first, _first) = connect(&mut server, on, "ann").await;
    let (second, near) = connect(&mut server, on, "ann").await;
    let (bob, near_bob) = connect(&mut server, on, "bob").await;
    assert_eq!(server.node.log_out(&Identity::new("ann")), 2);
    assert_eq!(first.ended().await.code, Code::LOGGED_OUT);
    assert_eq!(second.ended().await.code, Code::LOGGED_OUT);
    assert_eq!(near.ended().await.code, Code::LOGGED_OUT);
    near_bob
        .send("still here")
        .await
        .expect("the session is open");
    assert_eq!(bob.text().await, "still here");
    assert_eq!(server.node.log_out(&Identity::new("nobody")), 0);
}

// spec: ATT-5
#[tokio::test]
async fn a_session_is_resumed_by_the_identity_that_opened_it_alone() {
    let mut server = Server::start(named).await;
    let (client, near) = connect(&mut server, Transport::WebSocket, "ann").await;
    let http = Http::new(&server.target);
    let shown = |token: &str| Hello {
        token: Some(token.to_owned()),
        ..client.credentials().hello()
    };
    assert_eq!(code(&greet(&http, shown("bob")).await), Code::UNAUTHORIZED);
    assert_eq!(
        code(&greet(&http, client.credentials().hello()).await),
        Code::UNAUTHORIZED
    );
    let mut socket = Socket::open(&server.target).await;
    socket.send(&Frame::Hello(Box::new(shown("bob")))).await;
    match socket.frame().await {
        Some(Frame::Refuse(refuse)) => assert_eq!(refuse.code, Code::UNAUTHORIZED),
        other => panic!("not refused: {other:?}"),
    }
    near.send("untouched").await.expect("the session is open");
    assert_eq!(client.text().await, "untouched");
    welcomed(greet(&http, shown("ann")).await);
}

// spec: TOK-1
#[tokio::test]
async fn a_token_may_come_in_a_batch_and_is_answered_in_one() {
    let mut server = Server::start(named).await;
    let http = Http::new(&server.target);
    let welcome = welcomed(greet(&http, hello_with("ann/60000")).await);
    assert!(
        welcome.expires_in.is_some_and(|ms| ms > 50_000),
        "{:?}",
        welcome.expires_in
    );
    let mut socket = Socket::open(&server.target).await;
    let welcome = socket.welcome(hello_with("ann")).await;
    socket.begin(welcome.generation).await;
    let credentials = throughline_tests::byhand::Credentials::of(&welcome);
    let near = server.accept().await;
    let token = "ann/30000".to_owned();
    socket.send(&Frame::Token(Token { token })).await;
    match socket.message().await {
        Some(Frame::TokenAccepted(accepted)) => {
            assert!(
                accepted.expires_in.is_some_and(|ms| ms > 20_000),
                "{accepted:?}"
            );
        }
        other => panic!("not accepted: {other:?}"),
    }
    let hello = Hello {
        token: Some("ann".to_owned()),
        ..credentials.hello()
    };
    let welcome = welcomed(greet(&http, hello).await);
    let mut poller = Poller::of(&server.target, &credentials, &welcome);
    let mut accepted = answered(poller.ask_with_token("ann/20000").await).token;
    while accepted.is_none() {
        poller.number += 1;
        accepted = soon("the hook's verdict", poller.poll(1000)).await.token;
    }
    assert!(accepted.is_some_and(|accepted| accepted.expires_in.is_some_and(|ms| ms > 10_000)));
    near.send("still here").await.expect("the session is open");
    assert_eq!(texts(&poller.poll(1000).await.items), ["still here"]);
}
