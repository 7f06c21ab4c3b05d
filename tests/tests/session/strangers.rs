//! Somebody else on the way answers in the server's place: it is discarded whole, and costs time alone.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Router, routing};
use http::StatusCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use throughline::{Session, Throughline};
use throughline_core::session::Transport;
use throughline_tests::client::Client;
use throughline_tests::server::{MOUNT, echo, listen};
use throughline_tests::target::Target;
use throughline_tests::wait::soon;

const POLLING: [Transport; 2] = [Transport::LongPoll, Transport::Periodic];

/// What a portal, a filter or a broken proxy says.
fn stranger(which: usize) -> Response {
    match which % 5 {
        0 => Redirect::temporary("/portal").into_response(),
        1 => ([("content-type", "text/html")], "<!doctype html>Sign in").into_response(),
        2 => (StatusCode::BAD_GATEWAY, "no upstream").into_response(),
        3 => StatusCode::NO_CONTENT.into_response(),
        _ => (StatusCode::FORBIDDEN, "blocked by policy").into_response(),
    }
}

async fn truncated(response: Response, len: usize) -> Response {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX)
        .await
        .expect("the server's answers are whole");
    let mut response = Response::new(Body::from(body.slice(..len.min(body.len()))));
    *response.status_mut() = parts.status;
    response
}

fn node() -> Router {
    let node = Throughline::builder()
        .on_session(echo)
        .build()
        .expect("it can be built");
    Router::new().nest_service(MOUNT, node)
}

// spec: END-4, NET-1, POL-4
#[tokio::test]
async fn answers_of_strangers_are_discarded_and_redirects_not_followed() {
    let (asked, visits) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let visited = Arc::clone(&visits);
    let portal = move || {
        visited.fetch_add(1, Ordering::Relaxed);
        async { "Sign in" }
    };
    // Every second request is answered by a stranger: half of those after the server has acted on it.
    let meddle = from_fn(move |request: Request, next: Next| {
        let turn = asked.fetch_add(1, Ordering::Relaxed);
        async move {
            match turn % 4 {
                1 => stranger(turn / 4),
                3 => {
                    drop(next.run(request).await);
                    stranger(turn / 4)
                }
                _ => next.run(request).await,
            }
        }
    });
    let router = node().layer(meddle).route("/portal", routing::any(portal));
    let target = Target::new(listen(router).await.0, MOUNT);
    for on in POLLING {
        let client = Client::connect(&target, on).await;
        for number in 0..30 {
            client
                .send(number.to_string())
                .await
                .expect("the session is open");
            assert_eq!(client.text().await, number.to_string(), "over {on}");
        }
        assert!(client.failures() > 5, "{} failures", client.failures());
        assert!(client.end().is_none());
    }
    assert_eq!(visits.load(Ordering::Relaxed), 0, "a redirect was followed");
}

/// The smallest answer that is cut: it has room for a welcome and for one message of the test.
const CUT: usize = 2500;

// spec: NET-2, BAT-1
#[tokio::test]
async fn a_path_that_always_cuts_answers_at_the_same_place_starves_nobody() {
    let cut = from_fn(|request: Request, next: Next| async move {
        truncated(next.run(request).await, CUT).await
    });
    let down = Throughline::builder().on_session(|session: Session| async move {
        for number in 0..60 {
            session
                .send(format!("{number:01000}"))
                .await
                .expect("the session is open");
        }
        session.closed().await;
    });
    let node = down.build().expect("it can be built");
    let router = Router::new().nest_service(MOUNT, node).layer(cut);
    let target = Target::new(listen(router).await.0, MOUNT);
    for on in POLLING {
        let client = Client::connect(&target, on).await;
        for number in 0..60 {
            assert_eq!(client.text().await, format!("{number:01000}"), "over {on}");
        }
    }
}

// spec: NET-2
#[tokio::test]
async fn a_path_that_swallows_long_requests_starves_nobody() {
    let swallow = from_fn(|request: Request, next: Next| async move {
        let length = request
            .headers()
            .get("content-length")
            .and_then(|v| v.to_str().ok());
        match length.and_then(|length| length.parse().ok()) {
            Some(length) if length > CUT => stranger(length),
            _ => next.run(request).await,
        }
    });
    let target = Target::new(listen(node().layer(swallow)).await.0, MOUNT);
    for on in POLLING {
        let client = Client::connect(&target, on).await;
        for number in 0..60 {
            client
                .send(format!("{number:01000}"))
                .await
                .expect("the session is open");
        }
        for number in 0..60 {
            let message = soon("an echo", client.text()).await;
            assert_eq!(message, format!("{number:01000}"), "over {on}");
        }
    }
}
