//! Clients of Engine.IO 4 over real sockets: what its protocol asks of a server, and how the reference reacts to
//! whatever no client should do.

mod carried;
mod ends;
mod handshake;
mod heartbeat;
mod order;
mod pages;
mod polling;
mod repeated;
mod stalled;
mod upgrade;
mod upgrade_races;

use std::sync::Arc;
use std::time::Duration;
use throughline::{End, EngineIo};
use throughline_tests::server::{Near, Server};
use throughline_tests::wait::soon;

/// A node that echoes, with a payload that a test can exceed. Nobody is pinged while a test runs.
async fn echo() -> Server {
    with(EngineIo {
        max_payload: 10_000,
        ..EngineIo::default()
    })
    .await
}

async fn with(settings: EngineIo) -> Server {
    Server::echo(|builder| builder.engine_io(settings)).await
}

/// A node whose sessions are the test's.
async fn accepting() -> Server {
    Server::start(|builder| builder.engine_io(EngineIo::default())).await
}

/// Settings under which pings come soon.
fn hasty() -> EngineIo {
    EngineIo {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_secs(1),
        ..EngineIo::default()
    }
}

/// How a session ended, once the application has found that nothing more comes.
async fn end_of(mut near: Near) -> Arc<End> {
    let more = soon("the end of what comes", near.recv()).await;
    assert!(more.is_none(), "{more:?}");
    near.ended().await
}
