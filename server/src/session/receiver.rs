//! The half of a session that receives. There is one, so messages have one order.

use super::Handle;
use futures_util::Stream;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use throughline_core::Message;

/// Receives a session's messages. Comes from [`Session::split`](super::Session::split).
///
/// While it is not asked, the client's messages wait in the inbox, and the client stops sending when its
/// window is used up.
#[derive(Debug)]
pub struct Receiver {
    handle: Arc<Handle>,
}

impl Receiver {
    pub(super) fn new(handle: Arc<Handle>) -> Self {
        Self { handle }
    }

    /// The client's next message; see [`Session::recv`](super::Session::recv).
    ///
    /// # Cancellation
    /// Safe: a message is taken only when it is returned.
    pub async fn recv(&mut self) -> Option<Message> {
        std::future::poll_fn(|cx| self.handle.0.poll_take(cx)).await
    }
}

impl Stream for Receiver {
    type Item = Message;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        self.handle.0.poll_take(cx)
    }
}
