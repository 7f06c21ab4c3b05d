//! What an Engine.IO client brings in a POST, or that it waits in a GET.

use super::answer::answer;
use crate::arrival::Head;
use crate::node::Node;
use crate::service::wordless;
use crate::shared::Shared;
use crate::transport::body::{BodyError, Longest};
use crate::transport::polling::{self, Stage};
use axum::response::Response;
use bytes::Bytes;
use bytestring::ByteString;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use std::sync::Arc;
use throughline_core::engineio::{Answer, Engine, Request, Stamp};
use throughline_core::wire::Carried;

#[derive(Debug)]
pub(crate) struct Batch {
    pub(super) session: Arc<Shared>,
    pub(super) stamp: Option<Stamp>,
    /// How many bytes it may have.
    pub(super) longest: usize,
}

impl polling::Batch for Batch {
    type Dialect = Engine;

    fn longest(&self, _: &Node) -> Longest {
        Longest::of_any(self.longest)
    }

    fn take(
        &mut self,
        node: &Arc<Node>,
        head: Head,
        bytes: Bytes,
    ) -> Result<Stage<Engine>, Box<Response>> {
        let content_type = head.parts.headers.get(CONTENT_TYPE);
        let is_binary = content_type.is_some_and(|value| value == "application/octet-stream");
        let carried = match is_binary {
            true => Some(Carried::Binary(bytes)),
            false => ByteString::try_from(bytes).ok().map(Carried::Text),
        };
        let request = match carried {
            Some(carried) => Request::Post(self.stamp.take(), carried),
            None => Request::Bad,
        };
        Ok(Stage::Held(node.ask(self.session.clone(), request)))
    }

    fn unread(&self, node: &Node, error: BodyError) -> Response {
        match error {
            // The reference says it without a word, and clients show their users what is said.
            BodyError::TooLong => wordless(StatusCode::PAYLOAD_TOO_LARGE),
            BodyError::Full(_) | BodyError::TooSlow | BodyError::Cut => error.answer(node),
        }
    }

    fn answer(&self, _: &Node, given: Answer) -> Response {
        answer(given)
    }
}
