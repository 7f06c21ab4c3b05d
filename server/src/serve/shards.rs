//! Threads that share connections out: each has a runtime of its own, and keeps what it was given to the end.
//!
//! On such a thread tasks have their turns in the order in which they were woken, so nobody waits long while many are busy. What
//! connections of different threads have in common, sessions and rooms, is the node's as always.

use futures_util::future::join_all;
use std::io;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

pub(super) struct Shards {
    shards: Vec<Shard>,
    next: AtomicUsize,
}

struct Shard {
    runtime: Handle,
    /// Dropped, it ends the thread.
    stop: oneshot::Sender<()>,
    /// Nothing runs there any more, and what did has been dropped.
    stopped: oneshot::Receiver<()>,
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

    /// Ends all threads, and waits for them.
    pub(super) async fn stop(self) {
        let stopped: Vec<_> = self.shards.into_iter().map(Shard::stop).collect();
        join_all(stopped).await;
    }
}

impl Shard {
    fn start(number: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, asked) = oneshot::channel::<()>();
        let (told, stopped) = oneshot::channel();
        std::thread::Builder::new()
            .name(format!("throughline-{number}"))
            .spawn(move || {
                // It is asked by the end of the sender.
                let _ = runtime.block_on(asked);
                drop(runtime);
                // Whoever does not wait for it does not hear it.
                let _ = told.send(());
            })?;
        Ok(Self {
            runtime: handle,
            stop,
            stopped,
        })
    }

    fn stop(self) -> oneshot::Receiver<()> {
        drop(self.stop);
        self.stopped
    }
}
