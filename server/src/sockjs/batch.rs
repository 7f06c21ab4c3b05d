//! What a request of a SockJS client waits for, without memory of its own: a frame, or the word that its messages were taken.

use super::headers::Manners;
use super::receive;
use super::send;
use super::service::{Mount, Refused};
use crate::arrival::Head;
use crate::node::Node;
use crate::shared::Shared;
use crate::transport::body::{BodyError, Longest};
use crate::transport::polling::{self, Stage};
use axum::response::Response;
use bytes::Bytes;
use std::sync::Arc;
use throughline_core::sockjs::{Answer, Connection, Request, Stamp};
use throughline_core::wire::sockjs::Transport;

pub(crate) struct Batch {
    pub(super) mount: Arc<Mount>,
    pub(super) manners: Manners,
    pub(super) purpose: Purpose,
}

pub(super) enum Purpose {
    /// To receive, as the one request of its session that does.
    Receive(Transport),
    Send(Arc<Shared>, send::Way, Option<Stamp>),
}

impl polling::Batch for Batch {
    type Dialect = Connection;

    fn longest(&self, _: &Node) -> Longest {
        Longest::of_any(self.mount.settings.max_payload)
    }

    fn take(
        &mut self,
        node: &Arc<Node>,
        head: Head,
        bytes: Bytes,
    ) -> Result<Stage<Connection>, Box<Response>> {
        let Purpose::Send(session, way, stamp) = &mut self.purpose else {
            return Err(Box::new(self.manners.finish(Err(Refused::busy(node)))));
        };
        match way.json(&head.parts.headers, bytes) {
            Ok(json) => {
                let request = Request::Send(stamp.take(), json);
                Ok(Stage::Held(node.ask(session.clone(), request)))
            }
            Err(refused) => Err(Box::new(self.manners.finish(Err(refused)))),
        }
    }

    fn unread(&self, node: &Node, error: BodyError) -> Response {
        let refused = Refused::other(error.answer(node));
        self.manners.finish(Err(refused))
    }

    fn answer(&self, node: &Node, answer: Answer) -> Response {
        let result = match &self.purpose {
            Purpose::Receive(transport) => receive::held_answer(node, transport, answer),
            Purpose::Send(_, way, _) => way.answer(node, &answer),
        };
        self.manners.finish(result)
    }
}
