//! A request that waits for its answer, and keeps nothing of what it said.
//!
//! Dropped before it has one, it tells its session that the client has gone away.

use crate::dialect::Speaker;
use crate::shared::Shared;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use throughline_core::session::RequestId;

#[derive(Debug)]
pub(crate) struct Waiting<D: Speaker> {
    /// Until there is an answer.
    session: Option<Arc<Shared>>,
    id: RequestId,
    dialect: PhantomData<fn(D)>,
}

impl<D: Speaker> Waiting<D> {
    /// Hands the request in.
    pub(crate) fn new(session: Arc<Shared>, id: RequestId, request: D::Request) -> Self {
        session.request::<D>(id, request);
        Self {
            session: Some(session),
            id,
            dialect: PhantomData,
        }
    }

    pub(crate) const fn id(&self) -> RequestId {
        self.id
    }
}

impl<D: Speaker> Future for Waiting<D> {
    type Output = D::Answer;

    fn poll(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<D::Answer> {
        let session = self.session.as_ref().expect("an answer is taken once");
        let answer = ready!(session.poll_answer(self.id, ctx));
        self.session = None;
        Poll::Ready(D::answer(answer).expect("a request is answered in its own dialect"))
    }
}

impl<D: Speaker> Drop for Waiting<D> {
    fn drop(&mut self) {
        if let Some(session) = &self.session {
            session.request_gone(self.id);
        }
    }
}
