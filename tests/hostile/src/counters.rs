//! What the proxy has seen and done, so that a test can assert that its traffic came this way.

use crate::fault::points::Direction;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Counts since the proxy was started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counts {
    /// Connections that clients have made.
    pub connections: u64,
    /// Those among them that are open.
    pub open: u64,
    /// HTTP requests, CONNECT among them.
    pub requests: u64,
    /// Upgrades to WebSocket or another protocol that the client was told of.
    pub upgrades: u64,
    /// Tunnels opened by CONNECT.
    pub tunnels: u64,
    /// Bytes that came from clients.
    pub bytes_up: u64,
    /// Bytes that came for clients.
    pub bytes_down: u64,
    /// How often each fault struck, by its name. What a strike is depends on the fault: a connection, a
    /// request, a frame, or a piece of what was sent.
    pub struck: BTreeMap<&'static str, u64>,
}

#[derive(Debug, Default)]
pub(crate) struct Counters(Mutex<Counts>);

impl Counters {
    pub(crate) fn now(&self) -> Counts {
        self.lock().clone()
    }

    pub(crate) fn connected(&self) {
        let mut counts = self.lock();
        counts.connections += 1;
        counts.open += 1;
    }

    pub(crate) fn disconnected(&self) {
        self.lock().open -= 1;
    }

    pub(crate) fn requested(&self) {
        self.lock().requests += 1;
    }

    pub(crate) fn upgraded(&self) {
        self.lock().upgrades += 1;
    }

    pub(crate) fn tunnelled(&self) {
        self.lock().tunnels += 1;
    }

    pub(crate) fn passed(&self, direction: Direction, len: usize) {
        let len = u64::try_from(len).expect("a length fits into 64 bits");
        let mut counts = self.lock();
        match direction {
            Direction::Up => counts.bytes_up += len,
            Direction::Down => counts.bytes_down += len,
        }
    }

    pub(crate) fn struck(&self, name: &'static str) {
        *self.lock().struck.entry(name).or_default() += 1;
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
