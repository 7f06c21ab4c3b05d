//! Who may read an answer across origins, and what preflights are told.

use crate::client::Site;
use crate::connection::Connection;
use crate::patient;
use throughline_tests::http::Answer;

const PAGE: &str = "https://app.example";

/// What pages ask by `XMLHttpRequest`.
const READABLE: [(&str, &str); 3] = [
    ("GET", "/info"),
    ("POST", "/000/cors/xhr"),
    ("POST", "/000/unknown/xhr_send"),
];

fn assert_readable(answer: &Answer, by: &str, credentials: &str) {
    assert_eq!(answer.header("access-control-allow-origin"), by);
    assert_eq!(
        answer.header("access-control-allow-credentials"),
        credentials
    );
    assert_eq!(answer.header("vary"), "Origin");
}

#[tokio::test]
async fn without_an_origin_everybody_may_read_but_nobody_with_cookies() {
    let site = Site::echo(patient()).await;
    for (method, path) in READABLE {
        assert_readable(&site.ask(method, path, &[], "").await, "*", "");
    }
}

#[tokio::test]
async fn an_origin_may_read_with_cookies_and_so_may_null() {
    let site = Site::echo(patient()).await;
    for origin in [PAGE, "null"] {
        for (method, path) in READABLE {
            let path = path.replace("cors", &format!("cors{}", origin.len()));
            let answer = site.ask(method, &path, &[("origin", origin)], "").await;
            assert_readable(&answer, origin, "true");
            assert!(!answer.headers.contains_key("access-control-allow-headers"));
        }
    }
}

#[tokio::test]
async fn a_streaming_response_may_be_read_as_well() {
    let site = Site::echo(patient()).await;
    let visitor = site.visitor();
    let mut stream = Connection::open(&site.target).await;
    let path = visitor.path("xhr_streaming");
    stream.ask("POST", &path, "Origin: null\r\n", "").await;
    let head = stream.head().await;
    assert_eq!(head.header("access-control-allow-origin"), "null");
    assert_eq!(head.header("access-control-allow-credentials"), "true");
    assert_eq!(head.header("vary"), "Origin");
}

/// Old browsers take no `null` there.
#[tokio::test]
async fn an_event_source_of_no_origin_gets_a_star() {
    let site = Site::echo(patient()).await;
    for (origin, by, credentials) in [("null", "*", ""), (PAGE, PAGE, "true")] {
        let mut stream = Connection::open(&site.target).await;
        let path = site.visitor().path("eventsource");
        let headers = format!("Origin: {origin}\r\n");
        stream.ask("GET", &path, &headers, "").await;
        let head = stream.head().await;
        assert_eq!(head.header("access-control-allow-origin"), by);
        assert_eq!(head.header("access-control-allow-credentials"), credentials);
        assert_eq!(head.header("vary"), "Origin");
    }
}

#[tokio::test]
async fn what_pages_load_as_scripts_needs_no_permission() {
    let site = Site::echo(patient()).await;
    let headers = [("origin", PAGE)];
    let jsonp = site.ask("GET", "/000/script/jsonp?c=x", &headers, "").await;
    let sent = site
        .ask("POST", "/000/script/jsonp_send", &headers, "d=%5B%5D")
        .await;
    for answer in [jsonp, sent] {
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
    }
}

#[tokio::test]
async fn preflights_are_kept_for_a_year_and_name_the_methods() {
    let site = Site::echo(patient()).await;
    for (path, methods) in [
        ("/000/a/xhr", "OPTIONS, POST"),
        ("/000/a/xhr_send", "OPTIONS, POST"),
        ("/000/a/xhr_streaming", "OPTIONS, POST"),
        ("/info", "OPTIONS, GET"),
    ] {
        for origin in [PAGE, "null"] {
            let answer = site.ask("OPTIONS", path, &[("origin", origin)], "").await;
            assert_eq!(answer.status, 204, "{path}");
            assert!(answer.body.is_empty());
            assert!(!answer.headers.contains_key("content-type"));
            assert_readable(&answer, origin, "true");
            assert_eq!(answer.header("access-control-allow-methods"), methods);
            assert_eq!(answer.header("access-control-max-age"), "31536000");
            assert_eq!(answer.header("cache-control"), "public, max-age=31536000");
            assert!(answer.header("expires").ends_with(" GMT"));
        }
    }
}

#[tokio::test]
async fn the_headers_that_a_preflight_asks_for_are_allowed() {
    const ASKED: &str = "access-control-request-headers";
    const ALLOWED: &str = "access-control-allow-headers";
    let site = Site::echo(patient()).await;
    let asked = [("origin", PAGE), (ASKED, "x-one, x-two")];
    let answer = site.ask("OPTIONS", "/000/a/xhr", &asked, "").await;
    assert_eq!(answer.header(ALLOWED), "x-one, x-two");
    for asked in [&[("origin", PAGE)][..], &[("origin", PAGE), (ASKED, "")]] {
        let answer = site.ask("OPTIONS", "/000/a/xhr", asked, "").await;
        assert!(!answer.headers.contains_key(ALLOWED));
    }
}

#[tokio::test]
async fn a_preflight_opens_no_session() {
    let mut site = Site::accepting(patient()).await;
    let asked = [("origin", PAGE)];
    site.ask("OPTIONS", "/000/a/xhr", &asked, "").await;
    assert!(!site.server.has_begun_another());
    let sent = site.ask("POST", "/000/a/xhr_send", &[], "[\"x\"]").await;
    assert_eq!(sent.status, 404);
}
