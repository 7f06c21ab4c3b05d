//! Acknowledgements: answers that clients await of us, and answers that we await of clients.
//!
//! What is awaited is bounded for each socket, and whoever waits has a deadline; who waits no longer is struck off.

use super::args::{Args, IntoArgs};
use super::error::EmitError;
use super::messages::Written;
use super::socket::Socket;
use futures_util::future::BoxFuture;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use throughline_core::wire::socketio::Payload;
use tokio::sync::{mpsc, oneshot};

/// As many answers as one socket may owe.
const MOST_AWAITED: usize = 1024;

/// The answer that a client awaits, to be given whenever the handler has it, also after it has returned.
///
/// Only the first answer is sent, and none where the client did not ask for one. Cheap to clone.
///
/// ```
/// # use throughline::events::{Ack, Namespace};
/// let jobs = Namespace::new().on("start", |ack: Ack| async move {
///     tokio::spawn(async move { ack.send(("done",)).await });
/// });
/// # let _ = jobs;
/// ```
#[derive(Clone)]
pub struct Ack(Option<Arc<Asked>>);

struct Asked {
    socket: Socket,
    id: u64,
    is_answered: AtomicBool,
}

impl Ack {
    pub(super) fn new(socket: &Socket, id: Option<u64>) -> Self {
        Self(id.map(|id| {
            Arc::new(Asked {
                socket: socket.clone(),
                id,
                is_answered: AtomicBool::new(false),
            })
        }))
    }

    /// Whether the client awaits an answer and has none.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        let asked = self.0.as_ref();
        asked.is_some_and(|asked| !asked.is_answered.load(Ordering::Relaxed))
    }

    /// Answers, and waits for room where there is none.
    ///
    /// # Errors
    /// [`EmitError`]: the answer was not sent.
    ///
    /// # Cancellation
    /// The client gets no answer when the future is dropped.
    pub async fn send(&self, args: impl IntoArgs) -> Result<(), EmitError> {
        match self.give(args)? {
            Some(waiting) => waiting.await,
            None => Ok(()),
        }
    }

    /// Answers; gives what waits for room where there is none.
    pub(super) fn give(&self, args: impl IntoArgs) -> Result<Option<Waiting>, EmitError> {
        let Some(asked) = &self.0 else {
            return Ok(None);
        };
        let written = Written::ack(asked.socket.namespace(), asked.id, args)?;
        if asked.is_answered.swap(true, Ordering::Relaxed) {
            return Ok(None);
        }
        asked.socket.answer(&written)
    }
}

impl fmt::Debug for Ack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ack").field(&self.is_awaited()).finish()
    }
}

/// An answer that waits for room.
pub(super) type Waiting = BoxFuture<'static, Result<(), EmitError>>;

/// Who waits for an answer.
pub(super) enum Waiter {
    One(oneshot::Sender<Args>),
    /// One of those who were asked together, with room for an answer of each.
    Many(mpsc::Sender<(Socket, Args)>),
}

/// The answers that a socket owes; `None` once it is disconnected.
pub(super) struct Awaited(Mutex<Option<HashMap<u64, Waiter>>>);

impl Awaited {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Some(HashMap::new())))
    }

    fn lock(&self) -> MutexGuard<'_, Option<HashMap<u64, Waiter>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn insert(&self, id: u64, waiter: Waiter) -> Result<(), EmitError> {
        let mut awaited = self.lock();
        let awaited = awaited.as_mut().ok_or(EmitError::Disconnected)?;
        if awaited.len() >= MOST_AWAITED {
            return Err(EmitError::TooManyAcks);
        }
        awaited.insert(id, waiter);
        Ok(())
    }

    pub(super) fn forget(&self, id: u64) {
        if let Some(awaited) = &mut *self.lock() {
            awaited.remove(&id);
        }
    }

    /// An answer came. One to nothing, or that is late, is nobody's.
    pub(super) fn answer(&self, socket: &Socket, id: u64, payload: Payload) {
        let waiter = self.lock().as_mut().and_then(|awaited| awaited.remove(&id));
        let args = || Args::of_answer(payload);
        match waiter {
            Some(Waiter::One(waiter)) => drop(waiter.send(args())),
            Some(Waiter::Many(waiter)) => drop(waiter.try_send((socket.clone(), args()))),
            None => {}
        }
    }

    /// There will be no answers any more: whoever waits learns so.
    pub(super) fn close(&self) {
        let waiting = self.lock().take();
        drop(waiting);
    }
}

/// Strikes a wait off when it is over, however it ended.
pub(super) struct Wait<'a> {
    pub(super) awaited: &'a Awaited,
    pub(super) id: u64,
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.awaited.forget(self.id);
    }
}
