//! Whether a connection may have something to read: so that a task which was woken for another reason does not try.
//!
//! Trying costs as much as a message: the library looks into its buffer, and through all layers at the socket. So the socket
//! is given a waker of its own, which notes that it was used and wakes the task.

use futures_util::task::AtomicWaker;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};

/// What is known of a connection's reading side.
pub(super) struct Readiness {
    signal: Arc<Signal>,
    /// The signal, as the socket wants it.
    waker: Waker,
}

struct Signal {
    is_ready: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_ready.store(true, Ordering::Release);
        self.task.wake();
    }
}

impl Readiness {
    /// Of a connection that nobody has tried to read.
    pub(super) fn new() -> Self {
        let signal = Arc::new(Signal {
            is_ready: AtomicBool::new(true),
            task: AtomicWaker::new(),
        });
        Self {
            waker: Waker::from(signal.clone()),
            signal,
        }
    }

    /// Registers the task, and says whether it may be worth to read: then with [`waker`](Self::waker), until there is
    /// nothing, or it has to be woken.
    pub(super) fn take(&self, task: &Waker) -> bool {
        self.signal.task.register(task);
        self.signal.is_ready.swap(false, Ordering::AcqRel)
    }

    /// Whom the socket wakes.
    pub(super) fn waker(&self) -> Waker {
        self.waker.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_worth_reading_at_first_and_whenever_the_socket_has_woken_the_task() {
        let readiness = Readiness::new();
        assert!(readiness.take(Waker::noop()));
        assert!(!readiness.take(Waker::noop()));
        readiness.waker().wake();
        assert!(readiness.take(Waker::noop()));
        assert!(!readiness.take(Waker::noop()));
    }
}
