//! Where something listens: a host and a port, as in `127.0.0.1:8080`. Names are looked up when they are dialled.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    host: String,
    port: u16,
}

/// This is no `HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no HOST:PORT")]
pub struct NoTarget(String);

impl Target {
    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What an absolute URI or a CONNECT names; without a port it is that of plain HTTP.
    pub(crate) fn of(authority: &http::uri::Authority) -> Self {
        let host = authority.host().to_owned();
        let port = authority.port_u16().unwrap_or(80);
        Self { host, port }
    }
}

impl FromStr for Target {
    type Err = NoTarget;

    fn from_str(text: &str) -> Result<Self, NoTarget> {
        let authority: Option<http::uri::Authority> = text.parse().ok();
        let authority = authority.filter(|authority| authority.port_u16().is_some());
        authority
            .filter(|authority| !authority.host().is_empty() && !text.contains('@'))
            .map(|authority| Self::of(&authority))
            .ok_or_else(|| NoTarget(text.to_owned()))
    }
}

impl From<SocketAddr> for Target {
    fn from(address: SocketAddr) -> Self {
        let host = match address {
            SocketAddr::V4(address) => address.ip().to_string(),
            SocketAddr::V6(address) => format!("[{}]", address.ip()),
        };
        Self {
            host,
            port: address.port(),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_host_and_a_port() {
        for text in ["127.0.0.1:80", "[::1]:8080", "localhost:1"] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
        for wrong in [
            "",
            "localhost",
            ":80",
            "http://localhost:80",
            "a@b:80",
            "a:99999",
        ] {
            assert!(wrong.parse::<Target>().is_err(), "{wrong}");
        }
    }
}
