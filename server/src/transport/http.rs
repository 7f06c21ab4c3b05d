//! One request of a polling client: a batch up, a batch down.
//!
//! The whole body is read first, then applied in one step (spec ATT-12). The answer may be held; when its
//! client goes away, this future is dropped, and the core is told.

use super::body;
use crate::attach::{Attached, Caller, Visitor};
use crate::metrics;
use crate::node::Node;
use crate::service::{answer, sentence};
use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use std::sync::Arc;
use throughline_core::wire::native::{self, Hello, Request};

/// Answers `POST M/poll`.
pub(crate) async fn serve(node: &Arc<Node>, caller: Caller, body: Body) -> Response {
    let limit = node.config.limits.batch;
    let read = body::read(&caller.parts.headers, body, limit, node.config.body).await;
    let bytes = match read {
        Ok(bytes) => bytes,
        Err(error) => return sentence(error.status(), &error.to_string()),
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
