//! The WebSocket of an Engine.IO client: one that opens a session, or one that a polling session may move to.

use super::endpoint::{Refused, admit, open_session};
use super::query::Query;
use super::{EngineIo, sid};
use crate::arrival::Head;
use crate::attach::Guest;
use crate::dialect::Core;
use crate::node::Node;
use crate::shared::{Linked, Shared};
use crate::transport::websocket::{Upgrade, carry};
use axum::response::Response;
use futures_util::FutureExt;
use futures_util::future::OptionFuture;
use std::sync::Arc;
use throughline_core::engineio::Engine;
use throughline_core::wire::engineio::{Refusal, Version};

/// Accepts the handshake of a WebSocket, if what it is for can be.
pub(super) async fn upgrade(node: &Arc<Node>, settings: &EngineIo, mut head: Head) -> Response {
    let upgrade = match Upgrade::take(&mut head.parts) {
        Ok(upgrade) => upgrade,
        Err(no_handshake) => return no_handshake.answer(),
    };
    let longest = settings.max_payload;
    let text_only = Query::read(head.parts.uri.query()).text_only;
    match purpose(node, settings, head).await {
        Ok(Purpose::Move(session)) => {
            // The session knows it before the client does, which may use both its connections at once then.
            let (node, probe) = (node.clone(), Linked::probe(session, node.next_number()));
            upgrade.accept(longest, move |socket| carry(node, socket, probe))
        }
        Ok(Purpose::Open(version, guest)) => {
            let node = node.clone();
            let opening = Box::new((*guest, settings.clone()));
            upgrade.accept(longest, move |socket| {
                let link = node.next_number();
                let (guest, settings) = *opening;
                let opened = open_session(&node, guest, |now, setup| {
                    let sid = sid::new(&setup);
                    let settings = settings.of_session(version, sid, text_only);
                    let engine = Engine::open(now, setup, settings, Some(link));
                    (Core::EngineIo(Box::new(engine)), ())
                });
                // Where there is no room any more, the connection ends with the socket.
                let opened = opened.ok();
                let carrying = opened
                    .map(|(session, ())| carry(node, socket, Linked::<Engine>::new(session, link)));
                OptionFuture::from(carrying).map(drop)
            })
        }
        Err(refused) => refused.answer_upgrade(),
    }
}

/// What a WebSocket is for.
enum Purpose {
    Open(Version, Box<Guest>),
    Move(Arc<Shared>),
}

async fn purpose(node: &Arc<Node>, settings: &EngineIo, head: Head) -> Result<Purpose, Refused> {
    let query = Query::read(head.parts.uri.query());
    if let Some(sid) = &query.sid {
        let session = sid::find(node, sid).ok_or(Refusal::UnknownSession)?;
        return Ok(Purpose::Move(session));
    }
    let version = query.version(settings)?;
    let guest = admit(node, node.caller(head)).await?;
    Ok(Purpose::Open(version, Box::new(guest)))
}
