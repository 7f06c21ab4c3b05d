//! What a node offers to clients of Engine.IO, under the names that they know.

use std::time::Duration;
use throughline_core::engineio::Settings;
use throughline_core::wire::engineio::Version;

/// How clients of Engine.IO are served; see [`Builder::engine_io`](crate::Builder::engine_io). The defaults are
/// those of the reference.
///
/// Their sessions have the same API, order, bounds and backpressure as all others. What their wire format cannot carry is missing:
///
/// - **Acknowledgements.** A message counts as delivered when its connection took it to write it, or when the client polled again. What
///   was not by the end is listed in [`End::undelivered`](crate::End::undelivered), and its fate is unknown.
/// - **Resuming.** Such a session moves once, from polling to a WebSocket. When its connection is lost it ends, with
///   [`Code::EXPIRED`](crate::Code::EXPIRED), after the application has taken what had arrived; the client opens a new one.
///   With [events](crate::events), recovery makes up for that in the direction to the client.
/// - **A window.** A client that sends too fast is not read: its POST is answered, and its WebSocket read, when there is room.
/// - **Close codes, and a secret apart from the id.** Whoever knows a `sid` has the session.
///
/// Beyond the reference, a request that a proxy repeats is recognised by its stamp (`t`) and executed once; the poll that an
/// upgrade waits for is released at once; and a WebSocket that hangs never disturbs polling.
///
/// ```
/// use std::time::Duration;
/// use throughline::{EngineIo, Throughline};
///
/// let engine_io = EngineIo { ping_interval: Duration::from_secs(10), ..EngineIo::default() };
/// let builder = Throughline::builder().engine_io(engine_io);
/// # let _ = builder;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineIo {
    /// From a client's last pong to the next ping. A poll hangs as long, so keep it below what proxies on the way
    /// allow. Default 25 s.
    pub ping_interval: Duration,
    /// How long a client may take to answer a ping. Default 20 s.
    pub ping_timeout: Duration,
    /// How long a WebSocket may take to replace polling. A probe that takes longer is closed, and polling goes on.
    /// Default 10 s.
    pub upgrade_timeout: Duration,
    /// The longest request body and the longest WebSocket message that a client may send, in bytes. What the application
    /// sends is bounded by it or by [`Limits::message`](crate::Limits::message), whichever is longer; window and log hold
    /// one such message at least. Default 1,000,000.
    pub max_payload: usize,
    /// Whether polling clients are told that they may move to a WebSocket. Default true.
    pub upgrades: bool,
    /// Whether clients of version 3 are served, too: those of Socket.IO 1 and 2. Default false.
    pub allow_eio3: bool,
}

impl Default for EngineIo {
    fn default() -> Self {
        Self {
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            upgrade_timeout: Duration::from_secs(10),
            max_payload: 1_000_000,
            upgrades: true,
            allow_eio3: false,
        }
    }
}

impl EngineIo {
    /// The settings that would make it useless as zero.
    pub(crate) const fn needed(&self) -> [(&'static str, bool); 4] {
        [
            ("engine_io.ping_interval", self.ping_interval.is_zero()),
            ("engine_io.ping_timeout", self.ping_timeout.is_zero()),
            ("engine_io.upgrade_timeout", self.upgrade_timeout.is_zero()),
            ("engine_io.max_payload", self.max_payload == 0),
        ]
    }

    /// What one session needs to know.
    pub(super) fn of_session(&self, version: Version, sid: String, text_only: bool) -> Settings {
        Settings {
            version,
            sid,
            ping_interval: self.ping_interval,
            ping_timeout: self.ping_timeout,
            upgrade_timeout: self.upgrade_timeout,
            max_payload: self.max_payload,
            upgrades: self.upgrades,
            text_only,
        }
    }
}
