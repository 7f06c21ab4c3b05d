//! Bounds before allocation: bodies that are too long, too slow, or never end.

use crate::Bystanders;
use std::time::Duration;
use throughline::{Config, Limits};
use throughline_tests::raw::Raw;
use throughline_tests::server::Server;
use throughline_tests::wait::{soon, timed};

const BATCH: usize = 100_000;

fn config() -> Config {
    Config {
        limits: Limits {
            batch: BATCH,
            ..Limits::default()
        },
        body: Duration::from_millis(400),
        ..Config::default()
    }
}

fn post(server: &Server, headers: &str) -> String {
    let path = server.target.path("poll");
    format!("POST {path} HTTP/1.1\r\nHost: here\r\n{headers}\r\n\r\n")
}

// spec: LIM-2, LIM-3
#[tokio::test]
async fn a_body_that_announces_too_much_is_refused_before_any_of_it_is_read() {
    let server = Server::echo(|builder| builder.config(config())).await;
    let bystanders = Bystanders::of(&server).await;
    for length in [BATCH as u64 + 1, 10_000_000_000, u64::MAX / 4] {
        let mut raw = Raw::connect(&server.target).await;
        raw.write(post(&server, &format!("Content-Length: {length}")))
            .await;
        let answer = raw.answer().await;
        assert_eq!(answer.status(), 413, "{length}");
        assert!(!answer.body.is_empty());
        assert!(raw.closed().await.is_empty());
    }
    bystanders.are_unharmed().await;
}

// spec: LIM-3
#[tokio::test]
async fn a_body_without_a_length_is_refused_as_soon_as_it_is_too_long() {
    let server = Server::echo(|builder| builder.config(config())).await;
    let bystanders = Bystanders::of(&server).await;
    let mut raw = Raw::connect(&server.target).await;
    raw.write(post(&server, "Transfer-Encoding: chunked")).await;
    let chunk = format!("3e8\r\nTL1\u{7f}{}\r\n", "x".repeat(996));
    for _ in 0..=BATCH / 1000 {
        raw.write(&chunk).await;
    }
    // The end never comes, and need not.
    assert_eq!(raw.answer().await.status(), 413);
    bystanders.are_unharmed().await;
}

// spec: LIM-1, LIM-3
#[tokio::test]
async fn a_hello_has_a_bound_of_its_own() {
    let server = Server::echo(|builder| builder.config(config())).await;
    let mut raw = Raw::connect(&server.target).await;
    let length = 50_000;
    raw.write(post(&server, &format!("Content-Length: {length}")))
        .await;
    raw.write(b"TL1\xff\x01").await;
    raw.write(vec![b' '; 17_000]).await;
    assert_eq!(raw.answer().await.status(), 413);
}

#[tokio::test]
async fn a_slow_body_meets_a_deadline_and_holds_up_nobody() {
    let server = Server::echo(|builder| builder.config(config())).await;
    let bystanders = Bystanders::of(&server).await;
    let mut slow = Vec::new();
    for _ in 0..20 {
        let mut raw = Raw::connect(&server.target).await;
        raw.write(post(&server, "Content-Length: 1000")).await;
        raw.write(b"TL1\xff").await;
        slow.push(raw);
    }
    bystanders.are_unharmed().await;
    let ((), took) = timed(async {
        for raw in &mut slow {
            assert_eq!(raw.answer().await.status(), 408);
        }
    })
    .await;
    assert!(took < Duration::from_secs(10), "{took:?}");
    bystanders.are_unharmed().await;
}

/// What arrives slowly takes memory, so one address may have so much under way, and nobody else is held up.
#[tokio::test]
async fn many_slow_bodies_of_one_address_find_no_more_room() {
    let config = Config {
        body: Duration::from_secs(30),
        body_bytes_per_address: BATCH + 4096,
        ..config()
    };
    let server = Server::echo(|builder| builder.config(config)).await;
    let mut slow = Vec::new();
    for _ in 0..30 {
        let mut raw = Raw::connect(&server.target).await;
        raw.write(post(&server, "Content-Length: 1000")).await;
        raw.write(b"TL1\xff").await;
        slow.push(raw);
    }
    let mut refused = slow.pop().expect("there are thirty");
    let answer = refused.answer().await;
    assert_eq!(answer.status(), 429);
    assert!(!answer.header("retry-after").is_empty());
    assert!(
        answer.body.contains("104096 are accepted"),
        "{}",
        answer.body
    );
    drop(slow);
    soon("there is room again", async {
        while !has_room(&server).await {}
    })
    .await;
}

async fn has_room(server: &Server) -> bool {
    let mut raw = Raw::connect(&server.target).await;
    raw.write(post(server, "Content-Length: 3")).await;
    raw.write(b"TL1").await;
    raw.answer().await.status() == 400
}

/// One byte now and then is slow as well: the deadline is the whole body's.
#[tokio::test]
async fn a_body_that_drips_meets_the_same_deadline() {
    let server = Server::echo(|builder| builder.config(config())).await;
    let mut raw = Raw::connect(&server.target).await;
    raw.write(post(&server, "Content-Length: 90000")).await;
    let mut drip = tokio::time::interval(Duration::from_millis(20));
    let dripping = async {
        loop {
            tokio::select! {
                _ = drip.tick() => {}
                answer = raw.answer_or_pending() => return answer,
            }
            raw.write(b"x").await;
        }
    };
    assert_eq!(soon("the deadline", dripping).await.status(), 408);
}
