//! The half of a session that sends, and all else but receiving. Cheap to clone.

use super::Handle;
use crate::dialect::Dialect;
use crate::front_door::head::Kept;
use crate::front_door::identity::Identity;
use crate::rooms::Room;
use futures_util::Sink;
use futures_util::future::BoxFuture;
use http::request::Parts;
use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;
use throughline_core::session::{CloseError, End, SendError, Transport};
use throughline_core::wire::native::Close;
use throughline_core::{Code, Message};
use tokio::sync::futures::OwnedNotified;
use tokio::sync::watch;

/// Sends on a session, and closes, watches and names it. Comes from [`Session::sender`](super::Session::sender).
///
/// A clone costs one reference count. The session lives while its handler runs and one handle is left.
pub struct Sender {
    handle: Arc<Handle>,
    /// For `Sink`: a message that was accepted when there was no room.
    unsent: Option<Message>,
    /// For `Sink`: the wait for room.
    room: Option<Pin<Box<OwnedNotified>>>,
}

impl Sender {
    pub(super) fn new(handle: Arc<Handle>) -> Self {
        Self {
            handle,
            unsent: None,
            room: None,
        }
    }

    /// Sends a message, and waits for room where there is none. Returns its number.
    ///
    /// There is room while the client has not to acknowledge more than [`Limits::log`](crate::Limits::log)
    /// bytes. To have sent a message is not to have delivered it: see [`end`](Self::end).
    ///
    /// What a session's handler sends leaves when its future waits next, all at once. One that computes for long in between, or blocks
    /// its thread, hands that to [`spawn_blocking`](tokio::task::spawn_blocking) and waits for it.
    ///
    /// # Errors
    /// [`SendError::TooLarge`] and [`SendError::Closed`]; the message was not sent.
    ///
    /// # Cancellation
    /// Safe: a message whose future was dropped was not sent.
    pub async fn send(&self, message: impl Into<Message>) -> Result<u64, SendError> {
        let message = message.into();
        self.wait_for_room(|| self.handle.0.send(&message)).await
    }

    /// Sends several messages as one: with nothing in between, and all of them or none. Waits for room where
    /// there is not enough for all. Returns the number of the last.
    ///
    /// # Errors
    /// [`SendError::TooLarge`], also when together they are more than the session can ever hold, and
    /// [`SendError::Closed`]; nothing was sent.
    ///
    /// # Cancellation
    /// Safe: nothing was sent when the future was dropped.
    pub async fn send_together(&self, messages: &[Message]) -> Result<u64, SendError> {
        self.wait_for_room(|| self.try_send_together(messages))
            .await
    }

    /// Sends several messages as one, if there is room for all of them now. Returns the number of the last.
    ///
    /// # Errors
    /// [`SendError`] says what stands against it; nothing was sent.
    pub fn try_send_together(&self, messages: &[Message]) -> Result<u64, SendError> {
        self.handle.0.send_together(messages)
    }

    /// The same for a text that is in no message.
    pub(crate) fn try_send_text(&self, text: &str) -> Result<u64, SendError> {
        self.handle.0.send_text(text)
    }

    /// Tries to send until there was room, or there never will be.
    pub(crate) async fn wait_for_room<T>(
        &self,
        mut send: impl FnMut() -> Result<T, SendError>,
    ) -> Result<T, SendError> {
        // There is room most of the time, and nothing to listen for.
        match send() {
            Err(SendError::Full) => {}
            sent => return sent,
        }
        loop {
            let changed = self.handle.0.changed().notified();
            tokio::pin!(changed);
            // Listening starts before looking, so that no change is missed in between.
            changed.as_mut().enable();
            match send() {
                Err(SendError::Full) => changed.await,
                sent => return sent,
            }
        }
    }

    /// Sends a message, if there is room now. Returns its number.
    ///
    /// # Errors
    /// [`SendError`] says what stands against it; the message was not sent.
    pub fn try_send(&self, message: impl Into<Message>) -> Result<u64, SendError> {
        self.handle.0.send(&message.into())
    }

    /// Ends the session in order: everything sent before is delivered first. A second call does nothing.
    ///
    /// ```
    /// # use throughline::{Code, Session};
    /// # async fn handler(session: Session) -> Result<(), Box<dyn std::error::Error>> {
    /// let code = Code::application(3001).expect("an application's codes are 3000 to 4499");
    /// session.close(code, "the game is over")?;
    /// let end = session.closed().await;
    /// println!("{} messages were not delivered", end.undelivered.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`CloseError`] when the reason is longer than 123 bytes.
    pub fn close(&self, code: Code, reason: &str) -> Result<(), CloseError> {
        self.handle.0.close(code, reason)
    }

    /// Ends the session at once, with [`Code::ABORTED`]. What was not delivered is listed in the
    /// [`end`](Self::end). Of the reason, the first 123 bytes are sent.
    pub fn abort(&self, reason: &str) {
        let reason = crate::front_door::refusal::truncated(reason);
        self.handle.0.abort(Code::ABORTED, reason, None);
    }

    /// Ends the session at once, with one of our own codes.
    pub(crate) fn abort_with(&self, code: Code, reason: &str) {
        self.handle.0.abort(code, reason, None);
    }

    /// Whether these could ever be sent together, however much room there is now.
    pub(crate) fn check_size(&self, messages: &[Message]) -> Result<(), SendError> {
        self.handle.0.check_size(messages)
    }

    /// Whether the node is shutting down.
    pub(crate) fn is_shutting_down(&self) -> bool {
        self.handle.0.node().is_draining()
    }

    /// The session's id. Not a secret: good for logs.
    #[must_use]
    pub fn id(&self) -> &str {
        self.handle.0.id()
    }

    /// Whose session this is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        self.handle.0.identity()
    }

    /// The application protocol that was agreed on.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.handle.0.protocol()
    }

    /// Whether a message that is sent now leaves at once: a WebSocket is not behind by more than 16 KiB, or a poll waits.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.handle.0.is_writable()
    }

    /// What the client speaks, and so what the session can promise.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.handle.0.dialect()
    }

    /// The address that the session was opened from, where it is known. A client may move on.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.handle.0.address()
    }

    /// The head of the HTTP request that opened the session, with the extensions that layers put there; `None`
    /// unless the node was built to [keep it](crate::Builder::keep_requests). It is made of what is kept when it is first asked for, and then
    /// stays: about 1 KiB for each session.
    #[must_use]
    pub fn request(&self) -> Option<&Arc<Parts>> {
        self.request_head().map(|head| head.parts())
    }

    /// The same, of which little may be asked.
    pub(crate) fn request_head(&self) -> Option<&Arc<Kept>> {
        self.handle.0.request_head()
    }

    /// When the session was opened, by the system's clock.
    #[must_use]
    pub fn opened(&self) -> SystemTime {
        self.handle.0.opened()
    }

    /// What carries the session now; `None` while nothing does.
    #[must_use]
    pub fn transport(&self) -> Option<Transport> {
        self.handle.0.carrier().get()
    }

    /// Follows what carries the session. It keeps no handle: the session can end while it is watched.
    #[must_use]
    pub fn watch_transport(&self) -> watch::Receiver<Option<Transport>> {
        self.handle.0.carrier().watch()
    }

    /// How the client closed, once its close has arrived. The session goes on until it is answered.
    #[must_use]
    pub fn peer_close(&self) -> Option<Close> {
        self.handle.0.peer_close()
    }

    /// How the session ended, with every message that was not acknowledged and its fate; `None` before that.
    #[must_use]
    pub fn end(&self) -> Option<Arc<End>> {
        self.handle.0.end().cloned()
    }

    /// Waits for the end. It comes after the client has acknowledged a close, or in its absence after a
    /// deadline.
    #[must_use = "futures do nothing unless polled"]
    pub fn closed(&self) -> Closed {
        let handle = self.handle.clone();
        Closed(Box::pin(async move {
            loop {
                let changed = handle.0.changed().notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                match handle.0.end() {
                    Some(end) => return end.clone(),
                    None => changed.await,
                }
            }
        }))
    }

    /// Joins a room. Joining twice is joining once. A session leaves all its rooms when it ends.
    pub fn join(&self, room: &str) {
        self.handle.0.node().rooms.join(room, &self.handle.0);
    }

    /// Leaves a room, if it is in it.
    pub fn leave(&self, room: &str) {
        self.handle.0.node().rooms.leave(room, &self.handle.0);
    }

    /// A room of this session's node, joined or not.
    #[must_use]
    pub fn room(&self, name: &str) -> Room {
        Room::new(self.handle.0.node().clone(), name)
    }

    fn poll_unsent(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        while let Some(message) = &self.unsent {
            if let Some(room) = &mut self.room {
                ready!(room.as_mut().poll(cx));
            }
            let mut changed = Box::pin(self.handle.0.changed().clone().notified_owned());
            changed.as_mut().enable();
            match self.handle.0.send(message) {
                Err(SendError::Full) => self.room = Some(changed),
                sent => {
                    self.room = None;
                    self.unsent = None;
                    sent?;
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl Clone for Sender {
    fn clone(&self) -> Self {
        Self::new(self.handle.clone())
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.handle, f)
    }
}

/// Holds at most one message that there was no room for. Flushed means: in the session's hands.
impl Sink<Message> for Sender {
    type Error = SendError;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.poll_unsent(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), SendError> {
        match self.handle.0.send(&message) {
            Ok(_) => Ok(()),
            Err(SendError::Full) => {
                self.unsent = Some(message);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.poll_unsent(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        ready!(self.poll_unsent(cx))?;
        self.handle
            .0
            .close(Code::NORMAL, "")
            .expect("the reason is not longer than 123 bytes");
        Poll::Ready(Ok(()))
    }
}

/// The wait for the end of a session; see [`Sender::closed`].
pub struct Closed(BoxFuture<'static, Arc<End>>);

impl Future for Closed {
    type Output = Arc<End>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Arc<End>> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Closed(…)")
    }
}
