//! A WebSocket, with or without frames: its session lives and dies with it, whatever the URL calls it.

use super::receive::open_session;
use super::service::{Mount, Refused};
use crate::front_door::handshake;
use crate::shared::Linked;
use crate::transport::websocket::{self, carry};
use axum::response::Response;
use http::HeaderValue;
use http::header::SEC_WEBSOCKET_VERSION;
use http::request::Parts;
use throughline_core::sockjs::Connection;
use throughline_core::wire::sockjs::Transport;

/// Accepts the handshake of a WebSocket.
pub(super) async fn upgrade(
    mount: &Mount,
    mut parts: Parts,
    transport: Transport,
) -> Result<Response, Refused> {
    // Version 8 differs from the final one in the name of a header alone.
    let is_version_8 = |version: &HeaderValue| version == "8";
    if parts
        .headers
        .get(SEC_WEBSOCKET_VERSION)
        .is_some_and(is_version_8)
    {
        let version = HeaderValue::from_static("13");
        parts.headers.insert(SEC_WEBSOCKET_VERSION, version);
    }
    let checked = handshake::check(&parts.method, parts.version, &parts.headers);
    checked.map_err(|_| Refused::NoHandshake)?;
    let upgrade = websocket::upgrade(&mut parts).await;
    let upgrade = upgrade.map_err(|_| Refused::NoHandshake)?;
    let upgrade = websocket::within(upgrade, mount.settings.max_payload);
    let node = mount.node.clone();
    let session = open_session(mount, node.caller(parts)).await?;
    // Where the upgrade comes to nothing, the session lapses.
    Ok(upgrade.on_upgrade(async move |socket| {
        let link = node.next_number();
        let linked = Linked::<Connection>::websocket(session, link, transport);
        carry(&node, socket, linked).await;
    }))
}
