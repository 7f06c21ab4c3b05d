//! A proxy on the way that resets TCP connections at random times, in the middle of what passes.
//!
//! A strike is drawn in time and falls on the next bytes that pass on each connection: a random part of
//! them goes through, then both sides see a reset. So a strike never misses: it takes frames and answers
//! apart at any byte.

use crate::random::Random;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Says whether a message is under way, somewhere between the two applications.
pub type InFlight = Arc<dyn Fn() -> bool + Send + Sync>;

/// The proxy; it ends when dropped, and so do its connections.
#[derive(Debug)]
pub struct Cutter {
    address: SocketAddr,
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

struct Shared {
    upstream: SocketAddr,
    in_flight: InFlight,
    /// The number of the last strike; a connection made before it is reset with its next bytes.
    strikes: watch::Sender<u64>,
    resets: AtomicU64,
    resets_in_flight: AtomicU64,
}

/// What the proxy has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strikes {
    /// Connections that were reset.
    pub resets: u64,
    /// Those among them that were reset while messages were in flight.
    pub in_flight: u64,
}

impl Cutter {
    /// Puts a proxy in front of an address.
    ///
    /// # Panics
    ///
    /// When there is no port left.
    pub async fn before(upstream: SocketAddr, seed: u64, in_flight: InFlight) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port is free");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let shared = Arc::new(Shared {
            upstream,
            in_flight,
            strikes: watch::Sender::new(0),
            resets: AtomicU64::new(0),
            resets_in_flight: AtomicU64::new(0),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&shared), Random::new(seed)));
        Self {
            address,
            shared,
            tasks,
        }
    }

    /// Where the proxy listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Strikes from now on: between a half and one and a half of this time apart.
    pub fn strike_every(&mut self, mean: Duration, seed: u64) {
        let shared = Arc::clone(&self.shared);
        self.tasks.spawn(async move {
            let mut random = Random::new(seed);
            loop {
                sleep(mean.mul_f64(0.5 + random.fraction())).await;
                shared.strike();
            }
        });
    }

    /// Resets every connection with its next bytes.
    pub fn strike(&self) {
        self.shared.strike();
    }

    /// What it has done so far.
    #[must_use]
    pub fn strikes(&self) -> Strikes {
        Strikes {
            resets: self.shared.resets.load(Ordering::Relaxed),
            in_flight: self.shared.resets_in_flight.load(Ordering::Relaxed),
        }
    }
}

impl Shared {
    fn strike(&self) {
        self.strikes.send_modify(|strikes| *strikes += 1);
    }

    /// A connection was struck.
    fn count(&self) {
        self.resets.fetch_add(1, Ordering::Relaxed);
        if (self.in_flight)() {
            self.resets_in_flight.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, mut random: Random) {
    let mut connections = JoinSet::new();
    loop {
        // A connection that is gone before it was accepted is none.
        let Ok((near, _)) = listener.accept().await else {
            continue;
        };
        let random = Random::new(random.draw());
        connections.spawn(carry(near, Arc::clone(&shared), random));
        while connections.try_join_next().is_some() {}
    }
}

/// Carries one connection until both sides have finished, or one is cut.
async fn carry(mut near: TcpStream, shared: Arc<Shared>, mut random: Random) {
    let Ok(mut far) = TcpStream::connect(shared.upstream).await else {
        return;
    };
    let (mut other, strikes) = (Random::new(random.draw()), shared.strikes.subscribe());
    let nodelay = near.set_nodelay(true).and(far.set_nodelay(true));
    let carried = async {
        nodelay?;
        let (near_read, near_write) = near.split();
        let (far_read, far_write) = far.split();
        tokio::try_join!(
            copy(near_read, far_write, &strikes, &mut random),
            copy(far_read, near_write, &strikes, &mut other),
        )
    };
    match carried.await {
        Ok(_) => return,
        Err(Cut::Struck) => shared.count(),
        Err(Cut::Failed) => {}
    }
    // With nothing to linger for, closing is a reset.
    drop(near.set_zero_linger().and(far.set_zero_linger()));
}

/// Why a connection was not carried to its end.
enum Cut {
    Struck,
    Failed,
}

impl From<io::Error> for Cut {
    fn from(_: io::Error) -> Self {
        Self::Failed
    }
}

async fn copy(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    strikes: &watch::Receiver<u64>,
    random: &mut Random,
) -> Result<(), Cut> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let len = from.read(&mut buffer).await?;
        if len == 0 {
            return Ok(to.shutdown().await?);
        }
        if strikes.has_changed().unwrap_or(true) {
            to.write_all(&buffer[..random.below(len)]).await?;
            return Err(Cut::Struck);
        }
        to.write_all(&buffer[..len]).await?;
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("upstream", &self.upstream)
            .field("resets", &self.resets)
            .finish_non_exhaustive()
    }
}
