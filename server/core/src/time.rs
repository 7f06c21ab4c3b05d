//! Time as an argument: milliseconds since a moment that the driver chose.
//!
//! The core never reads a clock. Times of different drivers are never compared, and times on the
//! wire are always durations ("in 25 000 ms").

use std::fmt;
use std::ops::Add;
use std::time::Duration;

/// A moment, in milliseconds since the driver's own beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

impl Time {
    /// The driver's beginning.
    pub const ZERO: Self = Self(0);

    /// The moment that lies `ms` milliseconds after the beginning.
    #[must_use]
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the beginning.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; zero when it is not after it.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// The earliest of these, where there is one. Sessions ask in each step.
    pub(crate) fn earliest<const N: usize>(times: [Option<Self>; N]) -> Option<Self> {
        times
            .iter()
            .fold(None, |earliest, time| match (earliest, *time) {
                (Some(earliest), Some(time)) => Some(time.min(earliest)),
                (earliest, time) => earliest.or(time),
            })
    }
}

/// Rounds up to a whole millisecond, so that a deadline is never early.
impl Add<Duration> for Time {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        let ms = duration.as_nanos().div_ceil(1_000_000);
        Self(self.0.saturating_add(u64::try_from(ms).unwrap_or(u64::MAX)))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_is_the_least_of_those_that_are() {
        let [one, two] = [1, 2].map(|ms| Some(Time(ms)));
        for (times, earliest) in [
            ([None, None, None], None),
            ([None, two, None], two),
            ([two, None, one], one),
            ([one, two, None], one),
        ] {
            assert_eq!(Time::earliest(times), earliest);
        }
    }
}
