//! A WebSocket, with or without frames: its session lives and dies with it, whatever the URL calls it.

use super::receive::open_session;
use super::service::{Mount, Refused};
use crate::arrival::Head;
use crate::shared::Linked;
use crate::transport::websocket::{Upgrade, carry};
use axum::response::Response;
use http::header::{ORIGIN, SEC_WEBSOCKET_VERSION};
use http::{HeaderMap, HeaderName, HeaderValue};
use throughline_core::sockjs::Connection;
use throughline_core::wire::sockjs::Transport;

const WEBSOCKET_ORIGIN: HeaderName = HeaderName::from_static("sec-websocket-origin");

/// Version 8 differs from the final one in the name of the header alone in which a browser says whose page it shows.
pub(super) fn translate_version_8(headers: &mut HeaderMap) {
    let is_version_8 = |version: &HeaderValue| version == "8";
    if !headers.get(SEC_WEBSOCKET_VERSION).is_some_and(is_version_8) {
        return;
    }
    let version = HeaderValue::from_static("13");
    headers.insert(SEC_WEBSOCKET_VERSION, version);
    if let Some(origin) = headers.remove(WEBSOCKET_ORIGIN) {
        headers.entry(ORIGIN).or_insert(origin);
    }
}

/// Accepts the handshake of a WebSocket.
pub(super) async fn upgrade(
    mount: &Mount,
    mut head: Head,
    transport: Transport,
) -> Result<Response, Refused> {
    let upgrade = Upgrade::take(&mut head.parts).map_err(|_| Refused::NoHandshake)?;
    let longest = mount.settings.max_payload;
    let node = mount.node.clone();
    let session = open_session(mount, node.caller(head)).await?;
    // Where the upgrade comes to nothing, the session lapses.
    Ok(upgrade.accept(longest, move |socket| {
        let link = node.next_number();
        let linked = Linked::<Connection>::websocket(session, link, transport);
        carry(node, socket, linked)
    }))
}
