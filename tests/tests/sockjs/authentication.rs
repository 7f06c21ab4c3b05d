//! The application's own say about who comes in: asked once for each session, by whatever opens it.

use crate::client::Site;
use crate::patient;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use throughline::{Admission, Attempt, Identity, Refusal, Session, Throughline};
use throughline_tests::engineio::{Ws, refusal};
use throughline_tests::server::Server;

const COOKIE: (&str, &str) = ("cookie", "session=alice");

/// Whoever shows a cookie is who it says.
async fn by_cookie(attempt: Attempt) -> Result<Admission, Refusal> {
    let cookie = attempt
        .headers()
        .get("cookie")
        .and_then(|cookie| cookie.to_str().ok());
    let name = cookie.and_then(|cookie| cookie.strip_prefix("session="));
    match name {
        Some(name) => Ok(Admission::new(Identity::new(name))),
        None => Err(Refusal::unauthorized("no cookie")),
    }
}

async fn tell_name(mut session: Session) {
    while session.recv().await.is_some() {
        let name = format!("{:?}", session.identity());
        session.send(name).await.expect("it is open");
    }
}

async fn site(asked: &Arc<AtomicUsize>) -> Site {
    let asked = asked.clone();
    let hook = move |attempt| {
        asked.fetch_add(1, Ordering::Relaxed);
        by_cookie(attempt)
    };
    let builder = Throughline::builder().allow_any_origin();
    let builder = builder.authenticate(hook).on_session(tell_name);
    Site::new(Server::with(builder).await, patient()).await
}

#[tokio::test]
async fn who_is_refused_reads_why_on_every_transport() {
    const PAGE: (&str, &str) = ("origin", "https://app.example");
    let site = site(&Arc::default()).await;
    for (method, transport) in [
        ("POST", "xhr"),
        ("POST", "xhr_streaming"),
        ("GET", "eventsource"),
        ("GET", "htmlfile?c=x"),
        ("GET", "jsonp?c=x"),
    ] {
        let method = method.parse().expect("a method");
        let answer = site.visitor().ask(method, transport, &[PAGE], "").await;
        assert_eq!(answer.status, 403, "{transport}");
        assert_eq!(answer.text().trim_end(), "no cookie", "{transport}");
        if !transport.contains("?c=") {
            assert_eq!(answer.header("access-control-allow-origin"), PAGE.1);
        }
    }
    for path in [
        site.visitor().path("websocket"),
        site.target.path("websocket"),
    ] {
        let (status, text) = refusal(Ws::at(&site.target, &path, &[PAGE]).await);
        assert_eq!((status, text.trim_end()), (403, "no cookie"), "{path}");
    }
}

#[tokio::test]
async fn the_first_request_says_who_it_is_and_nobody_is_asked_again() {
    let asked = Arc::new(AtomicUsize::new(0));
    let site = site(&asked).await;
    let visitor = site.visitor();
    let opened = visitor.ask(http::Method::POST, "xhr", &[COOKIE], "").await;
    assert_eq!(opened.text(), "o\n");
    visitor.send("[\"who\"]").await;
    assert!(visitor.poll().await.contains("alice"));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn so_does_the_handshake_of_a_websocket() {
    let site = site(&Arc::default()).await;
    let path = site.visitor().path("websocket");
    let mut ws = Ws::at(&site.target, &path, &[COOKIE])
        .await
        .expect("a handshake");
    assert_eq!(ws.text().await, "o");
    ws.send("\"who\"").await;
    assert!(ws.text().await.contains("alice"));
}
