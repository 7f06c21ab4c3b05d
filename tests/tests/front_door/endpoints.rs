//! The endpoints, and everything that is none.

use crate::Bystanders;
use bytes::Bytes;
use http::Method;
use throughline_tests::http::Http;
use throughline_tests::server::Server;

// spec: END-1
#[tokio::test]
async fn nothing_is_ever_redirected() {
    let server = Server::echo(|builder| builder).await;
    let bystanders = Bystanders::of(&server).await;
    let http = Http::new(&server.target);
    let paths = [
        "",
        "/",
        "/poll",
        "/poll/",
        "//poll",
        "/./poll",
        "/%70oll",
        "/websocket",
        "/websocket/",
        "/client.js",
        "/client.js/",
        "/client.js.map",
        "/nothing",
        "/../poll",
        "/POLL",
        "/poll?x=1",
    ];
    let methods = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::OPTIONS,
        Method::TRACE,
    ];
    for path in paths {
        for method in &methods {
            let path = format!("{}{path}", server.target.mount);
            let asked = http.request(method.clone(), &path, &[], Bytes::new()).await;
            let answer = asked.expect("an answer");
            assert!(
                !answer.status.is_redirection(),
                "{method} {path}: {}",
                answer.status
            );
            assert!(answer.headers.get("location").is_none(), "{method} {path}");
        }
    }
    bystanders.are_unharmed().await;
}

#[tokio::test]
async fn an_unknown_path_names_the_endpoints() {
    let server = Server::echo(|builder| builder).await;
    let http = Http::new(&server.target);
    for endpoint in ["nothing", "poll/", "websockets"] {
        let answer = http.get(endpoint, &[]).await.expect("an answer");
        assert_eq!(answer.status, 404, "{endpoint}");
        for known in ["websocket", "poll", "client.js"] {
            assert!(answer.text().contains(known), "{}", answer.text());
        }
    }
}

#[tokio::test]
async fn another_method_is_told_which_ones_there_are() {
    let server = Server::echo(|builder| builder).await;
    let http = Http::new(&server.target);
    let wrong = [
        ("poll", Method::GET, "POST"),
        ("poll", Method::PUT, "POST"),
        ("websocket", Method::POST, "GET"),
        ("client.js", Method::POST, "GET"),
    ];
    for (endpoint, method, allowed) in wrong {
        let path = server.target.path(endpoint);
        let answer = http.request(method.clone(), &path, &[], Bytes::new()).await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, 405, "{method} {endpoint}");
        assert!(
            answer.header("allow").contains(allowed),
            "{method} {endpoint}"
        );
        assert!(!answer.body.is_empty());
    }
}

#[tokio::test]
async fn the_client_is_served_with_its_map_and_cached_by_its_tag() {
    let server = Server::echo(|builder| builder).await;
    let http = Http::new(&server.target);
    for (file, kind) in [
        ("client.js", "text/javascript"),
        ("client.js.map", "application/json"),
        ("events.js", "text/javascript"),
        ("events.js.map", "application/json"),
    ] {
        let answer = http.get(file, &[]).await.expect("an answer");
        assert_eq!(answer.status, 200);
        assert!(answer.header("content-type").starts_with(kind));
        // Any page may import it: it is no secret.
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(!answer.body.is_empty());
        let tag = answer.header("etag").to_owned();
        let known = http
            .get(file, &[("if-none-match", tag.as_str())])
            .await
            .expect("an answer");
        assert_eq!((known.status.as_u16(), known.body.len()), (304, 0));
    }
    let script = http.get("client.js", &[]).await.expect("an answer");
    assert!(script.text().contains("Session"));
    assert_eq!(script.header("sourcemap"), "client.js.map");
}

#[tokio::test]
async fn a_page_that_loads_the_client_of_socket_io_gets_ours_where_that_is_wanted() {
    let plain = Server::echo(|builder| builder).await;
    let wanted = Server::echo(|builder| builder.serve_socket_io_client()).await;
    let http = Http::new(&wanted.target);
    let events = http.get("events.js", &[]).await.expect("an answer");
    let module = http.get("socket.io.esm.min.js", &[]).await;
    assert_eq!(module.expect("an answer").text(), events.text());
    for (script, map) in [
        ("socket.io.js", "socket.io.js.map"),
        ("socket.io.min.js", "socket.io.js.map"),
        ("socket.io.esm.min.js", "events.js.map"),
    ] {
        let answer = http.get(script, &[]).await.expect("an answer");
        assert_eq!(answer.status, 200);
        assert!(answer.header("content-type").starts_with("text/javascript"));
        assert_eq!(answer.header("sourcemap"), map);
        let named = http.get(map, &[]).await.expect("an answer");
        let beside = http.get(&format!("{script}.map"), &[]).await;
        assert_eq!(beside.expect("an answer").text(), named.text());
        let elsewhere = Http::new(&plain.target).get(script, &[]).await;
        assert_eq!(elsewhere.expect("an answer").status, 404);
    }
}

/// Somebody looks at the address in a browser, say.
// spec: GET-1
#[tokio::test]
async fn a_get_without_a_batch_is_told_what_is_missing() {
    let server = Server::echo(|builder| builder).await;
    let http = Http::new(&server.target);
    let answer = http.get("poll", &[]).await.expect("an answer");
    assert_eq!(answer.status, 405);
    assert_eq!(answer.header("allow"), "GET, POST, OPTIONS");
    assert_eq!(
        answer.text(),
        "This endpoint takes POST, OPTIONS, and GET with a batch in the header Throughline.\n"
    );
    let path = server.target.path("poll");
    let header = [("throughline", "VEwx/w==")];
    for method in [Method::HEAD, Method::PUT, Method::DELETE] {
        let answer = http.request(method.clone(), &path, &header, Bytes::new());
        assert_eq!(answer.await.expect("an answer").status, 405, "{method}");
    }
}
