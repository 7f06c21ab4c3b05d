//! The proxy as a value: started, asked, switched, and ended by being dropped.

use crate::connection::Connection;
use crate::control;
use crate::counters::{Counters, Counts};
use crate::fault::{Fault, Faults};
use crate::shared::{Shared, Tasks};
use crate::target::Target;
use serde::Serialize;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// How long to wait when the system gives no more connections.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How a proxy is started.
#[derive(Debug)]
pub struct Options {
    /// Where it listens. Default: a free port of 127.0.0.1.
    pub listen: SocketAddr,
    /// Where requests go that name no server themselves. Without one it is a forward proxy only.
    pub upstream: Option<Target>,
    /// Where its random numbers come from; drawn when it is `None`, and told by [`Proxy::seed`].
    pub seed: Option<u64>,
    /// The faults that are on from the start. Where several decide the same, the first one does.
    pub faults: Vec<Fault>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            upstream: None,
            seed: None,
            faults: Vec::new(),
        }
    }
}

/// A running proxy. When it is dropped it ends at once, and so do its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// All that can be asked of a proxy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct State {
    /// The seed of its random numbers.
    pub seed: u64,
    /// The faults that are on, in their order.
    pub faults: Vec<String>,
    /// What it has seen and done.
    pub counts: Counts,
}

impl Proxy {
    /// Starts a proxy.
    ///
    /// ```
    /// use throughline_hostile::{Options, Proxy};
    ///
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let proxy = Proxy::start(Options {
    ///     upstream: Some("127.0.0.1:8080".parse()?),
    ///     faults: vec!["latency=50ms".parse()?],
    ///     ..Options::default()
    /// })
    /// .await?;
    /// println!("connect to {}", proxy.address());
    ///
    /// proxy.add(vec!["mute=down".parse()?]);
    /// proxy.remove(&["latency"]);
    /// assert_eq!(proxy.state().faults, ["mute=down"]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// When it cannot listen there.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let counters = Arc::new(Counters::default());
        let shared = Arc::new(Shared {
            upstream: options.upstream,
            seed: options.seed.unwrap_or_else(|| fastrand::u64(..)),
            faults: Faults::new(options.faults, Arc::clone(&counters)),
            counters,
            tasks: Tasks::default(),
        });
        shared.tasks.spawn(serve(listener, Arc::clone(&shared)));
        Ok(Self { address, shared })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The seed of its random numbers.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.shared.seed
    }

    /// Switches all faults off and these on.
    pub fn replace(&self, faults: Vec<Fault>) {
        self.shared.faults.replace(faults);
    }

    /// Switches these faults on, after those that are on already.
    pub fn add(&self, faults: Vec<Fault>) {
        self.shared.faults.add(faults);
    }

    /// Switches off all faults of these names.
    pub fn remove(&self, names: &[&str]) {
        self.shared.faults.remove(names);
    }

    /// What is on, and what it has seen and done.
    #[must_use]
    pub fn state(&self) -> State {
        self.shared.state()
    }

    /// Serves the control endpoint on this address, for as long as the proxy lives; returns the address,
    /// with its port.
    ///
    /// # Errors
    ///
    /// When it cannot listen there.
    pub async fn control(&self, listen: SocketAddr) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let served = control::serve(listener, Arc::clone(&self.shared));
        self.shared.tasks.spawn(served);
        Ok(address)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.tasks.end();
    }
}

impl Shared {
    pub(crate) fn state(&self) -> State {
        State {
            seed: self.seed,
            faults: self.faults.now().iter().map(ToString::to_string).collect(),
            counts: self.counters.now(),
        }
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    for number in 0.. {
        let client = accept(&listener).await;
        let connection = Connection::new(Arc::clone(&shared), number);
        shared.tasks.spawn(Arc::new(connection).run(client));
    }
}

/// The next client.
pub(crate) async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((client, _)) => {
                // A client that is gone already will be noticed when it is read from.
                drop(client.set_nodelay(true));
                return client;
            }
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
    }
}
