//! How long what is left will take: as long as it took the last time, and before that as long as such a measurement
//! usually takes.

use super::{Cell, Times};
use std::time::Duration;

/// From the middle of a round on: the first `done` cells have been measured in it.
pub(crate) fn rest(
    cells: &[Cell],
    rounds: usize,
    round: usize,
    done: usize,
    times: Times,
) -> Duration {
    let each = cells.iter().enumerate().map(|(place, cell)| {
        let begun = if place < done { round } else { round - 1 };
        let left = rounds.min(cell.scenario.rounds).saturating_sub(begun);
        let takes = cell.took.unwrap_or_else(|| cell.scenario.estimate(times));
        match cell.failure {
            Some(_) => Duration::ZERO,
            None => takes * left as u32,
        }
    });
    each.sum()
}

/// All of it, before anything has been measured.
pub(crate) fn whole(cells: &[Cell], rounds: usize, times: Times) -> Duration {
    rest(cells, rounds, 1, 0, times)
}

/// In minutes, or in seconds where it is less than one.
pub(crate) fn told(time: Duration) -> String {
    match time.as_secs() {
        seconds @ ..60 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{Job, Options};

    fn options(words: &[&str]) -> Options {
        let words = ["run"].iter().chain(words).map(|word| (*word).to_owned());
        match Job::read(words).unwrap() {
            Job::Run(options) => options,
            _ => panic!("another job than to run"),
        }
    }

    #[test]
    fn a_whole_run_takes_at_most_75_minutes_and_a_quick_one_three() {
        for (words, most) in [(&[][..], 75), (&["--quick"], 3)] {
            let options = options(words);
            let takes = whole(&options.cells(), options.rounds, options.times);
            assert!(takes <= Duration::from_secs(60 * most), "{takes:?}");
        }
    }

    #[test]
    fn what_was_measured_is_not_estimated_again() {
        let options = options(&["--scenario", "echo-64-100", "--server", "throughline"]);
        let mut cells = options.cells();
        let second = Duration::from_secs(1);
        cells[0].took = Some(second);
        assert_eq!(rest(&cells, 5, 1, 0, options.times), 5 * second);
        assert_eq!(rest(&cells, 5, 2, 1, options.times), 3 * second);
        cells[0].failure = Some("it hung".to_owned());
        assert_eq!(rest(&cells, 5, 2, 1, options.times), Duration::ZERO);
    }

    #[test]
    fn minutes_are_not_too_few() {
        assert_eq!(told(Duration::from_secs(59)), "59 s");
        assert_eq!(told(Duration::from_secs(61)), "2 min");
    }
}
