//! The application's end of a session: receive, send, watch, close.
//!
//! A [`Session`] is a [`Receiver`] and a [`Sender`] in one. None of them knows a transport; the session
//! moves between transports under their hands.

mod receiver;
mod sender;

pub use receiver::Receiver;
pub use sender::{Closed, Sender};

use crate::shared::Shared;
use futures_util::{Sink, Stream};
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use throughline_core::session::{CloseError, SendError};
use throughline_core::{Code, Message};

/// One client's session, as its handler gets it.
///
/// It is a [`Stream`] of the client's messages and a [`Sink`] for ours, and it dereferences to its
/// [`Sender`], which is cheap to clone and does everything but receive. When the handler has returned,
/// or the last handle is dropped, what was sent is flushed and the session closes with 1000.
///
/// ```
/// # use throughline::{Session, Throughline};
/// async fn echo(mut session: Session) {
///     while let Some(message) = session.recv().await {
///         if session.send(message).await.is_err() {
///             break;
///         }
///     }
/// }
/// # let _ = Throughline::builder().on_session(echo).build();
/// ```
#[derive(Debug)]
pub struct Session {
    sender: Sender,
    receiver: Receiver,
}

impl Session {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let handle = Arc::new(Handle(shared));
        Self {
            sender: Sender::new(handle.clone()),
            receiver: Receiver::new(handle),
        }
    }

    /// The client's next message; `None` when there will be no more: the client closed, the session ended,
    /// or the node is shutting down. [`end`](Sender::end) and [`peer_close`](Sender::peer_close) tell which.
    ///
    /// Taking a message acknowledges it: the client forgets it, and has room for another one.
    ///
    /// # Cancellation
    /// Safe: a message is taken only when it is returned.
    pub async fn recv(&mut self) -> Option<Message> {
        self.receiver.recv().await
    }

    /// Sends a message, and waits for room where there is none; see [`Sender::send`]. It stands here too
    /// since otherwise `SinkExt::send` would be found first where that is imported.
    ///
    /// # Errors
    /// [`SendError::TooLarge`] and [`SendError::Closed`]; the message was not sent.
    ///
    /// # Cancellation
    /// Safe: a message whose future was dropped was not sent.
    pub async fn send(&self, message: impl Into<Message>) -> Result<u64, SendError> {
        self.sender.send(message).await
    }

    /// Ends the session in order; see [`Sender::close`].
    ///
    /// # Errors
    /// [`CloseError`] when the reason is longer than 123 bytes.
    pub fn close(&self, code: Code, reason: &str) -> Result<(), CloseError> {
        self.sender.close(code, reason)
    }

    /// A handle that sends, to be given away.
    #[must_use]
    pub fn sender(&self) -> Sender {
        self.sender.clone()
    }

    /// Takes the two directions apart, for two tasks.
    #[must_use]
    pub fn split(self) -> (Sender, Receiver) {
        (self.sender, self.receiver)
    }
}

impl Deref for Session {
    type Target = Sender;

    fn deref(&self) -> &Sender {
        &self.sender
    }
}

impl Stream for Session {
    type Item = Message;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        Pin::new(&mut self.receiver).poll_next(cx)
    }
}

impl Sink<Message> for Session {
    type Error = SendError;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Pin::new(&mut self.sender).poll_ready(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), SendError> {
        Pin::new(&mut self.sender).start_send(message)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Pin::new(&mut self.sender).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Pin::new(&mut self.sender).poll_close(cx)
    }
}

/// What all handles of the application share: with the last of them, the application is gone.
#[derive(Debug)]
struct Handle(Arc<Shared>);

impl Drop for Handle {
    /// A panic that takes the last handle with it is a failure, not a goodbye: nothing may be closed in order
    /// before the panic has been noticed.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let code = Code::INTERNAL;
            self.0.abort(code, code.reason(), None);
        } else {
            self.0.release();
        }
    }
}
