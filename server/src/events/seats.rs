//! What the sockets of a session share, and what other threads reach of it: who has joined, how much waits for handlers,
//! and the task to wake.
//!
//! Once it is closed, nobody takes a seat any more; so no socket outlives its session, whatever is under way.

use super::reason::DisconnectReason;
use super::socket::Socket;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;

pub(super) struct Seats {
    state: Mutex<State>,
    /// So many bytes of events wait for their handlers, or are with them.
    bytes: AtomicUsize,
    /// The session's task waits for bytes to be given back.
    is_stalled: AtomicBool,
    has_joined: AtomicBool,
    /// The server has closed the session, for this reason.
    closing: OnceLock<DisconnectReason>,
}

struct State {
    /// Who has joined; `None` once the session is over.
    sockets: Option<Vec<Socket>>,
    /// A socket has left since the session's task looked last.
    has_news: bool,
    task: Option<Waker>,
}

impl Seats {
    pub(super) fn new() -> Self {
        let state = State {
            sockets: Some(Vec::new()),
            has_news: false,
            task: None,
        };
        Self {
            state: Mutex::new(state),
            bytes: AtomicUsize::new(0),
            is_stalled: AtomicBool::new(false),
            has_joined: AtomicBool::new(false),
            closing: OnceLock::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a seat to a socket, in the place of one of its namespace that was not let in. Says no when the session is over.
    pub(super) fn sit(&self, socket: &Socket) -> bool {
        let mut state = self.lock();
        let Some(sockets) = &mut state.sockets else {
            return false;
        };
        let mut known = sockets.iter_mut();
        let before = known.find(|known| known.namespace() == socket.namespace());
        let before = match before {
            Some(known) => Some(std::mem::replace(known, socket.clone())),
            None => {
                sockets.push(socket.clone());
                None
            }
        };
        // What a socket keeps is not dropped under the lock.
        drop(state);
        drop(before);
        true
    }

    /// A socket is disconnected, by whomever.
    pub(super) fn leave(&self, socket: &Socket) {
        let mut state = self.lock();
        if let Some(sockets) = &mut state.sockets {
            sockets.retain(|known| known != socket);
        }
        state.has_news = true;
        let task = state.task.clone();
        drop(state);
        wake(task);
    }

    /// A client was let in somewhere.
    pub(super) fn note_joined(&self) {
        self.has_joined.store(true, Ordering::Release);
    }

    pub(super) fn has_joined(&self) -> bool {
        self.has_joined.load(Ordering::Acquire)
    }

    /// Everybody who has joined.
    pub(super) fn sockets(&self) -> Vec<Socket> {
        self.lock().sockets.clone().unwrap_or_default()
    }

    /// The server closes the session.
    pub(super) fn close_with(&self, reason: DisconnectReason) {
        // The first reason counts.
        let _ = self.closing.set(reason);
    }

    pub(super) fn closing(&self) -> Option<DisconnectReason> {
        self.closing.get().copied()
    }

    /// The session is over: all get up.
    pub(super) fn close(&self) -> Vec<Socket> {
        let mut state = self.lock();
        state.task = None;
        state.sockets.take().unwrap_or_default()
    }

    /// Tells the session's task from now on; says whether a socket has left since it looked last.
    pub(super) fn listen(&self, task: &Waker) -> bool {
        let mut state = self.lock();
        if !state
            .task
            .as_ref()
            .is_some_and(|known| known.will_wake(task))
        {
            state.task = Some(task.clone());
        }
        std::mem::take(&mut state.has_news)
    }

    /// What an event of so many bytes takes.
    pub(super) fn room(self: &Arc<Self>, bytes: usize) -> Room {
        self.bytes.fetch_add(bytes, Ordering::SeqCst);
        let seats = self.clone();
        Room { seats, bytes }
    }

    /// Whether more bytes wait than these. Then the session's task is woken when there are fewer.
    pub(super) fn has_more_than(&self, most: usize) -> bool {
        if self.bytes.load(Ordering::SeqCst) <= most {
            return false;
        }
        self.is_stalled.store(true, Ordering::SeqCst);
        // Whoever gave some back before that has woken nobody.
        self.bytes.load(Ordering::SeqCst) > most
    }

    /// So many are given back. To look and to change is one order for all, so either this sees who stalls, or who stalls sees this.
    fn give_back(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::SeqCst);
        if self.is_stalled.load(Ordering::SeqCst) && self.is_stalled.swap(false, Ordering::SeqCst) {
            let task = self.lock().task.clone();
            wake(task);
        }
    }
}

/// What an event takes of what its session may have waiting.
pub(super) struct Room {
    seats: Arc<Seats>,
    bytes: usize,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.seats.give_back(self.bytes);
    }
}

/// Not under the lock, since a task may be run by being woken.
fn wake(task: Option<Waker>) {
    if let Some(task) = task {
        task.wake();
    }
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Room").field(&self.bytes).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Wake;

    /// Counts how often it is woken.
    #[derive(Default)]
    struct Counted(AtomicUsize);

    impl Wake for Counted {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn only_who_has_stalled_is_woken_when_bytes_are_given_back() {
        let (seats, task) = (Arc::new(Seats::new()), Arc::new(Counted::default()));
        let woken = || task.0.load(Ordering::Relaxed);
        seats.listen(&task.clone().into());
        let [first, second, third] = [10, 10, 10].map(|bytes| seats.room(bytes));
        assert!(!seats.has_more_than(30));
        drop(first);
        assert_eq!(woken(), 0);
        assert!(seats.has_more_than(5));
        drop(second);
        assert_eq!(woken(), 1);
        drop(third);
        assert_eq!(woken(), 1);
        assert!(!seats.has_more_than(5));
    }
}
