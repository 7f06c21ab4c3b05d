//! Clients of SockJS over real sockets: what its protocol asks of a server, exact to the header, and what this one
//! promises beyond it.

mod authentication;
mod backpressure;
mod bounds;
mod client;
mod connection;
mod cookies;
mod cors;
mod endings;
mod escaping;
mod eventsource;
mod hixie76;
mod htmlfile;
mod http10;
mod iframe;
mod info;
mod jsonp;
mod origins;
mod raw_websocket;
mod receivers;
mod repeated;
mod rooms;
mod shutdown;
mod streaming;
mod urls;
mod websocket;
mod xhr;

use std::sync::Arc;
use std::time::Duration;
use throughline::{End, SockJs};
use throughline_tests::server::Near;
use throughline_tests::wait::soon;

/// What no cache keeps.
const UNCACHED: &str = "no-store, no-cache, no-transform, must-revalidate, max-age=0";
const JAVASCRIPT: &str = "application/javascript; charset=UTF-8";
const TEXT: &str = "text/plain; charset=UTF-8";
const HTML: &str = "text/html; charset=UTF-8";
const JSON: &str = "application/json; charset=UTF-8";

/// Settings under which nothing happens by itself while a test runs.
fn patient() -> SockJs {
    SockJs {
        disconnect_delay: Duration::from_secs(60),
        ..SockJs::default()
    }
}

/// Settings under which a client is soon missed.
fn hasty() -> SockJs {
    SockJs {
        disconnect_delay: Duration::from_millis(200),
        ..SockJs::default()
    }
}

/// How a session ended, once the application has found that nothing more comes.
async fn end_of(mut near: Near) -> Arc<End> {
    let more = soon("the end of what comes", near.recv()).await;
    assert!(more.is_none(), "{more:?}");
    near.ended().await
}
