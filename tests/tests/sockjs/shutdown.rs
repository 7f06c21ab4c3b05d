//! A server that goes away tells every client so, and waits for nobody for ever.

use crate::backpressure::{flood, unread};
use crate::client::{MOUNT, Site};
use crate::connection::Connection;
use crate::patient;
use axum::Router;
use std::time::Duration;
use throughline::{Builder, Config, SockJs, Throughline};
use throughline_tests::engineio::Closed;
use throughline_tests::server::{Server, echo};
use throughline_tests::target::Target;
use throughline_tests::wait::{soon, until};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::Message;

const TOLD: &str = "c[4500,\"the server is going away\"]";

#[tokio::test]
async fn every_client_is_told() {
    let mut site = Site::accepting(patient()).await;
    let mut stream = site.visitor().stream_open().await;
    let mut ws = site.visitor().websocket().await;
    let mut raw = site.visitor().raw_websocket().await;
    let _accepted = [
        site.server.accept().await,
        site.server.accept().await,
        site.server.accept().await,
    ];
    let polling = site.open().await;
    let near = site.server.accept().await;
    let mut parked = polling.park("xhr").await;
    until("the poll waits", || near.is_writable()).await;
    let node = site.server.node.clone();
    let shut_down = tokio::spawn(async move { node.shutdown().await });
    assert_eq!(stream.chunk().await, Some(format!("{TOLD}\n")));
    assert_eq!(stream.chunk().await, None);
    assert_eq!(ws.text().await, TOLD);
    assert_eq!(ws.closed().await, Closed::With(1000));
    match raw.message().await {
        Message::Close(Some(frame)) => assert_eq!(u16::from(frame.code), 4500),
        other => panic!("no close: {other:?}"),
    }
    assert_eq!(parked.head().await.status, 200);
    assert_eq!(parked.take(TOLD.len()).await, TOLD.as_bytes());
    drop((ws, raw));
    soon("the shutdown", shut_down).await.expect("it ran");
}

#[tokio::test]
async fn a_client_between_two_polls_is_told_by_the_next() {
    let site = Site::echo(patient()).await;
    let visitor = site.open().await;
    visitor.send("[\"x\"]").await;
    let node = site.server.node.clone();
    let shut_down = tokio::spawn(async move { node.shutdown().await });
    let mut said = visitor.poll().await;
    if said == "a[\"x\"]\n" {
        said = visitor.poll().await;
    }
    assert_eq!(said, format!("{TOLD}\n"));
    soon("the shutdown", shut_down).await.expect("it ran");
    assert_eq!(visitor.poll().await, format!("{TOLD}\n"));
}

#[tokio::test]
async fn new_sessions_are_refused_and_the_page_may_read_it() {
    let site = Site::echo(patient()).await;
    soon("the shutdown", site.server.node.shutdown()).await;
    for transport in ["xhr", "xhr_streaming"] {
        let answer = site.visitor().post(transport, "").await;
        assert_eq!(answer.status, 503, "{transport}");
        assert!(answer.headers.contains_key("retry-after"));
        assert_eq!(answer.header("access-control-allow-origin"), "*");
    }
}

#[tokio::test]
async fn a_client_that_reads_nothing_does_not_hold_it_up() {
    let settings = SockJs {
        response_limit: usize::MAX,
        ..patient()
    };
    let config = Config {
        drain: Duration::from_millis(500),
        ..Config::default()
    };
    let configure = |builder: Builder| builder.allow_any_origin().config(config);
    let server = Server::start(configure).await;
    let mut site = Site::new(server, settings).await;
    let path = site.visitor().path("xhr_streaming");
    let _unread = unread(&site.target, &path).await;
    let near = site.server.accept().await;
    flood(&near).await;
    soon("the shutdown", site.server.node.shutdown()).await;
}

#[tokio::test]
async fn a_server_that_drains_closes_the_connections_of_streams() {
    let node = Throughline::builder().allow_any_origin().on_session(echo);
    let node = node.build().expect("it can be built");
    let sockjs = node.sockjs(patient()).expect("the settings work");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let target = Target::new(listener.local_addr().expect("it is bound"), MOUNT);
    let (stop, stopped) = oneshot::channel::<()>();
    let router = Router::new().nest_service(MOUNT, sockjs);
    let serving = throughline::serve(listener, router)
        .until(async { drop(stopped.await) })
        .drain(node);
    let serving = tokio::spawn(serving.into_future());
    let mut stream = Connection::open(&target).await;
    stream
        .ask("POST", &target.path("000/a/xhr_streaming"), "", "")
        .await;
    assert_eq!(stream.head().await.status, 200);
    stream.chunk().await;
    assert_eq!(stream.chunk().await.as_deref(), Some("o\n"));
    drop(stop);
    assert_eq!(stream.chunk().await, Some(format!("{TOLD}\n")));
    assert_eq!(stream.chunk().await, None);
    assert_eq!(stream.rest().await, "");
    let served = soon("the end of the server", serving).await;
    served.expect("it ran").expect("it was served");
}
