//! Faults in which somebody else answers.

use crate::lab::Lab;

// fault: captive-portal
#[tokio::test]
async fn a_captive_portal_answers_everything_with_its_page() {
    let lab = Lab::with(&["captive-portal"]).await;
    let answer = lab.post("/poll", "body").await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
    assert!(answer.body.contains("log in"));
    assert_eq!(lab.handshake_status().await, 200);
    assert!(lab.server.seen().is_empty());
}

#[tokio::test]
async fn a_captive_portal_may_redirect_instead() {
    let lab = Lab::with(&["captive-portal=redirect"]).await;
    let answer = lab.get("/").await.unwrap();
    assert_eq!(answer.status, 302);
    assert_eq!(answer.headers["location"], "http://portal.invalid/login");
}

// fault: waf
#[tokio::test]
async fn a_firewall_answers_with_its_block_page() {
    let lab = Lab::with(&["waf=503"]).await;
    let answer = lab.get("/").await.unwrap();
    assert_eq!(answer.status, 503);
    assert_eq!(answer.headers["cf-mitigated"], "challenge");
    assert!(answer.body.starts_with("<!doctype html>"));
    assert!(lab.server.seen().is_empty());
}
