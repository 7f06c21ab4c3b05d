//! Latencies, counted in buckets that are about 3 % wide.

use std::time::Duration;

/// Buckets for each power of two.
const FINE: u32 = 32;
const FINE_BITS: u32 = FINE.ilog2();

#[derive(Debug)]
pub(crate) struct Histogram {
    buckets: Vec<u64>,
    count: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            buckets: vec![0; bucket(u64::MAX) + 1],
            count: 0,
        }
    }
}

impl Histogram {
    pub(crate) fn record(&mut self, latency: Duration) {
        self.buckets[bucket(latency.as_nanos() as u64)] += 1;
        self.count += 1;
    }

    /// The latency, in milliseconds, that this share of all does not exceed.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let wanted = (self.count as f64 * share).ceil() as u64;
        let mut seen = 0;
        let found = self.buckets.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        least(found.unwrap_or_default()) as f64 / 1e6
    }
}

fn bucket(nanos: u64) -> usize {
    let nanos = nanos.max(u64::from(FINE));
    let power = nanos.ilog2() - FINE_BITS;
    (power * FINE) as usize + (nanos >> power) as usize - FINE as usize
}

/// The least that falls into a bucket.
fn least(bucket: usize) -> u64 {
    let (power, fine) = (bucket as u32 / FINE, bucket as u32 % FINE);
    u64::from(FINE + fine) << power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_close() {
        let mut histogram = Histogram::default();
        for millis in 1..=1000 {
            histogram.record(Duration::from_millis(millis));
        }
        for (share, expected) in [(0.5, 500.0), (0.99, 990.0), (0.999, 999.0)] {
            let found = histogram.quantile(share);
            assert!((found / expected - 1.0).abs() < 0.04, "{found}");
        }
    }

    #[test]
    fn each_bucket_holds_its_own_least() {
        for place in 0..bucket(u64::MAX) {
            assert_eq!(bucket(least(place)), place);
        }
    }
}
