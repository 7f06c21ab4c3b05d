//! What is under way on a connection: each request, until its body has been read and its answer written. Meanwhile no next head is
//! awaited.
//!
//! hyper does not tell of it. So what it takes in and gives out says when it has come to its end, or is let go.

use super::desk::Desk;
use axum::body::HttpBody;
use hyper::body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// As long as there is one of a request, it is under way. Its connection's task has it.
pub(super) struct UnderWay(Arc<Desk>);

impl UnderWay {
    /// Of a request that its desk has counted in.
    pub(super) const fn new(desk: Arc<Desk>) -> Self {
        Self(desk)
    }

    pub(super) fn desk(&self) -> &Desk {
        &self.0
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.let_go();
    }
}

/// The same for what an application may hand to any task.
pub(super) struct Elsewhere(Arc<Desk>);

impl Drop for Elsewhere {
    fn drop(&mut self) {
        self.0.let_go_elsewhere();
    }
}

/// A body: its request is under way until its end.
pub(super) struct Passing<B, H = UnderWay> {
    body: B,
    hold: Option<H>,
}

impl<B> Passing<B> {
    pub(super) const fn answer(body: B, under_way: UnderWay) -> Self {
        let hold = Some(under_way);
        Self { body, hold }
    }
}

impl<B: HttpBody> Passing<B, Elsewhere> {
    /// Of a request that is under way. One in which there is nothing to read holds nothing, whoever keeps it.
    pub(super) fn request(body: B, under_way: &UnderWay) -> Self {
        let hold = (!body.is_end_stream()).then(|| {
            under_way.0.hold();
            Elsewhere(under_way.0.clone())
        });
        Self { body, hold }
    }
}

impl<B: HttpBody + Unpin, H: Unpin> HttpBody for Passing<B, H> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(ctx);
        if matches!(polled, Poll::Ready(None)) || self.body.is_end_stream() {
            self.hold = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
