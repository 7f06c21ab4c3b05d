//! The authentication hook: what it sees, and what a client that is turned down is told.

use crate::{Bystanders, greet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throughline::{Admission, Attempt, Code, Config, Identity, Refusal, SignedTokens};
use throughline_core::session::Transport;
use throughline_core::wire::native::{Frame, Refuse, Response};
use throughline_tests::byhand::{code, greet_with, hello, hello_with};
use throughline_tests::client::{Client, NotConnected, Plan};
use throughline_tests::form::Form;
use throughline_tests::http::Http;
use throughline_tests::server::Server;
use throughline_tests::socket::Socket;

const TRANSPORTS: [Transport; 3] = [
    Transport::WebSocket,
    Transport::LongPoll,
    Transport::Periodic,
];

async fn refused(server: &Server, on: Transport, plan: Plan) -> Refuse {
    match Client::try_connect(&server.target, on, plan).await {
        Err(NotConnected::Refused(refuse)) => refuse,
        other => panic!("not refused over {on}: {other:?}"),
    }
}

#[tokio::test]
async fn a_refusal_has_the_hooks_own_code_and_reason_on_every_transport() {
    let banned = Code::application(3403).expect("a code of an application");
    let hook = move |attempt: Attempt| async move {
        match attempt.token() {
            Some("banned") => Err(Refusal::new(banned, "banned until Monday")),
            Some("later") => {
                Err(Refusal::unavailable("the database sleeps").retry_after(Duration::from_secs(7)))
            }
            Some(name) => Ok(Identity::new(name).into()),
            None => Err(Refusal::unauthorized("a token is needed")),
        }
    };
    let server = Server::echo(|builder| builder.authenticate(hook)).await;
    for on in TRANSPORTS {
        let refuse = refused(&server, on, Plan::default()).await;
        assert_eq!(
            (refuse.code, refuse.reason.as_str()),
            (Code::UNAUTHORIZED, "a token is needed")
        );
        assert_eq!(refuse.retry_after, None);
        let refuse = refused(&server, on, Plan::with_token("banned")).await;
        assert_eq!(
            (refuse.code, refuse.reason.as_str()),
            (banned, "banned until Monday")
        );
        let refuse = refused(&server, on, Plan::with_token("later")).await;
        assert_eq!(
            (refuse.code, refuse.retry_after),
            (Code::UNAVAILABLE, Some(7000))
        );
        let client = Client::try_connect(&server.target, on, Plan::with_token("ann")).await;
        let client = client.expect("ann may come in");
        client.send("hello").await.expect("the session is open");
        assert_eq!(client.text().await, "hello");
    }
}

#[tokio::test]
async fn the_hook_sees_the_request_and_the_address() {
    type Seen = (Option<String>, Option<String>, Option<IpAddr>);
    let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
    let noted = Arc::clone(&seen);
    let hook = move |attempt: Attempt| {
        let header = |name| {
            attempt
                .headers()
                .get(name)?
                .to_str()
                .ok()
                .map(str::to_owned)
        };
        let saw = (
            header("x-from"),
            attempt.token().map(str::to_owned),
            attempt.address(),
        );
        noted.lock().expect("no test panics with it").push(saw);
        async { Ok::<Admission, Refusal>(Identity::new("ann").into()) }
    };
    let server = Server::echo(|builder| builder.authenticate(hook)).await;
    for on in TRANSPORTS {
        let plan = Plan::with_token("t").header("x-from", on.name());
        let client = Client::try_connect(&server.target, on, plan).await;
        drop(client.expect("everybody may come in"));
        let saw = seen.lock().expect("no test panics with it").pop();
        let loopback = IpAddr::from([127, 0, 0, 1]);
        let expected = (
            Some(on.name().to_owned()),
            Some("t".to_owned()),
            Some(loopback),
        );
        assert_eq!(saw, Some(expected));
    }
}

#[tokio::test]
async fn a_hook_that_hangs_or_panics_has_given_no_verdict_and_harms_nobody() {
    let hook = |attempt: Attempt| async move {
        match attempt.token() {
            Some("hang") => std::future::pending().await,
            Some("panic") => panic!("as the test asked for"),
            _ => Ok::<Admission, Refusal>(Identity::new("ann").into()),
        }
    };
    let config = Config {
        authentication: Duration::from_millis(200),
        ..Config::default()
    };
    let server = Server::echo(|builder| builder.authenticate(hook).config(config)).await;
    let bystanders = Bystanders::of(&server).await;
    for on in TRANSPORTS {
        for token in ["hang", "panic"] {
            let refuse = refused(&server, on, Plan::with_token(token)).await;
            assert_eq!(refuse.code, Code::UNAVAILABLE, "{token} over {on}");
        }
    }
    bystanders.are_unharmed().await;
}

#[tokio::test]
async fn signed_tokens_let_in_whom_they_name_and_nobody_else() {
    let tokens = SignedTokens::new(&[1; 32]);
    let mut server = Server::start(|builder| builder.authenticate(tokens.clone())).await;
    let ann = Identity::new("ann");
    let token = tokens
        .issue(&ann, Duration::from_secs(60))
        .expect("ann has a name");
    for on in TRANSPORTS {
        let client = Client::try_connect(&server.target, on, Plan::with_token(&token)).await;
        let _client = client.expect("the token is good");
        assert_eq!(server.accept().await.identity(), &ann);
    }
    let others = SignedTokens::new(&[2; 32]);
    let forged = others
        .issue(&ann, Duration::from_secs(60))
        .expect("ann has a name");
    let expired = tokens.issue(&ann, Duration::ZERO).expect("ann has a name");
    let mut changed = token.clone();
    changed.pop();
    let http = Http::new(&server.target);
    for bad in [
        forged.as_str(),
        &expired,
        &changed,
        "",
        "v4.local.",
        "nonsense",
    ] {
        let response = greet_with(Form::Post, &http, &[], hello_with(bad)).await;
        assert_eq!(code(&response), Code::UNAUTHORIZED, "{bad}");
    }
    assert_eq!(code(&greet(&server.target, &[]).await), Code::UNAUTHORIZED);
}

#[tokio::test]
async fn a_refused_hello_may_be_followed_by_a_better_one_on_the_same_websocket() {
    let hook = |attempt: Attempt| async move {
        match attempt.token() {
            Some(name) => Ok(Admission::new(Identity::new(name))),
            None => Err(Refusal::unauthorized("a token is needed")),
        }
    };
    let mut server = Server::start(|builder| builder.authenticate(hook)).await;
    let mut socket = Socket::open(&server.target).await;
    socket.send(&Frame::Hello(Box::new(hello()))).await;
    let refused = socket.frame().await;
    assert!(matches!(refused, Some(Frame::Refuse(_))), "{refused:?}");
    let welcome = socket.welcome(hello_with("ann")).await;
    socket.begin(welcome.generation).await;
    assert_eq!(server.accept().await.identity().name(), Some("ann"));
}

#[tokio::test]
async fn without_a_hook_a_token_is_ignored() {
    let server = Server::echo(|builder| builder).await;
    let response = greet_with(
        Form::Post,
        &Http::new(&server.target),
        &[],
        hello_with("whatever"),
    )
    .await;
    assert!(matches!(response, Response::Welcome(_)));
}
