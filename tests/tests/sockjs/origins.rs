//! Which pages may come in.

use crate::client::{MOUNT, Site};
use crate::connection::Connection;
use crate::patient;
use crate::websocket::HANDSHAKE;
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

async fn is_refused(site: &Site, method: &str, below: &str, headers: &str) -> bool {
    status(site, method, below, headers).await == 403
}

#[tokio::test]
async fn by_default_a_page_of_another_origin_gets_nothing() {
    let site = site(|builder| builder).await;
    let own = format!("Origin: http://{}\r\n", site.target.address);
    for (method, path) in ENDPOINTS {
        for origin in [OTHER, "null"] {
            let foreign = format!("Origin: {origin}\r\n");
            assert!(
                is_refused(&site, method, path, &foreign).await,
                "{method} {path}"
            );
        }
        for headers in [&own, ""] {
            assert!(
                !is_refused(&site, method, path, headers).await,
                "{method} {path}"
            );
        }
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
            let is_script = path.contains("jsonp?") || path.contains("htmlfile");
            // Without an `Origin`, only what pages load as scripts is said to come from another site.
            if headers.starts_with("Sec") && !is_script {
                continue;
            }
            assert!(
                !is_refused(&site, method, path, headers).await,
                "{method_path:?}"
            );
        }
    }
}

/// A script of another site can be loaded, and read, by any page.
#[tokio::test]
async fn scripts_and_pages_are_not_for_other_sites() {
    let listed = |builder: Builder| builder.allow_origins([PAGE]);
    for site in [site(|builder| builder).await, site(listed).await] {
        for path in ["/000/NAME/jsonp?c=x", "/000/NAME/htmlfile?c=x"] {
            for fetched in ["cross-site", "same-site"] {
                let headers = format!("Sec-Fetch-Site: {fetched}\r\n");
                assert!(
                    is_refused(&site, "GET", path, &headers).await,
                    "{path} {fetched}"
                );
            }
            let cookie = "Cookie: session=1\r\n";
            assert!(is_refused(&site, "GET", path, cookie).await, "{path}");
        }
    }
    let site = site(|builder| builder).await;
    let own = "Sec-Fetch-Site: same-origin\r\nCookie: session=1\r\n";
    assert!(!is_refused(&site, "GET", "/000/NAME/jsonp?c=x", own).await);
}

/// A page can make an old browser ask for a stream as for an image, with the cookies of its visitor, and under a name
/// that the page has chosen: it could then send in its visitor's name.
#[tokio::test]
async fn a_stream_is_not_opened_with_cookies_from_nobody_knows_where() {
    let site = site(|builder| builder).await;
    let path = "/000/NAME/eventsource";
    assert!(is_refused(&site, "GET", path, "Cookie: session=1\r\n").await);
    for headers in [
        "",
        "Cookie: session=1\r\nSec-Fetch-Site: same-origin\r\n",
        &format!(
            "Cookie: session=1\r\nOrigin: http://{}\r\n",
            site.target.address
        ),
    ] {
        assert!(!is_refused(&site, "GET", path, headers).await, "{headers}");
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
        let own = format!("Origin: http://{}\r\n", site.target.address);
        assert!(
            !is_refused(&site, method, path, &own).await,
            "{method} {path}"
        );
    }
}

/// The page's own words say why, where it may read them.
#[tokio::test]
async fn a_refusal_says_what_came_and_what_was_expected() {
    let site = site(|builder| builder.allow_origins([PAGE])).await;
    let answer = site.ask("GET", "/info", &[("origin", OTHER)], "").await;
    assert_eq!(answer.status, 403);
    assert!(
        answer.text().contains(OTHER) && answer.text().contains(PAGE),
        "{}",
        answer.text()
    );
}
