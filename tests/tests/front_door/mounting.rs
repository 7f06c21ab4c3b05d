//! A node works wherever it is mounted, and under the layers that applications put in front of it.

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use std::future::IntoFuture;
use std::time::Duration;
use throughline::{Limits, Throughline};
use throughline_core::session::Transport;
use throughline_core::wire::native::Request;
use throughline_tests::byhand::hello;
use throughline_tests::client::{Client, Plan};
use throughline_tests::http::Http;
use throughline_tests::server::{echo, listen};
use throughline_tests::target::Target;
use tokio::net::TcpListener;
use tower_http::compression::CompressionLayer;
use tower_http::cors::CorsLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

const TRANSPORTS: [Transport; 3] = [
    Transport::WebSocket,
    Transport::LongPoll,
    Transport::Periodic,
];

fn node(limits: Limits) -> Throughline {
    let builder = Throughline::builder().limits(limits).on_session(echo);
    builder.build().expect("the node can be built")
}

fn nested() -> Router {
    Router::new().nest_service("/realtime", node(Limits::default()))
}

async fn target(router: Router, mount: &str) -> Target {
    Target::new(listen(router).await.0, mount)
}

async fn works(target: &Target) {
    for on in TRANSPORTS {
        let client = Client::connect(target, on).await;
        for number in 0..20 {
            client
                .send(number.to_string())
                .await
                .expect("the session is open");
        }
        for number in 0..20 {
            assert_eq!(client.text().await, number.to_string(), "over {on}");
        }
        client.close(1000, "");
        assert!(client.ended().await.clean);
    }
    let script = Http::new(target)
        .get("client.js", &[])
        .await
        .expect("an answer");
    assert_eq!(script.status, 200);
}

#[tokio::test]
async fn nested_where_the_router_strips_the_prefix() {
    works(&target(nested(), "/realtime").await).await;
    let deep = Router::new().nest("/a", Router::new().nest("/b", nested()));
    works(&target(deep, "/a/b/realtime").await).await;
}

#[tokio::test]
async fn mounted_ahead_of_an_application_that_goes_on_beside_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let app = Router::new()
        .route("/realtime-too", get(async || "the application"))
        .route("/realtime/poll", get(async || "nobody comes here"));
    let serve = throughline::serve(listener, app)
        .mount("/realtime", node(Limits::default()))
        .mount("/realtime/deeper", node(Limits::default()));
    let serving = tokio::spawn(serve.into_future());
    for mount in ["/realtime", "/realtime/deeper"] {
        works(&Target::new(address, mount)).await;
    }
    let beside = Http::new(&Target::new(address, ""));
    let answer = beside.get("realtime-too", &[]).await.expect("an answer");
    assert_eq!(answer.body, "the application");
    serving.abort();
}

#[tokio::test]
async fn mounted_where_the_router_leaves_the_prefix() {
    let whole = Router::new().route_service("/realtime/{*rest}", node(Limits::default()));
    works(&target(whole, "/realtime").await).await;
}

#[tokio::test]
async fn mounted_at_the_root() {
    let root = Router::new().fallback_service(node(Limits::default()));
    works(&target(root, "").await).await;
}

#[tokio::test]
async fn under_trace_cors_and_compression() {
    let layered = nested()
        .layer(TraceLayer::new_for_http())
        .layer(CorsLayer::permissive())
        .layer(CompressionLayer::new());
    let target = target(layered, "/realtime").await;
    works(&target).await;
    // A browser asks for compression, and decodes it before the client looks.
    let body = Request::Hello(Box::new(hello())).encode();
    let headers = [("accept-encoding", "gzip"), ("origin", "null")];
    let own = [("accept-encoding", "gzip")];
    let http = Http::new(&target);
    let answer = http
        .post("poll", &own, body.clone())
        .await
        .expect("an answer");
    assert_eq!(answer.header("content-encoding"), "gzip");
    assert!(answer.header("cache-control").contains("no-store"));
    let answer = http.post("poll", &headers, body).await.expect("an answer");
    assert_eq!(
        answer
            .headers
            .get_all("access-control-allow-origin")
            .iter()
            .count(),
        1
    );
}

fn hurried(limits: Limits) -> Router {
    let after = TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_secs(5));
    Router::new()
        .nest_service("/realtime", node(limits))
        .layer(after)
}

/// Silence for longer than the layer allows, then messages both ways.
async fn survives_silence(target: &Target, on: Transport, plan: Plan) -> Client {
    let client = Client::try_connect(target, on, plan)
        .await
        .expect("a session");
    let silence = tokio::time::timeout(Duration::from_millis(5500), client.recv()).await;
    assert!(silence.is_err(), "{silence:?}");
    client.send("after it").await.expect("the session is open");
    assert_eq!(client.text().await, "after it");
    client
}

#[tokio::test]
async fn under_a_timeout_of_5_s_a_hold_that_is_cut_loses_nothing() {
    let target = target(hurried(Limits::default()), "/realtime").await;
    works(&target).await;
    let (stream, polled) = tokio::join!(
        survives_silence(&target, Transport::WebSocket, Plan::default()),
        survives_silence(&target, Transport::LongPoll, Plan::default()),
    );
    // The timeout is for requests; a connection that was upgraded is none, and a cut poll is repeated.
    assert_eq!((stream.moves(), polled.moves()), (1, 1));
    assert!(polled.failures() >= 1, "the layer has cut a poll");
}

#[tokio::test]
async fn under_a_timeout_of_5_s_a_shorter_hold_is_never_cut() {
    let configured = Limits {
        hold: Duration::from_secs(4),
        ..Limits::default()
    };
    let by_server = target(hurried(configured), "/realtime").await;
    let by_client = target(hurried(Limits::default()), "/realtime").await;
    let plan = Plan {
        hold: Duration::from_secs(4),
        ..Plan::default()
    };
    let (first, second) = tokio::join!(
        survives_silence(&by_server, Transport::LongPoll, Plan::default()),
        survives_silence(&by_client, Transport::LongPoll, plan),
    );
    assert_eq!((first.failures(), second.failures()), (0, 0));
}
