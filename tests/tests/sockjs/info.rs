//! What a client asks before all else.

use crate::client::Site;
use crate::{JSON, UNCACHED, patient};
use serde_json::Value;
use throughline::SockJs;

async fn info(site: &Site) -> Value {
    let answer = site.ask("GET", "/info", &[], "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), JSON);
    assert_eq!(answer.header("cache-control"), UNCACHED);
    assert!(!answer.headers.contains_key("expires"));
    assert!(!answer.headers.contains_key("last-modified"));
    serde_json::from_slice(&answer.body).expect("it is JSON")
}

#[tokio::test]
async fn it_tells_what_there_is() {
    let site = Site::echo(patient()).await;
    let info = info(&site).await;
    assert_eq!(info["websocket"], true);
    assert_eq!(info["cookie_needed"], false);
    assert_eq!(info["origins"], serde_json::json!(["*:*"]));
    assert!(info["entropy"].as_u64().expect("a number") < 1 << 32);
}

#[tokio::test]
async fn its_entropy_is_another_each_time() {
    let site = Site::echo(patient()).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(info(&site).await["entropy"].as_u64());
    }
    seen.dedup();
    // Four random numbers of 32 bits that are all the same are a fault.
    assert!(seen.len() > 1, "{seen:?}");
}

#[tokio::test]
async fn it_says_where_there_is_no_websocket_and_where_a_cookie_is_needed() {
    let site = Site::echo(SockJs {
        websocket: false,
        jsessionid: true,
        ..patient()
    })
    .await;
    let info = info(&site).await;
    assert_eq!(info["websocket"], false);
    assert_eq!(info["cookie_needed"], true);
}
