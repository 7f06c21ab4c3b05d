//! The origin policy is one for WebSocket, hello and poll, and a refusal says what to mend.

use crate::{Bystanders, greet, handshake};
use bytes::Bytes;
use http::Method;
use throughline::{Builder, Code, MissingOrigin};
use throughline_core::wire::native::{PollRequest, Request, Response};
use throughline_tests::byhand::{Poller, greet_with, hello, item};
use throughline_tests::form::Form;
use throughline_tests::http::Http;
use throughline_tests::server::Server;

fn refusal(response: Response) -> String {
    match response {
        Response::Refuse(refuse) => {
            assert_eq!(refuse.code, Code::ORIGIN);
            refuse.reason
        }
        other => panic!("not refused: {other:?}"),
    }
}

async fn allows(server: &Server, headers: &[(&str, &str)]) {
    assert_eq!(
        handshake(&server.target, headers).await.0,
        101,
        "{headers:?}"
    );
    let response = greet(&server.target, headers).await;
    assert!(
        matches!(response, Response::Welcome(_)),
        "{headers:?}: {response:?}"
    );
}

async fn refuses(server: &Server, headers: &[(&str, &str)], words: &[&str]) {
    let (status, sentence) = handshake(&server.target, headers).await;
    assert_eq!(status, 403, "{headers:?}");
    let reason = refusal(greet(&server.target, headers).await);
    for word in words {
        assert!(sentence.contains(word), "{sentence} does not name {word}");
        assert!(reason.contains(word), "{reason} does not name {word}");
    }
}

#[tokio::test]
async fn a_page_may_connect_to_the_server_that_it_came_from_and_no_other() {
    let server = Server::echo(|builder| builder).await;
    let bystanders = Bystanders::of(&server).await;
    let here = server.target.address.to_string();
    let own = format!("http://{here}");
    allows(&server, &[("origin", own.as_str())]).await;
    let foreign = "https://evil.example";
    refuses(&server, &[("origin", foreign)], &[foreign, &here]).await;
    refuses(&server, &[("origin", "null")], &["null", &here]).await;
    // The usual cause: a proxy that puts its own name into `Host`.
    let rewritten = [("origin", "https://app.example"), ("host", "internal:8080")];
    refuses(
        &server,
        &rewritten,
        &["https://app.example", "internal:8080"],
    )
    .await;
    bystanders.are_unharmed().await;
}

#[tokio::test]
async fn a_post_to_a_live_session_from_a_foreign_page_is_not_applied() {
    let mut server = Server::start(|builder| builder).await;
    let mut poller = Poller::attach(&server.target).await;
    let mut near = server.accept().await;
    let request = PollRequest {
        poll: Box::new(poller.head()),
        token: None,
        items: vec![item("forged")],
        abort: None,
    };
    let http = Http::new(&server.target);
    let body = Request::Poll(request).encode();
    let headers = [("origin", "https://evil.example")];
    let answer = http.post("poll", &headers, body).await.expect("an answer");
    refusal(Form::Post.verdict(&answer));
    poller.send(&["genuine"]).await;
    assert_eq!(near.text().await, "genuine");
}

fn listed(builder: Builder) -> Builder {
    builder.allow_origins([
        "https://app.example",
        "http://other.example:8080",
        "https://*.sub.example",
    ])
}

#[tokio::test]
async fn a_list_allows_exact_origins_and_hosts_below_a_star() {
    let server = Server::echo(listed).await;
    for origin in [
        "https://app.example",
        "http://other.example:8080",
        "https://a.sub.example",
        "https://a.b.sub.example",
    ] {
        allows(&server, &[("origin", origin)]).await;
    }
    let own = format!("http://{}", server.target.address);
    for origin in [
        "http://app.example",
        "https://app.example:8443",
        "http://other.example",
        "https://sub.example",
        "https://evilsub.example",
        "https://app.example.evil.example",
        own.as_str(),
    ] {
        refuses(
            &server,
            &[("origin", origin)],
            &[origin, "https://app.example"],
        )
        .await;
    }
}

#[tokio::test]
async fn everything_is_allowed_only_when_it_is_spelled_out() {
    let server = Server::echo(Builder::allow_any_origin).await;
    allows(&server, &[("origin", "https://evil.example")]).await;
    allows(&server, &[("origin", "null")]).await;
}

#[tokio::test]
async fn a_missing_origin_is_a_choice_of_its_own() {
    let open = Server::echo(listed).await;
    allows(&open, &[]).await;
    let strict =
        Server::echo(|builder| listed(builder).missing_origin(MissingOrigin::Refuse)).await;
    refuses(&strict, &[], &["https://app.example"]).await;
    allows(&strict, &[("origin", "https://app.example")]).await;
}

#[tokio::test]
async fn cookies_need_an_allowed_origin() {
    let server = Server::echo(listed).await;
    let cookie = ("cookie", "login=1");
    refuses(&server, &[cookie], &["https://app.example"]).await;
    refuses(
        &server,
        &[cookie, ("origin", "https://evil.example")],
        &["https://evil.example"],
    )
    .await;
    allows(&server, &[cookie, ("origin", "https://app.example")]).await;
    let any = Server::echo(Builder::allow_any_origin).await;
    refuses(&any, &[cookie], &[]).await;
}

#[tokio::test]
async fn the_origin_is_echoed_and_credentials_are_not_invited() {
    let server = Server::echo(listed).await;
    let http = Http::new(&server.target);
    let post = async |origin| {
        let body = Request::Hello(Box::new(hello())).encode();
        http.post("poll", &[("origin", origin)], body)
            .await
            .expect("an answer")
    };
    let answer = post("https://a.sub.example").await;
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "https://a.sub.example"
    );
    assert_eq!(answer.header("vary").to_lowercase(), "origin");
    assert!(
        answer
            .headers
            .get("access-control-allow-credentials")
            .is_none()
    );
    let answer = post("https://evil.example").await;
    // A refused page may read its refusal, so that its client knows better than to ask again.
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "https://evil.example"
    );
    assert_eq!(answer.header("vary").to_lowercase(), "origin");
}

#[tokio::test]
async fn a_preflight_is_answered_for_allowed_origins_alone() {
    let server = Server::echo(listed).await;
    let http = Http::new(&server.target);
    let path = server.target.path("poll");
    let ask = async |origin, method, header| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", method),
            ("access-control-request-headers", header),
        ];
        http.request(Method::OPTIONS, &path, &headers, Bytes::new())
            .await
            .expect("an answer")
    };
    for (method, header) in [("POST", "content-type"), ("GET", "throughline")] {
        let allowed = ask("https://app.example", method, header).await;
        assert!(allowed.status.is_success(), "{}", allowed.status);
        for (name, value) in [
            ("access-control-allow-origin", "https://app.example"),
            ("access-control-allow-methods", method),
            ("access-control-allow-headers", header),
        ] {
            assert!(allowed.header(name).contains(value), "{method}: {name}");
        }
        let refused = ask("https://evil.example", method, header).await;
        for invitation in [
            "access-control-allow-methods",
            "access-control-allow-headers",
        ] {
            assert!(refused.headers.get(invitation).is_none(), "{invitation}");
        }
    }
}

/// What a hello in a GET gets: nothing where it is welcome, else the reason.
async fn refused_in_a_get(server: &Server, headers: &[(&str, &str)]) -> Option<String> {
    let http = Http::new(&server.target);
    match greet_with(Form::Get, &http, headers, hello()).await {
        Response::Welcome(_) => None,
        other => Some(refusal(other)),
    }
}

const COOKIE: (&str, &str) = ("cookie", "login=1");

// spec: GET-5
#[tokio::test]
async fn a_get_with_cookies_needs_no_origin_but_one_that_is_there_must_be_allowed() {
    for server in [
        Server::echo(|builder| builder).await,
        Server::echo(Builder::allow_any_origin).await,
    ] {
        assert_eq!(refused_in_a_get(&server, &[]).await, None);
        assert_eq!(refused_in_a_get(&server, &[COOKIE]).await, None);
    }
    let server = Server::echo(listed).await;
    let http = Http::new(&server.target);
    let hello = Request::Hello(Box::new(hello())).encode();
    // A name of somebody else's may lead here, and a page of that name sends no `Origin` either.
    let answer = Form::Get.send(&http, &[], hello).await;
    assert_eq!(answer.expect("an answer").status, 403);
    let (app, evil) = ("https://app.example", "https://evil.example");
    assert_eq!(refused_in_a_get(&server, &[("origin", app)]).await, None);
    for headers in [&[("origin", evil)][..], &[("origin", evil), COOKIE]] {
        let reason = refused_in_a_get(&server, headers).await;
        let reason = reason.expect("the origin is not in the list");
        assert!(reason.contains(evil) && reason.contains(app), "{reason}");
    }
}

// spec: GET-5
#[tokio::test]
async fn where_only_browsers_are_served_a_get_needs_the_browsers_word_for_its_page() {
    let strict = |builder: Builder| builder.missing_origin(MissingOrigin::Refuse);
    let server = Server::echo(strict).await;
    let site = |value| ("sec-fetch-site", value);
    let own = format!("http://{}", server.target.address);
    for headers in [
        &[site("same-origin")][..],
        &[site("same-origin"), COOKIE],
        &[("origin", &own)],
    ] {
        assert_eq!(refused_in_a_get(&server, headers).await, None);
    }
    // No verdict: the same page's POST has an `Origin`, and may pass.
    let http = Http::new(&server.target);
    for headers in [
        &[][..],
        &[COOKIE],
        &[site("same-site")],
        &[site("cross-site")],
    ] {
        let hello = Request::Hello(Box::new(hello())).encode();
        let answer = Form::Get.send(&http, headers, hello).await;
        assert_eq!(answer.expect("an answer").status, 403, "{headers:?}");
    }
    let foreign = [site("same-origin"), ("origin", "https://evil.example")];
    assert!(refused_in_a_get(&server, &foreign).await.is_some());
    // The word is no substitute where a browser sends `Origin`.
    refuses(&server, &[site("same-origin")], &[]).await;
}

// spec: GET-5
#[tokio::test]
async fn a_page_may_read_what_its_get_got_as_well_as_its_refusal() {
    let server = Server::echo(listed).await;
    let http = Http::new(&server.target);
    for origin in ["https://app.example", "https://evil.example"] {
        let hello = Request::Hello(Box::new(hello())).encode();
        let answer = Form::Get.send(&http, &[("origin", origin)], hello).await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.header("access-control-allow-origin"), origin);
        assert_eq!(answer.header("vary").to_lowercase(), "origin");
        assert_eq!(
            answer.header("content-type"),
            "text/plain; charset=us-ascii"
        );
    }
}

// spec: GET-5
#[tokio::test]
async fn a_get_to_a_live_session_from_a_foreign_page_is_not_applied() {
    let mut server = Server::start(|builder| builder).await;
    let mut poller = Poller::attach(&server.target).await;
    let mut near = server.accept().await;
    let request = PollRequest {
        poll: Box::new(poller.head()),
        token: None,
        items: vec![item("forged")],
        abort: None,
    };
    let http = Http::new(&server.target);
    let headers = [("origin", "https://evil.example")];
    let batch = Request::Poll(request).encode();
    let answer = Form::Get.send(&http, &headers, batch).await;
    refusal(Form::Get.verdict(&answer.expect("an answer")));
    poller.send(&["genuine"]).await;
    assert_eq!(near.text().await, "genuine");
}

#[tokio::test]
async fn a_trusted_proxy_tells_the_scheme_and_nobody_else() {
    let trusting = Server::echo(|builder| builder.trusted_proxies(["127.0.0.1"])).await;
    let host = ("host", "app.example");
    let https = ("x-forwarded-proto", "https");
    allows(&trusting, &[host, https, ("origin", "https://app.example")]).await;
    refuses(
        &trusting,
        &[host, https, ("origin", "http://app.example")],
        &["https://app.example"],
    )
    .await;
    let wary = Server::echo(|builder| builder).await;
    allows(&wary, &[host, https, ("origin", "http://app.example")]).await;
}
