//! The cookie by which balancers are sticky.

use crate::client::Site;
use crate::connection::Connection;
use crate::patient;
use throughline::SockJs;
use throughline_tests::engineio::Ws;

async fn sticky() -> Site {
    Site::echo(SockJs {
        jsessionid: true,
        ..patient()
    })
    .await
}

/// Requests whose answers are whole, after the session `a` is open.
const CARRYING: [(&str, &str, &str); 10] = [
    ("POST", "/000/a/xhr", ""),
    ("POST", "/000/a/xhr_send", "[]"),
    ("POST", "/000/a/xhr_send", "broken"),
    ("POST", "/000/unknown/xhr_send", "[]"),
    ("GET", "/000/b/jsonp?c=x", ""),
    ("POST", "/000/a/jsonp_send", "[]"),
    ("OPTIONS", "/000/a/xhr", ""),
    ("OPTIONS", "/000/a/xhr_send", ""),
    ("OPTIONS", "/000/a/xhr_streaming", ""),
    ("OPTIONS", "/info", ""),
];

#[tokio::test]
async fn every_answer_of_a_session_sets_one_and_so_do_preflights() {
    let site = sticky().await;
    for (method, path, body) in CARRYING {
        let answer = site.ask(method, path, &[], body).await;
        let cookie = answer.header("set-cookie");
        assert_eq!(cookie, "JSESSIONID=dummy; path=/", "{method} {path}");
    }
}

#[tokio::test]
async fn so_do_streaming_responses() {
    let site = sticky().await;
    for (method, transport) in [
        ("POST", "xhr_streaming"),
        ("GET", "eventsource"),
        ("GET", "htmlfile?c=x"),
    ] {
        let mut stream = Connection::open(&site.target).await;
        let path = site.visitor().path(transport);
        stream
            .ask(method, &path, "Cookie: a=b; JSESSIONID=node1\r\n", "")
            .await;
        let head = stream.head().await;
        assert_eq!(head.header("set-cookie"), "JSESSIONID=node1; path=/");
    }
}

#[tokio::test]
async fn the_one_that_came_is_set_again() {
    let site = sticky().await;
    for (came, set) in [
        ("JSESSIONID=abcdef", "JSESSIONID=abcdef; path=/"),
        ("a=b;JSESSIONID=x=y;c=d", "JSESSIONID=x=y; path=/"),
        ("jsessionid=x", "JSESSIONID=dummy; path=/"),
        ("OTHERJSESSIONID=x", "JSESSIONID=dummy; path=/"),
    ] {
        let headers = [("cookie", came)];
        let path = site.visitor().path("xhr").replace(crate::client::MOUNT, "");
        let answer = site.ask("POST", &path, &headers, "").await;
        assert_eq!(answer.header("set-cookie"), set, "{came}");
    }
}

#[tokio::test]
async fn what_is_no_session_sets_none() {
    let site = sticky().await;
    for path in ["", "/info", "/iframe.html"] {
        let answer = site.ask("GET", path, &[], "").await;
        assert!(!answer.headers.contains_key("set-cookie"), "{path}");
    }
}

#[tokio::test]
async fn a_websocket_sets_none() {
    let site = sticky().await;
    for path in [
        site.visitor().path("websocket"),
        site.target.path("websocket"),
    ] {
        let mut connection = Connection::open(&site.target).await;
        connection
            .ask("GET", &path, crate::websocket::HANDSHAKE, "")
            .await;
        let head = connection.head().await;
        assert_eq!(head.status, 101);
        assert!(!head.headers.contains_key("set-cookie"));
    }
    assert!(
        Ws::at(&site.target, &site.target.path("websocket"), &[])
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn where_it_is_off_no_answer_sets_one() {
    let site = Site::echo(patient()).await;
    let headers = [("cookie", "JSESSIONID=abcdef")];
    for (method, path, body) in CARRYING {
        let answer = site.ask(method, path, &headers, body).await;
        assert!(
            !answer.headers.contains_key("set-cookie"),
            "{method} {path}"
        );
    }
}
