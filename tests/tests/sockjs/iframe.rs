//! The page that clients load into a frame.

use crate::client::Site;
use crate::{HTML, patient};
use throughline::{Builder, SockJs};
use throughline_tests::server::Server;

const URL: &str = "https://static.example/sockjs.js";

fn settings() -> SockJs {
    SockJs {
        sockjs_url: URL.to_owned(),
        jsessionid: true,
        ..patient()
    }
}

#[tokio::test]
async fn it_is_kept_for_a_year_and_known_by_its_tag() {
    let site = Site::echo(settings()).await;
    let answer = site.ask("GET", "/iframe.html", &[], "").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), HTML);
    assert_eq!(answer.header("cache-control"), "public, max-age=31536000");
    assert!(answer.header("expires").ends_with(" GMT"));
    let tag = answer.header("etag");
    assert!(
        tag.len() > 2 && tag.starts_with('"') && tag.ends_with('"'),
        "{tag}"
    );
    for name in ["last-modified", "set-cookie"] {
        assert!(!answer.headers.contains_key(name), "{name}");
    }
}

/// The lines that old pages and their frames rely on, in this order.
#[tokio::test]
async fn it_loads_the_client_and_starts_it() {
    let site = Site::echo(settings()).await;
    let answer = site.ask("GET", "/iframe.html", &[], "").await;
    let page = answer.text();
    let mut rest = page.as_str();
    for line in [
        "<!DOCTYPE html>",
        "<meta http-equiv=\"X-UA-Compatible\" content=\"IE=edge\" />",
        "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=UTF-8\" />",
        "<script src=\"https://static.example/sockjs.js\"></script>",
        "document.domain = document.domain;",
        "SockJS.bootstrap_iframe();",
        "<h2>Don't panic!</h2>",
        "</html>",
    ] {
        let (_, after) = rest.split_once(line).unwrap_or_else(|| panic!("{line}"));
        rest = after;
    }
}

#[tokio::test]
async fn whoever_has_it_gets_nothing_and_no_type() {
    let site = Site::echo(settings()).await;
    let first = site.ask("GET", "/iframe.html", &[], "").await;
    let known = [("if-none-match", first.header("etag"))];
    let again = site.ask("GET", "/iframe.html", &known, "").await;
    assert_eq!(again.status, 304);
    assert!(again.body.is_empty());
    assert!(!again.headers.contains_key("content-type"));
    assert_eq!(again.header("etag"), first.header("etag"));
    // A proxy that has compressed it makes the tag a weak one, and some caches know several versions.
    let tag = first.header("etag");
    for known in [format!("W/{tag}"), format!("\"other\", W/{tag}")] {
        let known = [("if-none-match", &*known)];
        let again = site.ask("GET", "/iframe.html", &known, "").await;
        assert_eq!(again.status, 304, "{known:?}");
    }
    let other = [("if-none-match", "\"other\"")];
    assert_eq!(
        site.ask("GET", "/iframe.html", &other, "").await.status,
        200
    );
}

#[tokio::test]
async fn its_name_may_hold_a_version() {
    let site = Site::echo(settings()).await;
    for path in [
        "/iframe.html",
        "/iframe-.html",
        "/iframe-a.html",
        "/iframe-0.1.2.html",
        "/iframe-0.1.2abc-dirty.2144.html",
        "/iframe-a_b.html?t=qwerty",
    ] {
        let answer = site.ask("GET", path, &[], "").await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.text().contains(URL));
    }
    for path in [
        "/iframe.htm",
        "/IFRAME.HTML",
        "/iframe.HTML",
        "/iframe.xml",
        "/iframe-/.html",
        "/iframe-A.html",
        "/iframe-%2f.html",
    ] {
        let answer = site.ask("GET", path, &[], "").await;
        assert_eq!(answer.status, 404, "{path}");
    }
}

/// Who may show it, as browsers are told, and as Internet Explorer is.
async fn policy(configure: impl FnOnce(Builder) -> Builder) -> (String, String) {
    let site = Site::new(Server::echo(configure).await, patient()).await;
    // The page itself may be seen by anybody: its frame is what counts.
    let headers = [
        ("origin", "https://other.example"),
        ("sec-fetch-site", "cross-site"),
    ];
    let answer = site.ask("GET", "/iframe.html", &headers, "").await;
    assert_eq!(answer.status, 200);
    let said = |name| answer.header(name).to_owned();
    (said("content-security-policy"), said("x-frame-options"))
}

#[tokio::test]
async fn only_pages_that_may_come_in_may_show_it() {
    let told = |policy: &str, options: &str| (policy.to_owned(), options.to_owned());
    assert_eq!(
        policy(|builder| builder).await,
        told("frame-ancestors 'self'", "SAMEORIGIN")
    );
    let listed = ["https://app.example", "https://*.app.example"];
    assert_eq!(
        policy(|builder| builder.allow_origins(listed)).await,
        told(
            "frame-ancestors https://app.example https://*.app.example",
            ""
        )
    );
    assert_eq!(policy(Builder::allow_any_origin).await, told("", ""));
}
