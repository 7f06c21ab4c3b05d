//! One request of a polling client of ours: a batch up, a batch down.
//!
//! The whole batch is read first, then applied in one step (spec ATT-12). The answer may be held.

use super::body::{BodyError, Longest};
use super::form::{Form, THROUGHLINE};
use super::header::{self, HeaderError};
use super::polling::{Batch, Polling, Stage};
use crate::arrival::{Arriving, Head};
use crate::attach::{Attached, Visitor};
use crate::metrics;
use crate::node::Node;
use crate::service::sentence;
use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderValue, StatusCode};
use std::fmt;
use std::sync::Arc;
use throughline_core::Session;
use throughline_core::wire::native::{self, Hello, Request};

/// A poll whose batch is the body of its request.
pub(crate) fn body(node: &Arc<Node>, head: Head, body: Arriving) -> Polling<Form> {
    Polling::new(
        node.clone(),
        Form::Binary,
        Stage::Asked(Box::new((head, body))),
    )
}

/// A poll whose batch is in a header, where it has arrived already.
pub(crate) fn header(
    node: &Arc<Node>,
    head: Head,
    header: &HeaderValue,
) -> Result<Polling<Form>, Box<Response>> {
    let mut form = Form::Text;
    let stage = match header::read(header, node.config.limits.batch) {
        Ok(bytes) => form.take(node, head, bytes)?,
        Err(error) => return Err(Box::new(unread(node, &head, error))),
    };
    Ok(Polling::new(node.clone(), form, stage))
}

impl Batch for Form {
    type Dialect = Session;

    fn longest(&self, node: &Node) -> Longest {
        Longest::of_batch(node.config.limits.batch)
    }

    fn take(
        &mut self,
        node: &Arc<Node>,
        head: Head,
        bytes: Bytes,
    ) -> Result<Stage<Session>, Box<Response>> {
        match Request::decode(&bytes) {
            Ok(Request::Poll(request)) => match node.poll(request) {
                Ok(waiting) => Ok(Stage::Held(waiting)),
                Err(answer) => Err(Box::new(Form::answer(*self, answer))),
            },
            Ok(Request::Hello(hello)) => {
                let (node, form) = (node.clone(), *self);
                let greeted = async move { form.answer(greet(node, head, *hello).await) };
                Ok(Stage::Rare(greeted.boxed()))
            }
            Err(error) => Err(Box::new(malformed(node, &head, &error))),
        }
    }

    /// Its client takes it for an answer that is not ours (spec END-4).
    fn unread(&self, node: &Node, error: BodyError) -> Response {
        error.answer(node)
    }

    fn answer(&self, _: &Node, answer: native::Response) -> Response {
        Form::answer(*self, answer)
    }
}

/// The answer to a header that was not read (spec END-4).
fn unread(node: &Node, head: &Head, error: HeaderError) -> Response {
    match error {
        HeaderError::NotBase64(_) => malformed(node, head, &error),
        HeaderError::TooLong => sentence(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            &error.to_string(),
        ),
    }
}

/// The answer to what is not a whole batch: nothing of it is applied (spec END-5).
fn malformed(node: &Node, head: &Head, error: &dyn fmt::Display) -> Response {
    tracing::debug!(address = ?node.address(head), malformed = %error, "malformed request");
    metrics::malformed("http");
    sentence(StatusCode::BAD_REQUEST, &error.to_string())
}

/// What others see of the request's head holds no secret.
async fn greet(node: Arc<Node>, mut head: Head, hello: Hello) -> native::Response {
    head.parts.headers.remove(THROUGHLINE);
    let mut visitor = match Visitor::new(node.clone(), node.caller(head)) {
        Ok(visitor) => visitor,
        Err(full) => return native::Response::Refuse(node.at_capacity(full).into()),
    };
    match visitor.hello(hello).await {
        Attached::Welcome(welcome) => native::Response::Welcome(welcome),
        Attached::Refused(refusal) => native::Response::Refuse(refusal.into()),
        Attached::Ended(abort) => native::Response::Abort(abort),
    }
}
