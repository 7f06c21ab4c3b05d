//! One request of a polling client: a batch up, a batch down.
//!
//! The whole body is read first, then applied in one step (spec ATT-12). The answer may be held; when its
//! client goes away, this future is dropped, and the core is told.

use super::body::{self, BodyError, Bounds};
use crate::attach::{Attached, Caller, Visitor};
use crate::front_door::capacity::Kind;
use crate::metrics;
use crate::node::Node;
use crate::service::{answer, no_room, sentence};
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use std::sync::Arc;
use throughline_core::Code;
use throughline_core::wire::native::{self, Hello, Request};

/// Answers `POST M/poll`.
pub(crate) async fn serve(node: &Arc<Node>, caller: Caller, body: Body) -> Response {
    let bytes = match read(node, &caller, body).await {
        Ok(bytes) => bytes,
        Err(error) => return unread(node, error),
    };
    match Request::decode(&bytes) {
        Ok(request) => {
            // A held request keeps nothing of the body but its messages.
            drop(bytes);
            answer(respond(node, caller, request).await)
        }
        Err(malformed) => {
            tracing::debug!(address = ?caller.address, %malformed, "malformed request");
            metrics::malformed("http");
            sentence(StatusCode::BAD_REQUEST, &malformed.to_string())
        }
    }
}

/// Reads the whole body, and counts it until it has been read.
async fn read(node: &Arc<Node>, caller: &Caller, body: Body) -> Result<Bytes, BodyError> {
    let bounds = Bounds {
        limit: node.config.limits.batch,
        deadline: node.config.body,
        place: node.capacity.enter(Kind::Body, caller.address)?,
    };
    body::read(&caller.parts.headers, body, bounds).await
}

/// The answer to a request that was not read, which a client takes for one that is not ours (spec END-4).
fn unread(node: &Node, error: BodyError) -> Response {
    let status = match error {
        BodyError::Full(full) => {
            metrics::refused(Code::AT_CAPACITY);
            return no_room(full, node.jitter());
        }
        BodyError::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
        BodyError::TooSlow => StatusCode::REQUEST_TIMEOUT,
        BodyError::Cut => StatusCode::BAD_REQUEST,
    };
    sentence(status, &error.to_string())
}

async fn respond(node: &Arc<Node>, caller: Caller, request: Request) -> native::Response {
    match request {
        Request::Hello(hello) => greet(node, caller, hello).await,
        Request::Poll(request) => node.poll(request).await,
    }
}

async fn greet(node: &Arc<Node>, caller: Caller, hello: Hello) -> native::Response {
    let mut visitor = match Visitor::new(node.clone(), caller) {
        Ok(visitor) => visitor,
        Err(full) => return native::Response::Refuse(node.at_capacity(full).into()),
    };
    match visitor.hello(hello).await {
        Attached::Welcome(welcome) => native::Response::Welcome(welcome),
        Attached::Refused(refusal) => native::Response::Refuse(refusal.into()),
        Attached::Ended(abort) => native::Response::Abort(abort),
    }
}
