//! Which URL is what: the greeting, empty segments and dots, methods, queries, and names of sessions.

use crate::client::{MOUNT, Site};
use crate::connection::Connection;
use crate::{TEXT, patient};

#[tokio::test]
async fn the_mount_greets_with_and_without_a_slash() {
    let site = Site::echo(patient()).await;
    for path in ["", "/", "?t=1", "/?t=1"] {
        let answer = site.ask("GET", path, &[], "").await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), TEXT);
        assert_eq!(answer.text(), "Welcome to SockJS!\n");
        assert!(!answer.headers.contains_key("set-cookie"));
    }
}

#[tokio::test]
async fn a_connection_is_still_good_after_the_greeting() {
    let site = Site::echo(patient()).await;
    let mut connection = Connection::open(&site.target).await;
    for _ in 0..2 {
        connection.ask("GET", MOUNT, "", "").await;
        let head = connection.head().await;
        assert_eq!((head.status, head.header("content-length")), (200, "19"));
        assert_eq!(head.header("connection"), "");
        assert_eq!(connection.take(19).await, b"Welcome to SockJS!\n");
    }
}

#[tokio::test]
async fn empty_segments_dots_and_short_paths_are_nowhere_for_every_method() {
    let site = Site::echo(patient()).await;
    let long = format!("/000/{}/xhr", "x".repeat(257));
    for path in [
        "//",
        "///",
        "/a",
        "/a/",
        "/a/a",
        "/a/a/",
        "/a.html",
        "//xhr",
        "///xhr",
        "//a/xhr",
        "/a//xhr",
        "/a/a//xhr",
        "/a./a/xhr",
        "/a/a./xhr",
        "/./a/xhr",
        "/./././xhr",
        "/a/a/xhr//",
        "/a/a/xhr/x",
        "/a/a/unknown",
        "/a/a/XHR",
        "/infos",
        "/iframe",
        &long,
    ] {
        // Were it known, one of these would be the wrong method.
        for method in ["GET", "POST", "OPTIONS", "PUT", "HEAD"] {
            let answer = site.ask(method, path, &[], "").await;
            assert_eq!(answer.status, 404, "{method} {path}");
        }
    }
}

const METHODS: [(&str, &str); 11] = [
    ("", "GET"),
    ("/iframe.html", "GET"),
    ("/info", "GET, OPTIONS"),
    ("/000/a/xhr", "POST, OPTIONS"),
    ("/000/a/xhr_streaming", "POST, OPTIONS"),
    ("/000/a/xhr_send", "POST, OPTIONS"),
    ("/000/a/eventsource", "GET"),
    ("/000/a/htmlfile", "GET"),
    ("/000/a/jsonp", "GET"),
    ("/000/a/jsonp_send", "POST"),
    ("/000/a/websocket", "GET"),
];

#[tokio::test]
async fn another_method_is_told_which_there_are_and_nothing_else() {
    let site = Site::echo(patient()).await;
    for (path, allowed) in METHODS {
        for method in ["GET", "POST", "OPTIONS", "PUT", "DELETE", "PATCH", "HEAD"] {
            if allowed.split(", ").any(|one| one == method) {
                continue;
            }
            let answer = site.ask(method, path, &[], "").await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("allow"), allowed, "{method} {path}");
            assert!(!answer.headers.contains_key("content-type"), "{path}");
            assert!(answer.body.is_empty(), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn one_slash_may_be_at_the_end_and_any_query_after_it() {
    let site = Site::echo(patient()).await;
    for (path, first) in [
        ("/000/slash/xhr/", "o\n"),
        ("/000/query/xhr?t=1&user=a%20b", "o\n"),
        ("/000/both/xhr/?x", "o\n"),
    ] {
        let answer = site.ask("POST", path, &[], "").await;
        assert_eq!((answer.status.as_u16(), &*answer.text()), (200, first));
    }
    for path in ["/info/", "/iframe.html/", "/info?t=1"] {
        assert_eq!(site.ask("GET", path, &[], "").await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn the_server_segment_means_nothing() {
    let site = Site::echo(patient()).await;
    let answer = site.ask("POST", "/000/same/xhr", &[], "").await;
    assert_eq!(answer.text(), "o\n");
    let sent = site
        .ask("POST", "/abc/same/xhr_send", &[], r#"["x"]"#)
        .await;
    assert_eq!(sent.status, 204);
    let answer = site.ask("POST", "/999/same/xhr", &[], "").await;
    assert_eq!(answer.text(), "a[\"x\"]\n");
}

#[tokio::test]
async fn names_are_taken_as_they_are_written() {
    let site = Site::echo(patient()).await;
    let long = "x".repeat(256);
    // An escape is not decoded: these are as many sessions.
    for name in ["a%20", "a+", "a", "_1", "%61", "%2e", "-", "a;b", &long] {
        let path = format!("/a-j%20/{name}/xhr");
        let answer = site.ask("POST", &path, &[], "").await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.text()),
            (200, "o\n"),
            "{name}"
        );
    }
}
