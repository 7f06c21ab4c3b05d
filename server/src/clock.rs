//! The core's time, from tokio's clock: it can be paused, so that tests cover deadlines without waiting.

use std::time::Duration;
use throughline_core::Time;
use tokio::time::Instant;

/// As good as never, but within what an `Instant` can hold.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// Translates between tokio's instants and the core's milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    pub(crate) fn now(self) -> Time {
        let elapsed = self.start.elapsed().as_millis();
        Time::from_millis(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }

    pub(crate) fn instant(self, time: Time) -> Instant {
        self.start + Duration::from_millis(time.as_millis()).min(FAR)
    }
}
