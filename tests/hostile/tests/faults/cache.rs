//! The cache.

use crate::lab::Lab;

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
