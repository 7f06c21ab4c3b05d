//! Pages of other origins: who may ask, who may read, and what a preflight is answered with.

use crate::with;
use bytes::Bytes;
use http::{Method, StatusCode};
use throughline::{EngineIo, Throughline};
use throughline_tests::engineio::{Ws, path, refusal};
use throughline_tests::http::{Answer, Http};
use throughline_tests::server::{Server, echo};

const PAGE: &str = "https://app.example";
const HANDSHAKE: &str = "EIO=4&transport=polling";

async fn ask(server: &Server, method: Method, headers: &[(&str, &str)]) -> Answer {
    let path = path(&server.target, HANDSHAKE);
    let http = Http::new(&server.target);
    let asked = http.request(method, &path, headers, Bytes::new()).await;
    asked.expect("a whole answer")
}

async fn open_to_all() -> Server {
    let builder = Throughline::builder()
        .engine_io(EngineIo::default())
        .allow_any_origin()
        .on_session(echo);
    Server::with(builder).await
}

#[tokio::test]
async fn a_page_that_may_ask_may_read() {
    let server = open_to_all().await;
    let answer = ask(&server, Method::GET, &[("origin", PAGE)]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), PAGE);
    assert_eq!(answer.header("vary"), "origin");
}

/// Clients that send cookies, for a balancer that is sticky by one, can read nothing otherwise.
#[tokio::test]
async fn cookies_are_invited_from_origins_that_are_listed_and_from_no_others() {
    const INVITED: &str = "access-control-allow-credentials";
    let builder = Throughline::builder()
        .engine_io(EngineIo::default())
        .allow_origins([PAGE])
        .on_session(echo);
    let server = Server::with(builder).await;
    for method in [Method::GET, Method::OPTIONS] {
        let listed = ask(&server, method.clone(), &[("origin", PAGE)]).await;
        assert_eq!(listed.header(INVITED), "true");
        let other = ask(&server, method, &[("origin", "https://other.example")]).await;
        assert!(!other.headers.contains_key(INVITED));
    }
    let open = open_to_all().await;
    let answer = ask(&open, Method::GET, &[("origin", PAGE)]).await;
    assert!(!answer.headers.contains_key(INVITED));
}

#[tokio::test]
async fn a_page_may_read_why_it_has_no_session() {
    let server = open_to_all().await;
    let answer = ask(&server, Method::PUT, &[("origin", PAGE)]).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.header("access-control-allow-origin"), PAGE);
}

#[tokio::test]
async fn a_preflight_allows_the_headers_that_are_asked_for() {
    let server = open_to_all().await;
    let headers = [
        ("origin", PAGE),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "x-custom, authorization"),
    ];
    let answer = ask(&server, Method::OPTIONS, &headers).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert!(answer.body.is_empty());
    assert_eq!(answer.header("access-control-allow-origin"), PAGE);
    assert_eq!(
        answer.header("access-control-allow-headers"),
        "x-custom, authorization"
    );
    let methods = answer.header("access-control-allow-methods");
    assert!(
        methods.contains("GET") && methods.contains("POST"),
        "{methods}"
    );
}

/// To its own origin a browser polls without `Origin`, and programs that are no browsers never have one.
#[tokio::test]
async fn cookies_need_no_origin() {
    let server = with(EngineIo::default()).await;
    let cookie = ("cookie", "session=1");
    let opened = ask(&server, Method::GET, &[cookie]).await;
    assert_eq!(opened.status, 200);
    let foreign = [cookie, ("sec-fetch-site", "cross-site")];
    let refused = ask(&server, Method::GET, &foreign).await;
    assert_eq!(refused.status, 403);
}

#[tokio::test]
async fn a_page_that_may_not_ask_opens_nothing() {
    let server = with(EngineIo::default()).await;
    for method in [Method::GET, Method::OPTIONS] {
        let answer = ask(&server, method, &[("origin", PAGE)]).await;
        assert_eq!(answer.status, 403);
        assert!(
            answer.text().starts_with(r#"{"code":4,"#),
            "{}",
            answer.text()
        );
    }
    let query = "EIO=4&transport=websocket";
    let connected = Ws::connect(&server.target, query, &[("origin", PAGE)]).await;
    let (status, _) = refusal(connected);
    assert_eq!(status, 403);
}
