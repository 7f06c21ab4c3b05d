//! Where a node is: an address, and the path under which it is mounted.

use std::io;
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// Where a node is to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Where to connect to.
    pub address: SocketAddr,
    /// The path of the mount, without a slash at its end.
    pub mount: String,
}

impl Target {
    /// A node at that address, mounted there.
    #[must_use]
    pub fn new(address: SocketAddr, mount: &str) -> Self {
        let mount = mount.trim_end_matches('/').to_owned();
        Self { address, mount }
    }

    /// The same node behind another address: a proxy's.
    #[must_use]
    pub fn through(&self, address: SocketAddr) -> Self {
        let mount = self.mount.clone();
        Self { address, mount }
    }

    /// The path of an endpoint: `poll`, `websocket` or `client.js`.
    #[must_use]
    pub fn path(&self, endpoint: &str) -> String {
        format!("{}/{endpoint}", self.mount)
    }

    /// A connection.
    ///
    /// # Errors
    /// Nobody listens there.
    pub async fn dial(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}
