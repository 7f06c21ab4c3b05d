//! Random numbers from the seed. Each connection has its own, so that what one draws never depends on what
//! another does meanwhile: the same connections in the same order have the same luck.

use std::sync::{Mutex, PoisonError};

/// A connection's source of random numbers.
#[derive(Debug)]
pub(crate) struct Luck(Mutex<fastrand::Rng>);

impl Luck {
    /// That of a connection, by its number.
    pub(crate) fn of(seed: u64, connection: u64) -> Self {
        let mut seeds = fastrand::Rng::with_seed(seed);
        let mixed = seeds.u64(..) ^ fastrand::Rng::with_seed(connection).u64(..);
        Self(Mutex::new(fastrand::Rng::with_seed(mixed)))
    }

    pub(crate) fn draw<T>(&self, draw: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        draw(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
