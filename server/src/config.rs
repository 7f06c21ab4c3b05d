//! Every bound and deadline of a node, with finite defaults.

use crate::engineio::EngineIo;
use crate::front_door::capacity::{Amounts, Caps, REQUEST_BYTES};
use std::time::Duration;
use throughline_core::Limits;

/// The bounds of a node. Each has a finite default; the most that the sessions hold in memory is about
/// `sessions` × (`limits.window` + `limits.log`), and in practice far less, since queues are mostly empty; requests
/// that are still arriving hold `body_bytes` at most.
///
/// The bounds per address are off where the clients' addresses are not known. That is logged once, at the
/// first request: only a request shows what the server in front of this service tells of its sender.
///
/// ```
/// use throughline::{Config, Throughline};
///
/// let config = Config { sessions: 1_000, ..Config::default() };
/// let builder = Throughline::builder().config(config);
/// # let _ = builder;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The bounds of one session.
    pub limits: Limits,
    /// This node's name, 1 to 20 characters of `A-Z a-z 0-9 _ -`. Session ids start with it, so that another
    /// node can tell a session that is not its own from one that is gone. Give each node of a cluster a name
    /// of its own, and keep it over restarts. Default `main`.
    pub node: String,
    /// Sessions on this node, with those that are only on offer and those whose client is away: each was
    /// promised to be kept for `limits.retention`, and none is dropped to make room. Beyond it a hello for a
    /// new session is refused with `retry_after`. Default 65,536.
    pub sessions: usize,
    /// Sessions from one address (of IPv6: from one /64). Everybody in an office may share one. Behind a
    /// proxy that is not named as trusted, all users do. Default 4,096.
    pub sessions_per_address: usize,
    /// Connections and offers from one address that have not begun a session. Default 1,024.
    pub attaches_per_address: usize,
    /// Bytes of requests whose bodies are still arriving, on this node: what has come of each body, and 4 KiB for the
    /// request itself. One that finds no room is answered 503 with `Retry-After`, and its client tries again.
    /// A request that is whole does not count, however long it is held. Default 256 MiB.
    pub body_bytes: usize,
    /// The same for one address (of IPv6: one /64), answered 429. Bytes and not requests are counted, since many users
    /// may share an address: there is room for 4,096 requests at once that are as short as most are, but for no more
    /// than 64 of the longest, which are what slow connections could fill the memory with. Default 16 MiB.
    pub body_bytes_per_address: usize,
    /// Ended sessions that are remembered for late clients, about 300 bytes each, for at most
    /// `limits.retention`. Beyond it the oldest is forgotten, and its client hears "unknown session" instead of
    /// what became of its messages. Default 65,536.
    pub tombstones: usize,
    /// How long the authentication hook may take. Default 10 s.
    pub authentication: Duration,
    /// How long a request's body may take to arrive. Default 10 s.
    pub body: Duration,
    /// How long a shutdown waits for what was sent to be acknowledged. Default 10 s.
    pub drain: Duration,
    /// The longest `retry_after`: clients are spread evenly over this time, so that they do not all come
    /// back at once. Default 5 s.
    pub retry_after: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            node: "main".to_owned(),
            sessions: 65_536,
            sessions_per_address: 4_096,
            attaches_per_address: 1_024,
            body_bytes: 256 * 1024 * 1024,
            body_bytes_per_address: 16 * 1024 * 1024,
            tombstones: 65_536,
            authentication: Duration::from_secs(10),
            body: Duration::from_secs(10),
            drain: Duration::from_secs(10),
            retry_after: Duration::from_secs(5),
        }
    }
}

/// The longest name of a node: an id of 64 characters has room for it, an incarnation and 128 bits.
const LONGEST_NODE: usize = 20;

impl Config {
    /// Checks what the types cannot.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        self.limits.check()?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        if !(1..=LONGEST_NODE).contains(&self.node.len()) || !self.node.bytes().all(allowed) {
            return Err(ConfigError::Node(self.node.clone()));
        }
        self.check_body(self.limits.batch, "limits.batch")?;
        check_needed(&self.needed())
    }

    /// The same for what is offered to clients of Engine.IO.
    pub(crate) fn check_engine_io(&self, engine_io: Option<&EngineIo>) -> Result<(), ConfigError> {
        let Some(engine_io) = engine_io else {
            return Ok(());
        };
        self.check_body(engine_io.max_payload, "engine_io.max_payload")?;
        check_needed(&engine_io.needed())
    }

    /// The longest body must find room, or it would never be read.
    pub(crate) fn check_body(
        &self,
        body: usize,
        body_name: &'static str,
    ) -> Result<(), ConfigError> {
        let longest = body.saturating_add(REQUEST_BYTES);
        for (name, bytes) in [
            ("body_bytes", self.body_bytes),
            ("body_bytes_per_address", self.body_bytes_per_address),
        ] {
            if bytes < longest {
                return Err(ConfigError::BodyBytes(name, longest, body_name));
            }
        }
        Ok(())
    }

    /// How many may come in. Who has not begun a session is bounded by address alone.
    pub(crate) fn caps(&self) -> Caps {
        Caps {
            node: Amounts {
                sessions: self.sessions,
                attaches: usize::MAX,
                body_bytes: self.body_bytes,
            },
            address: Amounts {
                sessions: self.sessions_per_address,
                attaches: self.attaches_per_address,
                body_bytes: self.body_bytes_per_address,
            },
        }
    }

    /// What would make the node useless as zero.
    fn needed(&self) -> [(&'static str, bool); 11] {
        let limits = &self.limits;
        [
            ("limits.hold", limits.hold.is_zero()),
            ("limits.heartbeat", limits.heartbeat.is_zero()),
            ("limits.timeout", limits.timeout.is_zero()),
            ("limits.retention", limits.retention.is_zero()),
            ("limits.offer", limits.offer.is_zero()),
            ("limits.close", limits.close.is_zero()),
            ("sessions", self.sessions == 0),
            ("sessions_per_address", self.sessions_per_address == 0),
            ("attaches_per_address", self.attaches_per_address == 0),
            ("authentication", self.authentication.is_zero()),
            ("body", self.body.is_zero()),
        ]
    }
}

fn check_needed(needed: &[(&'static str, bool)]) -> Result<(), ConfigError> {
    match needed.iter().find(|(_, is_zero)| *is_zero) {
        Some((name, _)) => Err(ConfigError::Zero(name)),
        None => Ok(()),
    }
}

/// A setting that cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Bounds that do not fit each other.
    #[error(transparent)]
    Limits(#[from] throughline_core::limits::LimitsError),
    /// Not a node's name.
    #[error("node name `{0}` is not accepted, it needs 1 to 20 characters of A-Z a-z 0-9 _ -")]
    Node(String),
    /// Nothing works without it.
    #[error("`{0}` must be more than zero")]
    Zero(&'static str),
    /// The longest request would never be read.
    #[error("`{0}` must be at least {1}: 4096 for a request, and `{2}` for its body")]
    BodyBytes(&'static str, usize, &'static str),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_work() {
        assert_eq!(Config::default().check(), Ok(()));
    }

    #[test]
    fn a_node_name_must_fit_into_ids() {
        for node in ["", "a.b", "ä", "123456789012345678901"] {
            let config = Config {
                node: node.to_owned(),
                ..Config::default()
            };
            assert_eq!(config.check(), Err(ConfigError::Node(node.to_owned())));
        }
    }

    #[test]
    fn errors_name_what_was_wrong() {
        let config = Config {
            sessions: 0,
            ..Config::default()
        };
        assert_eq!(
            config.check().unwrap_err().to_string(),
            "`sessions` must be more than zero"
        );
        let config = Config {
            body_bytes_per_address: 256 * 1024,
            ..Config::default()
        };
        assert_eq!(
            config.check().unwrap_err().to_string(),
            "`body_bytes_per_address` must be at least 266240: 4096 for a request, and `limits.batch` for its body"
        );
        let limits = Limits {
            window: 10,
            ..Limits::default()
        };
        let config = Config {
            limits,
            ..Config::default()
        };
        assert!(config.check().unwrap_err().to_string().contains("`window`"));
    }
}
