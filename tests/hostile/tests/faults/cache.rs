//! The cache.

use crate::lab::{Lab, pending_until, until, whole};
use http::Method;

// fault: get-cached
#[tokio::test]
async fn the_first_answer_to_a_get_is_the_answer_to_all() {
    let lab = Lab::with(&["get-cached"]).await;
    assert_eq!(lab.get("/a?n=1").await.unwrap().body, "1: ");
    assert_eq!(lab.get("/a?n=1").await.unwrap().body, "1: ");
    assert_eq!(lab.get("/a?n=2").await.unwrap().body, "2: ");
    assert_eq!(lab.post("/a?n=1", "x").await.unwrap().body, "3: x");
    assert_eq!(lab.server.seen().len(), 3);
}

// fault: get-serialised
#[tokio::test]
async fn the_same_get_waits_for_the_one_before_it() {
    let lab = Lab::with(&["get-serialised"]).await;
    let first = lab.begin(Method::GET, "/stream", &[], "").await.unwrap();
    let second = lab.begin(Method::GET, "/stream", &[], "");
    tokio::pin!(second);
    let struck = until("two strikes", || lab.struck("get-serialised") == 2);
    pending_until(&mut second, struck).await;
    assert_eq!(lab.get("/other").await.unwrap().status, 200);
    assert_eq!(lab.server.seen().len(), 2);
    lab.server.go_on();
    assert_eq!(whole(first).await.unwrap().body, "first,second");
    assert_eq!(second.await.unwrap().status(), 200);
}
