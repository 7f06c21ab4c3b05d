//! Faults of requests.

use crate::lab::{Lab, pending_until, until};
use http::{Method, Version};

// fault: methods-allowed
#[tokio::test]
async fn an_odd_method_is_refused() {
    let lab = Lab::with(&["methods-allowed"]).await;
    assert_eq!(
        lab.ask(Method::DELETE, "/", &[], "").await.unwrap().status,
        405
    );
    assert!(lab.server.seen().is_empty());
    assert_eq!(lab.post("/", "x").await.unwrap().status, 200);
}

// fault: headers-stripped
#[tokio::test]
async fn headers_vanish_in_both_directions() {
    let lab = Lab::with(&["headers-stripped=x-*,authorization"]).await;
    let headers = [
        ("x-token", "1"),
        ("authorization", "Bearer 1"),
        ("accept", "*/*"),
    ];
    let answer = lab
        .ask(Method::GET, "/labelled", &headers, "")
        .await
        .unwrap();
    assert!(!answer.headers.contains_key("x-label"));
    assert_eq!(answer.headers["content-language"], "en");
    let seen = lab.server.only().headers;
    assert!(!seen.contains_key("x-token") && !seen.contains_key("authorization"));
    assert_eq!(seen["accept"], "*/*");
}

// fault: cookies-stripped
#[tokio::test]
async fn no_cookie_comes_through() {
    let lab = Lab::with(&["cookies-stripped"]).await;
    let answer = lab
        .ask(Method::GET, "/labelled", &[("cookie", "a=1")], "")
        .await
        .unwrap();
    assert!(!answer.headers.contains_key("set-cookie"));
    assert_eq!(answer.headers["x-label"], "1");
    assert!(!lab.server.only().headers.contains_key("cookie"));
}

// fault: http10
#[tokio::test]
async fn the_server_is_asked_in_http_1_0() {
    let lab = Lab::with(&["http10"]).await;
    assert_eq!(lab.post("/", "body").await.unwrap().body, "1: body");
    assert_eq!(lab.server.only().version, Version::HTTP_10);
    assert_eq!(lab.handshake_status().await, 200);
}

// fault: post-swallowed
#[tokio::test]
async fn the_body_of_a_post_never_arrives() {
    let lab = Lab::with(&["post-swallowed"]).await;
    let head_seen = until("the head", || !lab.server.seen().is_empty());
    pending_until(lab.post("/", "body"), head_seen).await;
    assert_eq!(lab.server.only().body, None);
    assert_eq!(lab.get("/").await.unwrap().status, 200);
}

// fault: post-aborted
#[tokio::test]
async fn a_post_fails_and_was_executed() {
    let lab = Lab::with(&["post-aborted=executed"]).await;
    assert!(lab.post("/", "body").await.is_err());
    assert_eq!(lab.server.only().body.as_deref(), Some("body"));
}

#[tokio::test]
async fn a_post_fails_and_was_lost() {
    let lab = Lab::with(&["post-aborted=lost"]).await;
    assert!(lab.post("/", "body").await.is_err());
    assert!(lab.server.seen().is_empty());
    assert_eq!(lab.struck("post-aborted"), 1);
}
