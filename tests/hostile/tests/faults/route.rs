//! Faults of the choice of a server.

use crate::lab::Lab;
use crate::server::Server;

// fault: post-repeated
#[tokio::test]
async fn a_post_is_executed_twice() {
    let lab = Lab::with(&["post-repeated"]).await;
    assert_eq!(lab.post("/", "body").await.unwrap().body, "2: body");
    let bodies: Vec<_> = lab
        .server
        .seen()
        .into_iter()
        .map(|seen| seen.body)
        .collect();
    assert_eq!(bodies, [Some("body".to_owned()), Some("body".to_owned())]);
    lab.get("/").await.unwrap();
    assert_eq!(lab.server.seen().len(), 3);
}

// fault: get-repeated
#[tokio::test]
async fn a_get_is_sent_again_to_another_server() {
    let other = Server::start().await;
    let lab = Lab::with(&[&format!("get-repeated={}", other.address)]).await;
    assert_eq!(lab.get("/").await.unwrap().body, "1: ");
    assert_eq!((lab.server.seen().len(), other.seen().len()), (1, 1));
    lab.post("/", "").await.unwrap();
    assert_eq!((lab.server.seen().len(), other.seen().len()), (2, 1));
}

// fault: not-sticky
#[tokio::test]
async fn requests_go_round_among_servers() {
    let other = Server::start().await;
    let lab = Lab::with(&[&format!("not-sticky={}", other.address)]).await;
    for _ in 0..6 {
        lab.get("/").await.unwrap();
    }
    assert_eq!((lab.server.seen().len(), other.seen().len()), (3, 3));
}

// fault: misrouted
#[tokio::test]
async fn some_requests_go_to_a_server_that_does_not_know_the_session() {
    let other = Server::start().await;
    let lab = Lab::with(&[&format!("misrouted={} path=/poll times=1", other.address)]).await;
    for path in ["/", "/poll", "/poll"] {
        lab.get(path).await.unwrap();
    }
    assert_eq!((lab.server.seen().len(), other.seen().len()), (2, 1));
}
