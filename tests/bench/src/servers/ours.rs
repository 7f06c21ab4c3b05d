//! What our servers have in common: metrics are counted, and time may be compressed.

use super::recorder;
use crate::Outcome;
use std::time::Duration;
use throughline::{Builder, Config, Limits, Throughline};

/// Names for how many seconds a session without a connection is kept, and afterwards what became of it; the default otherwise.
pub(crate) const RETENTION: &str = "THROUGHLINE_BENCH_RETENTION";

pub(super) fn builder() -> Outcome<Builder> {
    recorder::install()?;
    let mut limits = Limits::default();
    if let Ok(seconds) = std::env::var(RETENTION) {
        limits.retention = Duration::from_secs(seconds.parse()?);
    }
    let config = Config {
        limits,
        ..Config::default()
    };
    Ok(Throughline::builder().config(config))
}
