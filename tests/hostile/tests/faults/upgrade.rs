//! Faults of the handshake.

use crate::lab::{Lab, pending_until};

// fault: upgrade-refused
#[tokio::test]
async fn a_handshake_is_refused_with_any_status() {
    for status in [400, 403, 407, 426, 501, 502, 302] {
        let lab = Lab::with(&[&format!("upgrade-refused={status}")]).await;
        assert_eq!(lab.handshake_status().await, status);
        assert!(lab.server.seen().is_empty());
        assert_eq!(lab.get("/").await.unwrap().status, 200);
    }
}

// fault: upgrade-stripped
#[tokio::test]
async fn a_page_comes_back_in_place_of_a_websocket() {
    let lab = Lab::with(&["upgrade-stripped"]).await;
    assert_eq!(lab.handshake_status().await, 200);
    assert!(lab.server.seen().is_empty());
}

#[tokio::test]
async fn the_server_sees_a_plain_request_in_place_of_a_handshake() {
    let lab = Lab::with(&["upgrade-stripped=upstream"]).await;
    assert_eq!(lab.handshake_status().await, 200);
    assert!(!lab.server.only().headers.contains_key("upgrade"));
}

// fault: upgrade-hung
#[tokio::test]
async fn a_handshake_is_never_answered() {
    let lab = Lab::with(&["upgrade-hung"]).await;
    pending_until(lab.websocket(), lab.strike_of("upgrade-hung")).await;
    assert!(lab.server.seen().is_empty());
    assert_eq!(lab.get("/").await.unwrap().status, 200);
}

// fault: upgrade-unrelayed
#[tokio::test]
async fn a_101_is_never_passed_on() {
    let lab = Lab::with(&["upgrade-unrelayed"]).await;
    pending_until(lab.websocket(), lab.strike_of("upgrade-unrelayed")).await;
    assert!(lab.server.only().headers.contains_key("upgrade"));
    assert_eq!(lab.counts().upgrades, 0);
}
