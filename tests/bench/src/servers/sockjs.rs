//! Sessions for clients of SockJS: the same application as over our own protocol.

use super::{native, ours};
use crate::Outcome;
use throughline::SockJs;
use tokio::net::TcpListener;

pub(super) async fn serve(listener: TcpListener) -> Outcome<()> {
    let realtime = ours::builder()?.on_session(native::answer).build()?;
    let serve = throughline::serve(listener, axum::Router::new());
    let sockjs = realtime.sockjs(SockJs::default())?;
    Ok(serve.mount("/sockjs", sockjs).await?)
}
