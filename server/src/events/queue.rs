//! Where the events of one socket wait for their handlers, while something is under way there.
//!
//! The session's task fills it and the socket's worker, which the same task drives, empties it: nobody is woken for an event.

use super::context::Incoming;
use super::reason::DisconnectReason;
use super::socket::Socket;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Poll;

/// As many places are kept while nothing waits.
const KEPT: usize = 4;

pub(super) struct Queue {
    events: Mutex<VecDeque<Incoming>>,
    /// As many wait; known without the lock.
    count: AtomicUsize,
    /// Who has been let in.
    socket: OnceLock<Socket>,
    /// The worker waits for an event, and for nothing else: not for a handler, nor for its own end.
    is_idle: AtomicBool,
}

/// Who sits behind a queue.
pub(super) enum Standing<'a> {
    /// Guards are thinking.
    Arriving,
    Joined(&'a Socket),
    /// The server has ended it, and what the client sent before it knew may still come.
    Dismissed,
    Gone,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self {
            events: Mutex::new(VecDeque::new()),
            count: AtomicUsize::new(0),
            socket: OnceLock::new(),
            is_idle: AtomicBool::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Incoming>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn standing(&self) -> Standing<'_> {
        let Some(socket) = self.socket.get() else {
            return Standing::Arriving;
        };
        match socket.disconnected() {
            None => Standing::Joined(socket),
            Some(reason) if reason.is_by_server() => Standing::Dismissed,
            Some(_) => Standing::Gone,
        }
    }

    /// A socket is let in.
    pub(super) fn open(&self, socket: &Socket) {
        let _ = self.socket.set(socket.clone());
    }

    /// Who has been let in.
    pub(super) fn socket(&self) -> Option<&Socket> {
        self.socket.get()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.is_idle.load(Ordering::Relaxed)
    }

    /// As many events wait.
    pub(super) fn len(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Puts an event behind the others.
    pub(super) fn push(&self, event: Incoming) {
        let mut events = self.lock();
        if events.capacity() == 0 {
            events.reserve_exact(1);
        }
        events.push_back(event);
        self.count.store(events.len(), Ordering::Release);
    }

    /// The event that has waited longest. No more memory is kept than a few need.
    fn pop(&self) -> Option<Incoming> {
        if self.len() == 0 {
            return None;
        }
        let mut events = self.lock();
        let event = events.pop_front();
        self.count.store(events.len(), Ordering::Release);
        if events.is_empty() && events.capacity() > KEPT {
            events.shrink_to(1);
        }
        event
    }

    /// Nobody handles what waits.
    fn clear(&self) {
        let mut events = self.lock();
        let unhandled = std::mem::take(&mut *events);
        self.count.store(0, Ordering::Release);
        // What they take is given back without the lock.
        drop(events);
        drop(unhandled);
    }

    /// Ends the socket that has been let in, if one has.
    pub(super) fn dismiss(&self, reason: DisconnectReason) {
        if let Some(socket) = self.socket.get() {
            socket.dismiss(reason);
        }
    }

    /// The next event; `None` when its socket is disconnected and has none left, or was ended by the server.
    pub(super) async fn next(&self, socket: &Socket) -> Option<Incoming> {
        poll_fn(|_| self.poll_next(socket)).await
    }

    fn poll_next(&self, socket: &Socket) -> Poll<Option<Incoming>> {
        let end = socket.disconnected();
        self.is_idle.store(false, Ordering::Relaxed);
        if end.is_some_and(DisconnectReason::is_by_server) {
            self.clear();
            return Poll::Ready(None);
        }
        let event = self.pop();
        if event.is_some() || end.is_some() {
            return Poll::Ready(event);
        }
        self.is_idle.store(true, Ordering::Relaxed);
        Poll::Pending
    }
}
