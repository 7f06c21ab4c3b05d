//! Faults of answers.

use crate::lab::{Lab, pending_until, rest, soon, until, whole};
use http::{Method, Version};
use http_body_util::BodyExt;
use std::time::{Duration, Instant};

// fault: cut-request
#[tokio::test]
async fn a_request_that_takes_long_is_answered_504() {
    let lab = Lab::with(&["cut-request=50ms,504"]).await;
    let start = Instant::now();
    assert_eq!(lab.get("/hold").await.unwrap().status, 504);
    assert!(start.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn a_request_that_takes_long_may_be_reset() {
    let lab = Lab::with(&["cut-request=50ms,reset"]).await;
    assert!(lab.get("/hold").await.is_err());
    assert_eq!(lab.server.seen().len(), 1);
}

#[tokio::test]
async fn an_answer_that_takes_long_is_cut_in_the_middle() {
    let lab = Lab::with(&["cut-request=200ms"]).await;
    let answer = lab.begin(Method::GET, "/stream", &[], "").await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(soon("the cut", whole(answer)).await.is_err());
}

// fault: buffered
#[tokio::test]
async fn a_stream_arrives_only_when_it_is_complete() {
    let lab = Lab::with(&["buffered"]).await;
    let answer = lab.get("/stream");
    tokio::pin!(answer);
    pending_until(&mut answer, lab.strike_of("buffered")).await;
    lab.server.go_on();
    let answer = answer.await.unwrap();
    assert_eq!(answer.body, "first,second");
    assert_eq!(answer.headers["content-length"], "12");
}

#[tokio::test]
async fn without_the_fault_a_stream_arrives_in_parts() {
    let lab = Lab::with(&[]).await;
    let mut answer = lab.begin(Method::GET, "/stream", &[], "").await.unwrap();
    let first = soon("the first part", answer.frame())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(first.into_data().unwrap(), "first,");
    lab.server.go_on();
    assert_eq!(whole(answer).await.unwrap().body, "second");
}

// fault: truncated
#[tokio::test]
async fn a_body_ends_too_early() {
    let lab = Lab::with(&["truncated=5"]).await;
    let mut stream = lab
        .raw("POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 8\r\n\r\n12345678")
        .await;
    let (text, _) = rest(&mut stream).await;
    assert!(text.contains("content-length: 11\r\n"), "{text}");
    assert!(text.ends_with("\r\n\r\n1: 12"), "{text}");
    assert!(lab.get("/stream").await.is_err());
}

// fault: chunking-stripped
#[tokio::test]
async fn an_answer_has_no_length_but_its_end() {
    let lab = Lab::with(&["chunking-stripped"]).await;
    let answer = lab.post("/", "body").await.unwrap();
    assert_eq!(
        (answer.version, &*answer.body),
        (Version::HTTP_10, "1: body")
    );
    assert!(!answer.headers.contains_key("content-length"));
    assert!(!answer.headers.contains_key("transfer-encoding"));
}

#[tokio::test]
async fn without_chunks_nobody_can_tell_a_truncated_answer() {
    let lab = Lab::with(&["chunking-stripped", "truncated=4"]).await;
    assert_eq!(lab.post("/", "body").await.unwrap().body, "1: b");
}

// fault: body-replaced
#[tokio::test]
async fn an_error_has_the_words_of_the_proxy() {
    let lab = Lab::with(&["body-replaced=errors"]).await;
    let answer = lab.get("/missing").await.unwrap();
    assert_eq!(answer.status, 404);
    assert!(answer.body.contains("better page"));
    assert_eq!(lab.get("/").await.unwrap().body, "2: ");
    lab.add("body-replaced=all");
    assert!(lab.get("/").await.unwrap().body.contains("better page"));
}

// fault: status-replaced
#[tokio::test]
async fn an_error_comes_as_a_success() {
    let lab = Lab::with(&["status-replaced=200"]).await;
    let answer = lab.get("/missing").await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), &*answer.body),
        (200, "the server's own words")
    );
}

// fault: types-blocked
#[tokio::test]
async fn a_content_type_is_blocked_in_both_directions() {
    let lab = Lab::with(&["types-blocked"]).await;
    assert_eq!(lab.get("/binary").await.unwrap().status, 403);
    assert_eq!(lab.get("/").await.unwrap().status, 200);
    let binary = [("content-type", "application/octet-stream")];
    let answer = lab.ask(Method::POST, "/", &binary, "x").await.unwrap();
    assert_eq!(answer.status, 403);
    until("both requests", || lab.server.seen().len() == 2).await;
}
