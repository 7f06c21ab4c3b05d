//! One request of a polling client: a batch up, a batch down.
//!
//! The whole batch is read first, then applied in one step (spec ATT-12). The answer may be held; when its
//! client goes away, this future is dropped, and the core is told.

use super::body::{self, BodyError, Longest};
use super::form::{Form, Incoming};
use super::header::{self, HeaderError};
use crate::attach::{Attached, Caller, Visitor};
use crate::metrics;
use crate::node::Node;
use crate::service::sentence;
use crate::waiting::Waiting;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use std::fmt;
use std::sync::Arc;
use throughline_core::Session;
use throughline_core::wire::native::{self, Hello, Malformed, Request};

/// Why there is no batch to look at.
#[derive(Debug, thiserror::Error)]
enum Unread {
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Header(#[from] HeaderError),
}

/// Answers a poll, in the form that its request has.
pub(crate) async fn serve(
    node: &Arc<Node>,
    caller: Caller,
    form: Form,
    incoming: Incoming,
) -> Response {
    let bytes = match read(node, &caller, incoming).await {
        Ok(bytes) => bytes,
        Err(error) => return unread(node, &caller, &error),
    };
    let taken = take(node, &bytes);
    // A held request keeps nothing of what came but its messages.
    drop(bytes);
    let response = match taken {
        Ok(Taken::Hello(hello)) => Box::pin(greet(node, caller, *hello)).await,
        Ok(Taken::Poll(waiting)) => {
            // The head of a held request would keep what its headers held.
            drop(caller);
            waiting.await
        }
        Ok(Taken::Answered(response)) => response,
        Err(error) => return malformed(&caller, &error),
    };
    form.answer(response)
}

/// What a batch has led to.
enum Taken {
    Hello(Box<Hello>),
    Poll(Waiting<Session>),
    Answered(native::Response),
}

/// Hands in what came.
fn take(node: &Node, bytes: &Bytes) -> Result<Taken, Malformed> {
    Ok(match Request::decode(bytes)? {
        Request::Hello(hello) => Taken::Hello(hello),
        Request::Poll(request) => match node.poll(request) {
            Ok(waiting) => Taken::Poll(waiting),
            Err(response) => Taken::Answered(response),
        },
    })
}

async fn read(node: &Arc<Node>, caller: &Caller, incoming: Incoming) -> Result<Bytes, Unread> {
    match incoming {
        Incoming::Body(body) => {
            let longest = Longest::of_batch(node.config.limits.batch);
            Ok(body::read(node, caller, body, longest).await?)
        }
        // It has arrived already, and counts for no place.
        Incoming::Header(header) => Ok(header::read(&header, node.config.limits.batch)?),
    }
}

/// The answer to a request that was not read, which a client takes for one that is not ours (spec END-4).
fn unread(node: &Node, caller: &Caller, error: &Unread) -> Response {
    match error {
        Unread::Body(error) => error.answer(node),
        Unread::Header(HeaderError::NotBase64(_)) => malformed(caller, error),
        Unread::Header(HeaderError::TooLong) => sentence(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            &error.to_string(),
        ),
    }
}

/// The answer to what is not a whole batch: nothing of it is applied (spec END-5).
fn malformed(caller: &Caller, error: &dyn fmt::Display) -> Response {
    tracing::debug!(address = ?caller.address, malformed = %error, "malformed request");
    metrics::malformed("http");
    sentence(StatusCode::BAD_REQUEST, &error.to_string())
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
