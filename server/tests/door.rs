//! The front door: origins, authentication, capacity, logout.

mod common;

use axum::body::Body;
use common::{Server, echo, echo_server, new_session, resume, text, with_token};
use http::header::{
    ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ORIGIN, RETRY_AFTER, VARY,
};
use http::{Method, Request, StatusCode};
use std::time::Duration;
use throughline::{
    Admission, Attempt, Code, Config, Identity, Message, MissingOrigin, Refusal, SignedTokens,
    Throughline,
};
use throughline_core::wire::native::{
    Frame, PollRequest, Refuse, Request as Batch, Response as Answer, Token, TokenAccepted,
};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite;

const APP: &str = "https://app.example";

fn listed() -> Server {
    Server::new(Throughline::builder().allow_origins([APP]).on_session(echo))
}

async fn refusal(server: &Server, headers: &[(&str, &str)]) -> Option<Refuse> {
    let hello = Batch::Hello(Box::new(new_session())).encode();
    let (status, _, body) = server.post_bytes(hello, headers).await;
    assert_eq!(status, StatusCode::OK);
    match Answer::decode(&body).expect("it is a batch") {
        Answer::Refuse(refuse) => Some(*refuse),
        Answer::Welcome(_) => None,
        other => panic!("neither welcome nor refuse: {other:?}"),
    }
}

#[tokio::test]
async fn a_foreign_origin_is_refused_and_told_both_values() {
    let server = listed();
    let refuse = refusal(&server, &[("origin", "https://evil.example")])
        .await
        .unwrap();
    assert_eq!(refuse.code, Code::ORIGIN);
    assert!(
        refuse.reason.contains("https://evil.example"),
        "{}",
        refuse.reason
    );
    assert!(refuse.reason.contains(APP), "{}", refuse.reason);

    let Err(tungstenite::Error::Http(response)) =
        server.try_websocket(Some("https://evil.example")).await
    else {
        panic!("the handshake was not refused");
    };
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(server.try_websocket(Some(APP)).await.is_ok());
}

#[tokio::test]
async fn the_same_origin_may_come_in_by_default() {
    let server = echo_server();
    assert_eq!(refusal(&server, &[("origin", "https://here")]).await, None);
    assert!(refusal(&server, &[("origin", APP)]).await.is_some());
}

#[tokio::test]
async fn cookies_need_an_origin() {
    let server = echo_server();
    assert_eq!(refusal(&server, &[]).await, None);
    assert!(refusal(&server, &[("cookie", "a=b")]).await.is_some());
    assert_eq!(
        refusal(&server, &[("cookie", "a=b"), ("origin", "http://here")]).await,
        None
    );
}

#[tokio::test]
async fn a_missing_origin_can_be_refused() {
    let builder = Throughline::builder()
        .missing_origin(MissingOrigin::Refuse)
        .on_session(echo);
    assert!(refusal(&Server::new(builder), &[]).await.is_some());
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_may_read_the_answers() {
    let server = listed();
    let hello = Batch::Hello(Box::new(new_session())).encode();
    let (_, headers, _) = server.post_bytes(hello, &[("origin", APP)]).await;
    assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], APP);
    assert_eq!(headers[VARY], "origin");
    let (status, headers, _) = server.post_bytes("nonsense", &[("origin", APP)]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], APP);
}

// Else its client sees a failed request like any other, and asks for ever.
#[tokio::test]
async fn a_page_of_a_refused_origin_may_read_its_refusal() {
    let evil = "https://evil.example";
    let hello = Batch::Hello(Box::new(new_session())).encode();
    let (_, headers, _) = listed().post_bytes(hello, &[("origin", evil)]).await;
    assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], evil);
    assert_eq!(headers[VARY], "origin");
}

#[tokio::test]
async fn a_preflight_is_answered() {
    let request = Request::builder()
        .method(Method::OPTIONS)
        .uri("/realtime/poll");
    let request = request.header(ORIGIN, APP).body(Body::empty()).unwrap();
    let response = listed().request(request).await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(
        response.headers()[ACCESS_CONTROL_ALLOW_METHODS],
        "POST, GET"
    );
    assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], APP);
}

/// A token is a name, or a name and a number of seconds.
async fn by_name(attempt: Attempt) -> Result<Admission, Refusal> {
    let token = attempt
        .token()
        .ok_or_else(|| Refusal::unauthorized("who are you?"))?;
    let (name, seconds) = token.split_once(' ').unwrap_or((token, ""));
    let admission = Admission::new(Identity::new(name));
    Ok(match seconds.parse() {
        Ok(seconds) => admission.expires_in(Duration::from_secs(seconds)),
        Err(_) => admission,
    })
}

fn by_name_server() -> Server {
    Server::new(
        Throughline::builder()
            .authenticate(by_name)
            .on_session(echo),
    )
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_hook_reaches_the_client_on_every_transport() {
    let server = by_name_server();
    let refuse = refusal(&server, &[]).await.unwrap();
    assert_eq!(
        (refuse.code, &*refuse.reason),
        (Code::UNAUTHORIZED, "who are you?")
    );
    let mut ws = server.websocket().await;
    ws.send(Frame::Hello(Box::new(new_session()))).await;
    assert_eq!(ws.next().await, Some(Frame::Refuse(Box::new(refuse))));
    ws.hello(with_token("ann")).await;
}

// spec: ATT-5, ABT-3
#[tokio::test(start_paused = true)]
async fn a_session_belongs_to_its_identity_and_its_secret() {
    let server = by_name_server();
    let mut ws = server.websocket().await;
    let welcome = ws.hello(with_token("ann")).await;
    let secret = welcome.secret.unwrap();
    let wrong = "00000000000000000000000000000000".parse().unwrap();
    let answer = async |secret, name: &str| {
        let mut hello = resume(&welcome, secret);
        hello.token = Some(name.to_owned());
        server.post(Batch::Hello(Box::new(hello))).await
    };
    assert!(
        matches!(answer(secret, "bob").await, Answer::Refuse(r) if r.code == Code::UNAUTHORIZED)
    );
    // Whoever has not the secret hears nothing of the session, whatever their name.
    for name in ["ann", "bob"] {
        let unknown = answer(wrong, name).await;
        assert!(matches!(unknown, Answer::Abort(abort) if abort.code == Code::UNKNOWN_SESSION));
    }
    assert!(matches!(answer(secret, "ann").await, Answer::Welcome(_)));
}

// spec: TOK-2
#[tokio::test(start_paused = true)]
async fn an_expired_token_ends_the_session() {
    let server = by_name_server();
    let mut ws = server.websocket().await;
    let welcome = ws.hello(with_token("ann 15")).await;
    assert_eq!(welcome.expires_in, Some(15_000));
    ws.begin(&welcome, Default::default()).await;
    let start = Instant::now();
    assert_eq!(ws.abort().await.code, Code::TOKEN_EXPIRED);
    assert_eq!(start.elapsed().as_secs(), 15);
}

// spec: TOK-1
#[tokio::test(start_paused = true)]
async fn a_token_is_refreshed_on_a_live_session() {
    let server = by_name_server();
    let mut ws = server.websocket().await;
    let welcome = ws.hello(with_token("ann 15")).await;
    ws.begin(&welcome, Default::default()).await;
    ws.send(Frame::Token(Token {
        token: "ann 3600".to_owned(),
    }))
    .await;
    let accepted = TokenAccepted {
        expires_in: Some(3_600_000),
    };
    assert_eq!(ws.next().await, Some(Frame::TokenAccepted(accepted)));
    ws.send(Frame::Token(Token {
        token: "bob 3600".to_owned(),
    }))
    .await;
    assert_eq!(ws.abort().await.code, Code::UNAUTHORIZED);
}

// spec: TOK-1
#[tokio::test(start_paused = true)]
async fn a_token_is_refreshed_by_a_poll() {
    let server = by_name_server();
    let Answer::Welcome(welcome) = server
        .post(Batch::Hello(Box::new(with_token("ann 15"))))
        .await
    else {
        panic!("no welcome");
    };
    let mut client = common::Poller::new(&server, &welcome);
    let Batch::Poll(request) = client.request(Vec::new()) else {
        panic!("not a poll")
    };
    let token = Some(Token {
        token: "ann 3600".to_owned(),
    });
    let Answer::Answer(answer) = server
        .post(Batch::Poll(PollRequest { token, ..request }))
        .await
    else {
        panic!("no answer");
    };
    assert_eq!(
        answer.token,
        Some(TokenAccepted {
            expires_in: Some(3_600_000)
        })
    );
}

#[tokio::test(start_paused = true)]
async fn signed_tokens_name_the_session() {
    let tokens = SignedTokens::new(&[9; 32]);
    let server = Server::new(
        Throughline::builder()
            .authenticate(tokens.clone())
            .on_session(|session| async move {
                let name = session.identity().name().unwrap_or_default().to_owned();
                let _ = session.send(name).await;
                session.closed().await;
            }),
    );
    assert!(refusal(&server, &[]).await.is_some());
    let token = tokens
        .issue(&Identity::new("ann"), Duration::from_secs(60))
        .unwrap();
    let mut ws = server.websocket().await;
    let welcome = ws.hello(with_token(&token)).await;
    assert!(welcome.expires_in.unwrap() <= 60_000);
    ws.begin(&welcome, Default::default()).await;
    assert_eq!(ws.next_but_acks().await, Some(text(1, "ann")));
}

#[tokio::test(start_paused = true)]
async fn logging_out_ends_every_session_of_an_identity_and_no_other() {
    let server = by_name_server();
    let mut sessions = Vec::new();
    for name in ["ann", "ann", "bob"] {
        let mut ws = server.websocket().await;
        let welcome = ws.hello(with_token(name)).await;
        ws.begin(&welcome, Default::default()).await;
        sessions.push(ws);
    }
    assert_eq!(server.realtime.log_out(&Identity::new("ann")), 2);
    let [first, second, other] = &mut sessions[..] else {
        panic!("there are three")
    };
    assert_eq!(first.abort().await.code, Code::LOGGED_OUT);
    assert_eq!(second.abort().await.code, Code::LOGGED_OUT);
    other.send(text(1, "still here")).await;
    assert_eq!(other.next_but_acks().await, Some(text(1, "still here")));
}

#[tokio::test(start_paused = true)]
async fn at_capacity_a_hello_is_told_when_to_come_back() {
    let config = Config {
        sessions: 1,
        ..Config::default()
    };
    let server = Server::new(Throughline::builder().config(config).on_session(echo));
    assert_eq!(refusal(&server, &[]).await, None);
    let refuse = refusal(&server, &[]).await.unwrap();
    assert_eq!(refuse.code, Code::AT_CAPACITY);
    assert!(refuse.retry_after.unwrap() <= 5_000);
    // The offer dies unused, and the place is free again.
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(refusal(&server, &[]).await, None);
}

#[tokio::test(start_paused = true)]
async fn an_address_has_so_many_sessions_and_attaches() {
    let config = Config {
        sessions_per_address: 3,
        attaches_per_address: 2,
        ..Config::default()
    };
    let builder = Throughline::builder()
        .trusted_proxies(["10.0.0.1"])
        .config(config);
    let mut server = Server::new(builder.on_session(echo));
    let proxy: std::net::SocketAddr = "10.0.0.1:1".parse().unwrap();
    server.app = server
        .app
        .layer(axum::Extension(axum::extract::ConnectInfo(proxy)));
    let [ann, bob] = ["198.51.100.1", "198.51.100.2"].map(|ip| [("x-forwarded-for", ip)]);
    assert_eq!(refusal(&server, &ann).await, None);
    assert_eq!(refusal(&server, &ann).await, None);
    let refuse = refusal(&server, &ann).await.unwrap();
    assert_eq!(
        refuse.reason,
        "too many unfinished attaches from this address, 2 are accepted"
    );
    assert_eq!(refusal(&server, &bob).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_handshake_beyond_the_cap_is_told_when_to_come_back() {
    let config = Config {
        attaches_per_address: 1,
        ..Config::default()
    };
    let mut server = Server::new(Throughline::builder().config(config).on_session(echo));
    let peer: std::net::SocketAddr = "192.0.2.1:1".parse().unwrap();
    server.app = server
        .app
        .layer(axum::Extension(axum::extract::ConnectInfo(peer)));
    let (_first, _) = server.open().await;
    let _second = server.websocket().await;
    let Err(tungstenite::Error::Http(response)) = server.try_websocket(None).await else {
        panic!("the handshake was not refused");
    };
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(response.headers().contains_key(RETRY_AFTER));
}

// spec: ATT-6
#[tokio::test(start_paused = true)]
async fn another_version_is_refused() {
    let mut hello = new_session();
    hello.v = 2;
    let answer = echo_server().post(Batch::Hello(Box::new(hello))).await;
    let Answer::Refuse(refuse) = answer else {
        panic!("not refused: {answer:?}")
    };
    assert_eq!(refuse.code, Code::VERSION);
    assert!(refuse.reason.contains('1'), "{}", refuse.reason);
}

#[tokio::test(start_paused = true)]
async fn the_first_known_protocol_is_agreed_on() {
    let builder = Throughline::builder()
        .protocols(["b", "a"])
        .on_session(|session| async move {
            let protocol = session.protocol().unwrap_or_default().to_owned();
            let _ = session.send(Message::text(protocol)).await;
            session.closed().await;
        });
    let server = Server::new(builder);
    let mut ws = server.websocket().await;
    let mut hello = new_session();
    hello.protocols = vec!["a".to_owned(), "b".to_owned(), "c".to_owned()];
    let welcome = ws.hello(hello).await;
    assert_eq!(welcome.protocol.as_deref(), Some("b"));
    ws.begin(&welcome, Default::default()).await;
    assert_eq!(ws.next_but_acks().await, Some(text(1, "b")));
}
