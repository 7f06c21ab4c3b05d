//! One connection of a client, from its acceptance to its end: admission, then HTTP over a pipe into the line.

use crate::exchange;
use crate::fault::points::Admission;
use crate::line::{self, Client};
use crate::luck::Luck;
use crate::shared::Shared;
use crate::target::Target;
use hyper::rt::{Read, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use tokio::io::duplex;
use tokio::sync::{Notify, OwnedSemaphorePermit};
use tokio::time::{Instant, sleep};

/// How many bytes the pipe between the line and HTTP holds.
const PIPE: usize = 64 * 1024;

/// What all that happens on a connection has in common.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) shared: Arc<Shared>,
    pub(crate) luck: Luck,
    pub(crate) opened: Instant,
    reset: Notify,
}

impl Connection {
    /// The connection of this number.
    pub(crate) fn new(shared: Arc<Shared>, number: u64) -> Self {
        Self {
            luck: Luck::of(shared.seed, number),
            shared,
            opened: Instant::now(),
            reset: Notify::new(),
        }
    }

    /// Resets the connection; whoever asks for it waits for the end.
    pub(crate) async fn reset<T>(&self) -> T {
        self.reset.notify_one();
        std::future::pending().await
    }

    pub(crate) async fn reset_wanted(&self) {
        self.reset.notified().await;
    }

    /// Serves a client until its connection has ended.
    pub(crate) async fn run(self: Arc<Self>, client: impl Client) {
        self.shared.counters.connected();
        match self.admit().await {
            Some(_turns) => {
                let (pipe, near) = duplex(PIPE);
                let served = serve(Arc::clone(&self), TokioIo::new(near), None);
                tokio::join!(line::carry(client, pipe, &self), served);
            }
            None => client.reset(),
        }
        self.shared.counters.disconnected();
    }

    /// Waits until the client may come in; `None` is never. Its turns are over when they are dropped.
    async fn admit(&self) -> Option<Vec<OwnedSemaphorePermit>> {
        let mut turns = Vec::new();
        for admission in self.shared.faults.admissions(&self.luck) {
            match admission {
                Admission::After(delay) => sleep(delay).await,
                // When the fault is switched off, everybody may come in without a turn.
                Admission::Turn(turn) => turns.extend(turn.acquire_owned().await.ok()),
                Admission::Reset => return None,
            }
        }
        Some(turns)
    }
}

/// Speaks HTTP on a stream. Inside a tunnel all requests go to its target.
pub(crate) async fn serve(
    connection: Arc<Connection>,
    stream: impl Read + Write + Unpin + Send + 'static,
    target: Option<Target>,
) {
    let service = service_fn(move |request| {
        exchange::answer(Arc::clone(&connection), target.clone(), request)
    });
    let served = http1::Builder::new()
        .serve_connection(stream, service)
        .with_upgrades();
    // What failed here has failed for the client, or came from it.
    drop(served.await);
}
