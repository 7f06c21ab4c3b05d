//! Which pages may come in.

use crate::client::{MOUNT, Site};
use crate::connection::Connection;
use crate::patient;
use crate::websocket::HANDSHAKE;
use http::Method;
use throughline::{Builder, MissingOrigin};
use throughline_tests::server::Server;

const PAGE: &str = "https://app.example";
const OTHER: &str = "https://other.example";

const ENDPOINTS: [(&str, &str); 14] = [
    ("GET", "/info"),
    ("OPTIONS", "/info"),
    ("POST", "/000/NAME/xhr"),
    ("OPTIONS", "/000/NAME/xhr"),
    ("POST", "/000/NAME/xhr_streaming"),
    ("OPTIONS", "/000/NAME/xhr_streaming"),
    ("POST", "/000/NAME/xhr_send"),
    ("OPTIONS", "/000/NAME/xhr_send"),
    ("GET", "/000/NAME/eventsource"),
    ("GET", "/000/NAME/htmlfile?c=x"),
    ("GET", "/000/NAME/jsonp?c=x"),
    ("POST", "/000/NAME/jsonp_send"),
    ("GET", "/000/NAME/websocket"),
    ("GET", "/websocket"),
];

async fn site(configure: impl FnOnce(Builder) -> Builder) -> Site {
    Site::new(Server::echo(configure).await, patient()).await
}

/// The status of an answer whose body may never end. Each asks for a session of its own.
async fn status(site: &Site, method: &str, below: &str, headers: &str) -> u16 {
    let name = site.visitor().name;
    let path = format!("{MOUNT}{}", below.replace("NAME", &name));
    let upgrade = if below.ends_with("websocket") {
        HANDSHAKE
    } else {
        ""
    };
    let mut connection = Connection::open(&site.target).await;
    connection
        .ask(method, &path, &format!("{upgrade}{headers}"), "")
        .await;
    connection.head().await.status
}

/// What pages load as scripts, and can read wherever they are from.
fn is_script(path: &str) -> bool {
    path.contains("jsonp?") || path.contains("htmlfile")
}

const SCRIPTS: [&str; 2] = ["/000/NAME/jsonp?c=x", "/000/NAME/htmlfile?c=x"];
const COOKIE: &str = "Cookie: session=1\r\n";

/// The page's own origin, in the header that names it.
fn own(site: &Site) -> String {
    format!("Origin: http://{}\r\n", site.target.address)
}

async fn is_refused(site: &Site, method: &str, below: &str, headers: &str) -> bool {
    status(site, method, below, headers).await == 403
}

#[tokio::test]
async fn by_default_a_page_of_another_origin_gets_nothing() {
    let site = site(|builder| builder).await;
    for (method, path) in ENDPOINTS {
        for origin in [OTHER, "null"] {
            let foreign = format!("Origin: {origin}\r\n");
            assert!(
                is_refused(&site, method, path, &foreign).await,
                "{method} {path}"
            );
        }
        assert!(
            !is_refused(&site, method, path, &own(&site)).await,
            "{method} {path}"
        );
        assert_eq!(
            is_refused(&site, method, path, "").await,
            is_script(path),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn the_greeting_and_the_frames_page_are_for_everybody() {
    let site = site(|builder| builder).await;
    for path in ["", "/iframe.html"] {
        let answer = site.ask("GET", path, &[("origin", OTHER)], "").await;
        assert_eq!(answer.status, 200, "{path}");
    }
}

#[tokio::test]
async fn where_origins_are_listed_those_come_in_and_no_others() {
    let site = site(|builder| builder.allow_origins([PAGE])).await;
    for (method, path) in ENDPOINTS {
        let listed = format!("Origin: {PAGE}\r\n");
        assert!(
            !is_refused(&site, method, path, &listed).await,
            "{method} {path}"
        );
        let own = format!("http://{}", site.target.address);
        for origin in [OTHER, "null", &own] {
            let headers = format!("Origin: {origin}\r\n");
            assert!(
                is_refused(&site, method, path, &headers).await,
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn any_origin_is_any() {
    let site = site(Builder::allow_any_origin).await;
    for (method, path) in ENDPOINTS {
        for headers in [
            &format!("Origin: {OTHER}\r\n"),
            "Origin: null\r\n",
            "Sec-Fetch-Site: cross-site\r\n",
        ] {
            let method_path = (method, path);
            // Without an `Origin`, only what pages load as scripts is said to come from another site.
            if headers.starts_with("Sec") && !is_script(path) {
                continue;
            }
            assert!(
                !is_refused(&site, method, path, headers).await,
                "{method_path:?}"
            );
        }
    }
}

/// Any page can load a script and read what it says, also where browsers do not say from which site it is asked for:
/// without TLS, and before they had words for that.
#[tokio::test]
async fn scripts_are_for_pages_that_the_browser_names() {
    let site = site(|builder| builder).await;
    let page = format!("Referer: http://{}/page\r\n", site.target.address);
    for path in SCRIPTS {
        for headers in [&page, "Sec-Fetch-Site: same-origin\r\n"] {
            for cookie in ["", COOKIE] {
                let headers = format!("{headers}{cookie}");
                assert!(
                    !is_refused(&site, "GET", path, &headers).await,
                    "{path} {headers}"
                );
            }
        }
        for headers in [
            "",
            "Sec-Fetch-Site: none\r\n",
            "Sec-Fetch-Site: same-site\r\n",
            "Sec-Fetch-Site: cross-site\r\n",
            &format!("Sec-Fetch-Site: cross-site\r\n{page}"),
            &format!("Referer: {OTHER}/\r\n"),
            &format!("Referer: {OTHER}/?http://{}/\r\n", site.target.address),
        ] {
            assert!(
                is_refused(&site, "GET", path, headers).await,
                "{path} {headers}"
            );
        }
    }
}

#[tokio::test]
async fn where_origins_are_listed_scripts_are_for_pages_of_those() {
    let site = site(|builder| builder.allow_origins([PAGE])).await;
    for path in SCRIPTS {
        let listed = format!("Sec-Fetch-Site: cross-site\r\nReferer: {PAGE}/page\r\n");
        assert!(!is_refused(&site, "GET", path, &listed).await, "{path}");
        for headers in [
            "",
            "Sec-Fetch-Site: same-origin\r\n",
            &format!("Referer: {OTHER}/\r\n"),
            &format!("Referer: http://{}/\r\n", site.target.address),
        ] {
            assert!(
                is_refused(&site, "GET", path, headers).await,
                "{path} {headers}"
            );
        }
    }
}

/// Requests that open a session, as a foreign page can make an old browser send them, with the cookies of its visitor and
/// under a name that the page has chosen: as for an image, by a form, or as a beacon without a word in it. It could then send in its visitor's name.
const FORGEABLE: [(&str, &str, &str); 6] = [
    ("GET", "/000/NAME/eventsource", ""),
    (
        "POST",
        "/000/NAME/xhr",
        "Content-Type: application/x-www-form-urlencoded\r\n",
    ),
    ("POST", "/000/NAME/xhr", "Content-Type: text/plain\r\n"),
    (
        "POST",
        "/000/NAME/xhr",
        "Content-Type: multipart/form-data; boundary=x\r\n",
    ),
    ("POST", "/000/NAME/xhr", "Accept-Language: en\r\n"),
    (
        "POST",
        "/000/NAME/xhr_streaming",
        "Content-Type: text/plain\r\n",
    ),
];

#[tokio::test]
async fn no_session_is_opened_with_cookies_from_nobody_knows_where() {
    let site = site(|builder| builder).await;
    let page = format!("Referer: http://{}/page\r\n", site.target.address);
    for (method, path, kind) in FORGEABLE {
        let ask = |headers: &str| format!("{kind}{headers}");
        for headers in [COOKIE, &format!("{COOKIE}Referer: {OTHER}/\r\n")] {
            assert!(
                is_refused(&site, method, path, &ask(headers)).await,
                "{path} {kind}{headers}"
            );
        }
        for headers in [
            "",
            &format!("{COOKIE}Sec-Fetch-Site: same-origin\r\n"),
            &format!("{COOKIE}{}", own(&site)),
            &format!("{COOKIE}{page}"),
        ] {
            assert!(
                !is_refused(&site, method, path, &ask(headers)).await,
                "{path} {kind}{headers}"
            );
        }
    }
}

#[tokio::test]
async fn a_form_that_is_refused_has_opened_no_session() {
    let site = site(|builder| builder).await;
    let visitor = site.visitor();
    let form = [
        ("cookie", "session=1"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let refused = visitor.ask(Method::POST, "xhr", &form, "a=b").await;
    assert_eq!(refused.status, 403);
    let sent = visitor.post("xhr_send", r#"["x"]"#).await;
    assert_eq!(sent.status, 404);
}

/// Those send no `Origin` to the page's own server, but the page.
#[tokio::test]
async fn the_official_client_polls_with_cookies_from_old_browsers() {
    let site = site(|builder| builder).await;
    let page = format!("http://{}/page", site.target.address);
    let headers = [("accept-language", "en"), ("referer", &*page)];
    converses_with_cookies(&site, &headers).await;
}

#[tokio::test]
async fn a_program_polls_with_cookies_and_says_nothing_of_pages() {
    let site = site(|builder| builder).await;
    converses_with_cookies(&site, &[]).await;
}

async fn converses_with_cookies(site: &Site, headers: &[(&str, &str)]) {
    let visitor = site.visitor();
    let headers = [headers, &[("cookie", "session=1")]].concat();
    let opened = visitor.ask(Method::POST, "xhr", &headers, "").await;
    assert_eq!(opened.text(), "o\n");
    for (transport, content_type) in [
        ("xhr_send", "text/plain"),
        ("jsonp_send", "application/x-www-form-urlencoded"),
    ] {
        let sending = [&*headers, &[("content-type", content_type)]].concat();
        let body = if transport == "xhr_send" {
            "[\"x\"]"
        } else {
            "d=[\"x\"]"
        };
        let sent = visitor.ask(Method::POST, transport, &sending, body).await;
        assert!(sent.status.is_success(), "{transport}");
        let heard = visitor.ask(Method::POST, "xhr", &headers, "").await;
        assert_eq!(heard.text(), "a[\"x\"]\n");
    }
}

#[tokio::test]
async fn where_any_origin_is_any_forms_and_streams_are_taken_with_cookies() {
    let site = site(Builder::allow_any_origin).await;
    for (method, path, kind) in FORGEABLE {
        let headers = format!("{kind}{COOKIE}");
        assert!(
            !is_refused(&site, method, path, &headers).await,
            "{path} {kind}"
        );
    }
}

/// Version 8 named the page in a header of its own.
#[tokio::test]
async fn the_page_of_an_old_websocket_is_looked_at_as_well() {
    let site = site(|builder| builder).await;
    let handshake = HANDSHAKE.replace("13", "8");
    for path in [
        site.visitor().path("websocket"),
        format!("{MOUNT}/websocket"),
    ] {
        for (origin, expected) in [
            (OTHER, 403),
            (&*format!("http://{}", site.target.address), 101),
        ] {
            let headers = format!("{handshake}Sec-WebSocket-Origin: {origin}\r\n");
            let mut connection = Connection::open(&site.target).await;
            connection.ask("GET", &path, &headers, "").await;
            assert_eq!(connection.head().await.status, expected, "{path} {origin}");
        }
    }
}

#[tokio::test]
async fn where_only_browsers_are_served_who_says_nothing_gets_nothing() {
    let site = site(|builder| builder.missing_origin(MissingOrigin::Refuse)).await;
    for (method, path) in ENDPOINTS {
        assert!(is_refused(&site, method, path, "").await, "{method} {path}");
        assert!(
            !is_refused(&site, method, path, &own(&site)).await,
            "{method} {path}"
        );
    }
}

/// The page's own words say why. It may read them, but not what its visitor's cookies have to do with.
#[tokio::test]
async fn a_refusal_says_what_came_and_what_was_expected() {
    let site = site(|builder| builder.allow_origins([PAGE])).await;
    for (method, path) in [("GET", "/info"), ("POST", "/000/refused/xhr")] {
        let answer = site.ask(method, path, &[("origin", OTHER)], "").await;
        assert_eq!(answer.status, 403);
        let text = answer.text();
        assert!(text.contains(OTHER) && text.contains(PAGE), "{text}");
        assert_eq!(answer.header("access-control-allow-origin"), OTHER);
        assert_eq!(answer.header("access-control-allow-credentials"), "");
        assert!(answer.header("vary").eq_ignore_ascii_case("origin"));
    }
}
