//! Threads that share connections out: each has a runtime of its own, and keeps what it was given to the end.
//!
//! On such a thread tasks have their turns in the order in which they were woken, so nobody waits long while many are busy. What
//! connections of different threads have in common, sessions and rooms, is the node's as always.

use std::io;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

pub(super) struct Shards {
    shards: Vec<Shard>,
    next: AtomicUsize,
}

struct Shard {
    runtime: Handle,
    /// Dropped, it ends the thread.
    _stop: oneshot::Sender<()>,
    _thread: JoinHandle<()>,
}

impl Shards {
    pub(super) fn start(count: NonZero<usize>) -> io::Result<Self> {
        let shards = (0..count.get()).map(Shard::start);
        Ok(Self {
            shards: shards.collect::<io::Result<_>>()?,
            next: AtomicUsize::new(0),
        })
    }

    /// The runtime for the next connection.
    pub(super) fn next(&self) -> &Handle {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        &self.shards[next % self.shards.len()].runtime
    }
}

impl Shard {
    fn start(number: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name(format!("throughline-{number}"))
            // What still runs when nothing more is served ends with the runtime.
            .spawn(move || drop(runtime.block_on(stopped)))?;
        Ok(Self {
            runtime: handle,
            _stop: stop,
            _thread: thread,
        })
    }
}
