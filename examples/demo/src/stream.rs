//! The stream: 100 numbered messages a second each way, and a referee for what the page sends.
//!
//! The referee does not trust the session that the stream runs over: it looks at the numbers alone, as
//! `check.js` does on the other side.

use serde::Serialize;
use std::collections::BTreeSet;
use std::future::pending;
use std::time::Duration;
use tokio::time::{Interval, interval};

/// The pace: 100 messages a second.
const TICK: Duration = Duration::from_millis(10);

/// How often the page is told what arrived here.
const REPORT: Duration = Duration::from_secs(1);

/// One visitor's stream, running or not.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// How many ticks were sent.
    pub(crate) sent: u64,
    /// What the page's ticks look like.
    pub(crate) check: Check,
    pace: Option<Pace>,
}

#[derive(Debug)]
struct Pace {
    tick: Interval,
    report: Interval,
}

/// What the stream wants done now.
#[derive(Debug)]
pub(crate) enum Due {
    Tick,
    Report,
}

impl Stream {
    pub(crate) fn start(&mut self) {
        self.pace = Some(Pace {
            tick: interval(TICK),
            report: interval(REPORT),
        });
    }

    pub(crate) fn stop(&mut self) {
        self.pace = None;
    }

    /// Waits for what is due next; for ever while the stream is stopped. Safe to cancel.
    pub(crate) async fn due(&mut self) -> Due {
        let Some(pace) = &mut self.pace else {
            return pending().await;
        };
        tokio::select! {
            _ = pace.tick.tick() => Due::Tick,
            _ = pace.report.tick() => Due::Report,
        }
    }
}

/// So many missing numbers are remembered; one that arrives later than that counts as repeated.
const REMEMBERED: usize = 10_000;

/// What became of the messages of one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub(crate) received: u64,
    pub(crate) lost: u64,
    pub(crate) repeated: u64,
    pub(crate) reordered: u64,
}

/// Is shown each number as it arrives, and counts what should not happen.
#[derive(Debug, Default)]
pub(crate) struct Check {
    counts: Counts,
    /// The highest number that was due so far.
    highest: u64,
    missing: BTreeSet<u64>,
}

impl Check {
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// A message with this number has arrived.
    pub(crate) fn take(&mut self, number: u64) {
        self.counts.received += 1;
        if number > self.highest {
            self.expect(number - 1);
            self.highest = number;
        } else if self.missing.remove(&number) {
            self.counts.lost -= 1;
            self.counts.reordered += 1;
        } else {
            self.counts.repeated += 1;
        }
    }

    /// The sender had sent so many when it said so, in order: all of them should be here.
    pub(crate) fn expect(&mut self, sent: u64) {
        let Some(gap) = sent.checked_sub(self.highest) else {
            return;
        };
        self.counts.lost += gap;
        let room = REMEMBERED - self.missing.len();
        self.missing.extend((self.highest + 1..=sent).take(room));
        self.highest = sent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{Instant, timeout_at};

    fn counts(numbers: &[u64], sent: u64) -> Counts {
        let mut check = Check::default();
        for &number in numbers {
            check.take(number);
        }
        check.expect(sent);
        check.counts()
    }

    /// How many ticks and reports are due within this time.
    async fn due_within(stream: &mut Stream, time: Duration) -> (usize, usize) {
        let (mut ticks, mut reports) = (0, 0);
        let end = Instant::now() + time;
        while let Ok(due) = timeout_at(end, stream.due()).await {
            match due {
                Due::Tick => ticks += 1,
                Due::Report => reports += 1,
            }
        }
        (ticks, reports)
    }

    #[tokio::test(start_paused = true)]
    async fn a_hundred_ticks_and_a_report_are_due_each_second() {
        let mut stream = Stream::default();
        stream.start();
        let almost_ten = Duration::from_millis(9_995);
        assert_eq!(due_within(&mut stream, almost_ten).await, (1_000, 10));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stopped_stream_wants_nothing_and_does_not_catch_up() {
        let mut stream = Stream::default();
        stream.start();
        stream.stop();
        assert_eq!(
            due_within(&mut stream, Duration::from_secs(60)).await,
            (0, 0)
        );
        stream.start();
        assert_eq!(
            due_within(&mut stream, Duration::from_millis(5)).await,
            (1, 1)
        );
    }

    #[test]
    fn an_orderly_stream_counts_nothing_wrong() {
        assert_eq!(
            counts(&[1, 2, 3], 3),
            Counts {
                received: 3,
                ..Counts::default()
            }
        );
    }

    #[test]
    fn a_gap_is_lost() {
        let expected = Counts {
            received: 2,
            lost: 3,
            ..Counts::default()
        };
        assert_eq!(counts(&[1, 5], 5), expected);
    }

    #[test]
    fn what_is_missing_at_the_end_is_lost() {
        let expected = Counts {
            received: 1,
            lost: 2,
            ..Counts::default()
        };
        assert_eq!(counts(&[1], 3), expected);
    }

    #[test]
    fn a_late_number_is_out_of_order_and_not_lost() {
        let expected = Counts {
            received: 3,
            reordered: 1,
            ..Counts::default()
        };
        assert_eq!(counts(&[1, 3, 2], 3), expected);
    }

    #[test]
    fn a_number_twice_is_repeated() {
        let expected = Counts {
            received: 3,
            repeated: 1,
            ..Counts::default()
        };
        assert_eq!(counts(&[1, 2, 2], 2), expected);
    }

    #[test]
    fn a_number_out_of_all_bounds_fills_no_memory() {
        let mut check = Check::default();
        check.take(u64::MAX);
        assert_eq!(check.counts().lost, u64::MAX - 1);
        assert_eq!(check.missing.len(), REMEMBERED);
    }
}
