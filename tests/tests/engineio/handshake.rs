//! The first request: what a session is opened with, and everything that opens none.

use crate::{echo, with};
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;
use throughline::{Admission, Attempt, EngineIo, Refusal, Throughline};
use throughline_tests::engineio::{Poller, Ws, ask, path, refusal};
use throughline_tests::http::Http;
use throughline_tests::server::{Server, echo as echoing};

fn settings() -> EngineIo {
    EngineIo {
        ping_interval: Duration::from_millis(4_321),
        ping_timeout: Duration::from_millis(1_234),
        max_payload: 98_765,
        ..EngineIo::default()
    }
}

/// Exactly these members, for clients that take no others.
fn assert_opens(packet: &str, upgrades: &Value) {
    let body = packet.strip_prefix('0').expect("the first packet opens");
    let members: Value = serde_json::from_str(body).expect("it is JSON");
    let sid = members["sid"].as_str().expect("there is a sid");
    assert!(!sid.is_empty() && is_plain(sid), "{sid}");
    let expected = json!({
        "sid": sid,
        "upgrades": upgrades,
        "pingInterval": 4321,
        "pingTimeout": 1234,
        "maxPayload": 98765,
    });
    assert_eq!(members, expected);
}

/// Whether it stands in a URL as it is, since some clients do not encode it.
fn is_plain(sid: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    sid.bytes().all(plain)
}

#[tokio::test]
async fn polling_is_opened_with_five_members_and_may_move_to_a_websocket() {
    let server = with(settings()).await;
    let http = Http::new(&server.target);
    let path = path(&server.target, "EIO=4&transport=polling&t=abc");
    let answer = ask(&http, Method::GET, &path, "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/plain; charset=UTF-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_opens(&answer.text(), &json!(["websocket"]));
}

#[tokio::test]
async fn a_websocket_is_opened_with_five_members_and_moves_nowhere() {
    let server = with(settings()).await;
    let connected = Ws::connect(&server.target, "EIO=4&transport=websocket", &[]).await;
    let mut ws = connected.expect("the handshake succeeds");
    assert_opens(&ws.text().await, &json!([]));
}

#[tokio::test]
async fn where_upgrades_are_off_none_is_offered() {
    let settings = EngineIo {
        upgrades: false,
        ..settings()
    };
    let server = with(settings).await;
    let poller = Poller::open(&server.target).await;
    assert!(poller.handshake.upgrades.is_empty());
}

#[tokio::test]
async fn no_two_sessions_have_the_same_sid() {
    let server = echo().await;
    let first = Poller::open(&server.target).await;
    let second = Poller::open(&server.target).await;
    assert_ne!(first.handshake.sid, second.handshake.sid);
}

/// Each with the code and the message of the reference.
const REFUSED: [(&str, &str, u8, &str); 12] = [
    (
        "GET",
        "transport=polling",
        5,
        "Unsupported protocol version",
    ),
    (
        "GET",
        "EIO=3&transport=polling",
        5,
        "Unsupported protocol version",
    ),
    (
        "GET",
        "EIO=abc&transport=polling",
        5,
        "Unsupported protocol version",
    ),
    ("GET", "EIO=4", 0, "Transport unknown"),
    ("GET", "EIO=4&transport=abc", 0, "Transport unknown"),
    ("GET", "EIO=4&transport=__proto__", 0, "Transport unknown"),
    ("GET", "EIO=4&transport=websocket", 3, "Bad request"),
    ("POST", "EIO=4&transport=polling", 2, "Bad handshake method"),
    ("PUT", "EIO=4&transport=polling", 2, "Bad handshake method"),
    (
        "GET",
        "EIO=4&transport=polling&sid=abc",
        1,
        "Session ID unknown",
    ),
    (
        "POST",
        "EIO=4&transport=polling&sid=a.b.c",
        1,
        "Session ID unknown",
    ),
    (
        "GET",
        "EIO=4&transport=polling&sid=__proto__",
        1,
        "Session ID unknown",
    ),
];

#[tokio::test]
async fn whatever_opens_no_session_is_told_why() {
    let server = echo().await;
    let http = Http::new(&server.target);
    for (method, query, code, message) in REFUSED {
        let method = method.parse().expect("a method");
        let answer = ask(&http, method, &path(&server.target, query), "").await;
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(answer.header("content-type"), "application/json");
        let body: Value = serde_json::from_slice(&answer.body).expect("it is JSON");
        assert_eq!(body, json!({"code": code, "message": message}), "{query}");
    }
}

#[tokio::test]
async fn a_websocket_that_opens_no_session_fails_with_a_sentence() {
    let server = echo().await;
    for (query, message) in [
        ("transport=websocket", "Unsupported protocol version"),
        (
            "EIO=abc&transport=websocket",
            "Unsupported protocol version",
        ),
        ("EIO=4", "Transport unknown"),
        ("EIO=4&transport=abc", "Transport unknown"),
        ("EIO=4&transport=polling", "Bad request"),
        ("EIO=4&transport=websocket&sid=abc", "Session ID unknown"),
    ] {
        let connected = Ws::connect(&server.target, query, &[]).await;
        assert_eq!(refusal(connected), (400, message.to_owned()), "{query}");
    }
}

#[tokio::test]
async fn a_method_that_a_session_does_not_know_harms_it_not() {
    let server = echo().await;
    let poller = Poller::open(&server.target).await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = ask(&poller.http, method, &poller.path(""), "4hello").await;
        assert_eq!(answer.status, 400);
    }
    poller.send("4hello").await;
    assert_eq!(poller.packets().await, ["4hello"]);
}

async fn nobody(_: Attempt) -> Result<Admission, Refusal> {
    Err(Refusal::unauthorized("not you"))
}

#[tokio::test]
async fn the_application_says_no_in_its_own_words() {
    let builder = Throughline::builder()
        .engine_io(EngineIo::default())
        .authenticate(nobody)
        .on_session(echoing);
    let server = Server::with(builder).await;
    let http = Http::new(&server.target);
    let path = path(&server.target, "EIO=4&transport=polling");
    let answer = ask(&http, Method::GET, &path, "").await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.text(), r#"{"code":4,"message":"not you"}"#);
    let connected = Ws::connect(&server.target, "EIO=4&transport=websocket", &[]).await;
    assert_eq!(refusal(connected), (400, "not you".to_owned()));
}
