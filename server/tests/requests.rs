//! What a session keeps of the request that opened it.

mod common;

use common::Server;
use http::header::HOST;
use std::time::SystemTime;
use throughline::{Builder, Session, Throughline};
use tokio::sync::mpsc;

async fn opened(configure: impl FnOnce(Builder) -> Builder) -> Session {
    let (sessions, mut received) = mpsc::unbounded_channel();
    let builder = configure(Throughline::builder()).on_session(move |session: Session| {
        let closed = session.closed();
        sessions.send(session).expect("the test waits for it");
        async move {
            closed.await;
        }
    });
    let server = Server::new(builder);
    let _ws = server.open().await;
    received.recv().await.expect("the handler started")
}

#[tokio::test(start_paused = true)]
async fn the_request_that_opened_a_session_is_kept_only_when_asked() {
    let before = SystemTime::now();
    let session = opened(Builder::keep_requests).await;
    let request = session.request().expect("it was to be kept");
    assert_eq!(request.headers[HOST], "here");
    assert!(request.uri.path().ends_with("/websocket"));
    assert!(session.opened() >= before);
    assert!(opened(|builder| builder).await.request().is_none());
}
