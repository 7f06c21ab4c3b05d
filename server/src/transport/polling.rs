//! A request that brings something for a session and waits for its answer, in any dialect.
//!
//! Mostly all of it has come when it is looked at, and there is nothing to wait for but the answer. Once it is held it keeps
//! nothing of its head or its body but what its answer takes from there. When its client goes away this is dropped, and the session is told.

use super::body::{self, BodyError, Longest, Looked};
use crate::arrival::{Arriving, Head};
use crate::dialect::Speaker;
use crate::node::Node;
use crate::waiting::Waiting;
use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// What is brought, as its dialect has it.
pub(crate) trait Batch: Unpin + Send + Sized + 'static {
    type Dialect: Speaker;

    fn longest(&self, node: &Node) -> Longest;

    /// Hands in what has been read, or says what is answered without a session, which is rare.
    fn take(
        &mut self,
        node: &Arc<Node>,
        head: Head,
        bytes: Bytes,
    ) -> Result<Stage<Self::Dialect>, Box<Response>>;

    /// The answer where it could not be read.
    fn unread(&self, node: &Node, error: BodyError) -> Response;

    fn answer(&self, node: &Node, answer: <Self::Dialect as Speaker>::Answer) -> Response;
}

/// A request on the way to its answer.
pub(crate) struct Polling<B: Batch> {
    node: Arc<Node>,
    batch: B,
    stage: Stage<B::Dialect>,
}

/// How far it has come.
pub(crate) enum Stage<D: Speaker> {
    /// Nobody has looked at its body.
    Asked(Box<(Head, Arriving)>),
    /// Its body comes in pieces.
    Arriving(BoxFuture<'static, (Head, Result<Bytes, BodyError>)>),
    Held(Waiting<D>),
    /// What a dialect seldom has to do, and needs more room.
    Rare(BoxFuture<'static, Response>),
    /// There is nothing left to come.
    Over,
}

impl<B: Batch> Polling<B> {
    pub(crate) const fn new(node: Arc<Node>, batch: B, stage: Stage<B::Dialect>) -> Self {
        Self { node, batch, stage }
    }

    /// Whether all has been handed in, and there is no answer yet.
    pub(crate) const fn is_held(&self) -> bool {
        matches!(self.stage, Stage::Held(_))
    }

    fn look(
        &mut self,
        head: Head,
        mut body: Arriving,
        ctx: &mut Context<'_>,
    ) -> Result<Stage<B::Dialect>, Box<Response>> {
        let longest = self.batch.longest(&self.node);
        match body::look(ctx, &mut body, longest) {
            Looked::Read(read) => self.take(head, read),
            Looked::Begun(begun) => {
                let node = self.node.clone();
                let arriving = async move {
                    let read = body::read(&node, &head, begun, body, longest).await;
                    (head, read)
                };
                Ok(Stage::Arriving(arriving.boxed()))
            }
        }
    }

    fn take(
        &mut self,
        head: Head,
        read: Result<Bytes, BodyError>,
    ) -> Result<Stage<B::Dialect>, Box<Response>> {
        match read {
            Ok(bytes) => self.batch.take(&self.node, head, bytes),
            Err(error) => Err(Box::new(self.batch.unread(&self.node, error))),
        }
    }
}

impl<B: Batch> Future for Polling<B> {
    type Output = Response;

    fn poll(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<Response> {
        loop {
            let next = match &mut self.stage {
                Stage::Held(waiting) => {
                    let answer = ready!(waiting.poll_unpin(ctx));
                    return Poll::Ready(self.batch.answer(&self.node, answer));
                }
                Stage::Rare(answer) => return answer.poll_unpin(ctx),
                Stage::Arriving(arriving) => {
                    let (head, read) = ready!(arriving.poll_unpin(ctx));
                    self.take(head, read)
                }
                stage => match mem::replace(stage, Stage::Over) {
                    Stage::Asked(asked) => {
                        let (head, body) = *asked;
                        self.look(head, body, ctx)
                    }
                    _ => return Poll::Pending,
                },
            };
            match next {
                Ok(stage) => self.stage = stage,
                Err(answer) => return Poll::Ready(*answer),
            }
        }
    }
}
