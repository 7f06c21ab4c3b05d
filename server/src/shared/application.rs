//! The application's side of a session: send, take, close, and the end of it all.

use super::Shared;
use crate::turn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use throughline_core::message::OVERHEAD;
use throughline_core::session::{CloseError, SendError, Take};
use throughline_core::wire::native::Close;
use throughline_core::{Code, Message, Session, Time};

impl Shared {
    /// Whether there is an application's side at all: the handler was started.
    pub(crate) fn has_begun(&self) -> bool {
        self.lock().core.session().has_begun()
    }

    /// Whether a message that is sent now leaves at once.
    pub(crate) fn is_writable(&self) -> bool {
        self.lock().core.is_writable()
    }

    pub(crate) fn send(self: &Arc<Self>, message: &Message) -> Result<u64, SendError> {
        self.say(|session, now| session.send(now, message))
    }

    /// The same for a text that is in no message.
    pub(crate) fn send_text(self: &Arc<Self>, text: &str) -> Result<u64, SendError> {
        self.say(|session, now| session.send_text(now, text))
    }

    /// The same for a message that others get, too.
    pub(crate) fn share(self: &Arc<Self>, message: &Message) -> Result<u64, SendError> {
        self.say(|session, now| session.share(now, message))
    }

    /// All of them, with nothing in between, or none.
    pub(crate) fn send_together(self: &Arc<Self>, messages: &[Message]) -> Result<u64, SendError> {
        self.say(|session, now| session.send_together(now, messages))
    }

    /// Where there is no room, what was said before leaves first: nobody counts as slow whose connection waits for us.
    fn say(
        self: &Arc<Self>,
        say: impl Fn(&mut Session, Time) -> Result<u64, SendError>,
    ) -> Result<u64, SendError> {
        let attempt = || {
            self.step_in_turn(|state, now| match state.draining {
                Some(_) => Err(SendError::Closed),
                None => say(state.core.session_mut(), now),
            })
        };
        match attempt() {
            Err(SendError::Full) if self.write_now() => attempt(),
            said => said,
        }
    }

    /// Has the session's connection written at once, and not at the end of a turn; says whether there is one.
    fn write_now(&self) -> bool {
        let outlet = self.lock().outlet();
        outlet.map(turn::write).is_some()
    }

    pub(crate) fn poll_take(self: &Arc<Self>, ctx: &Context<'_>) -> Poll<Option<Message>> {
        self.step_in_turn(|state, now| match state.core.session_mut().take(now) {
            Take::Message(message) => Poll::Ready(Some(message)),
            Take::End => Poll::Ready(None),
            Take::Empty if state.draining.is_some() => Poll::Ready(None),
            Take::Empty => {
                state.reader = Some(ctx.waker().clone());
                Poll::Pending
            }
        })
    }

    /// Whether these could ever be sent together, however much room there is now.
    pub(crate) fn check_size(&self, messages: &[Message]) -> Result<(), SendError> {
        let (longest, most) = {
            let state = self.lock();
            let limits = state.core.session().limits();
            (limits.message, limits.log)
        };
        let len = messages.iter().map(Message::len).max().unwrap_or(0);
        if len > longest {
            let limit = longest;
            return Err(SendError::TooLarge { len, limit });
        }
        let len = messages
            .iter()
            .map(|message| message.len() + OVERHEAD)
            .sum();
        if len > most {
            return Err(SendError::TooLarge { len, limit: most });
        }
        Ok(())
    }

    pub(crate) fn peer_close(&self) -> Option<Close> {
        self.lock().core.session().peer_close().cloned()
    }

    pub(crate) fn close(self: &Arc<Self>, code: Code, reason: &str) -> Result<(), CloseError> {
        self.step(|state, now| state.core.session_mut().close(now, code, reason))
    }

    /// What was said before leaves first, as far as the connection takes it.
    pub(crate) fn abort(self: &Arc<Self>, code: Code, reason: &str, retry: Option<Duration>) {
        self.write_now();
        self.step(|state, _| state.core.session_mut().abort(code, reason, retry));
    }

    /// The application is gone. During a shutdown the end is on its way already.
    pub(crate) fn release(self: &Arc<Self>) {
        self.step(|state, now| {
            if state.draining.is_none() {
                state.core.session_mut().release(now);
            }
        });
    }

    /// Takes no more from the application, and aborts when all that it sent is acknowledged.
    pub(crate) fn drain(self: &Arc<Self>, retry_after: Duration) {
        self.step(|state, _| {
            state.draining = Some(retry_after);
            if let Some(reader) = state.reader.take() {
                reader.wake();
            }
        });
        self.changed.notify_waiters();
    }

    /// Notes that the session is in a room; says no when it is already.
    pub(crate) fn note_room(&self, name: &Arc<str>) -> bool {
        let mut state = self.lock();
        let is_new = !state.rooms.contains(name);
        if is_new {
            state.rooms.push(name.clone());
        }
        is_new
    }

    pub(crate) fn forget_room(&self, name: &str) {
        self.lock().rooms.retain(|known| **known != *name);
    }
}
