//! Many seeds on all cores, added up; and one seed again, with everything that happened.

use crate::context::Trace;
use crate::fault::Faults;
use crate::history::Wrong;
use crate::random::Random;
use crate::scenario::Scenario;
use crate::world::{Failure, Summary, World};
use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// So many in a thousand seeds have a second session, which the scenario makes end.
const INJECTED: u64 = 950;
/// Each kind of fault has to strike so often in a whole run.
const LEAST_FAULTS: u64 = 1000;
const LEAST_MESSAGES: u64 = 1_000_000;
/// How many failures are shown.
const SHOWN: usize = 3;
/// How many more are named.
const LISTED: usize = 20;
const REPLAY: &str = "replay: cargo run --profile simulator -p throughline-simulator --";

/// What came of a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    seeds: u64,
    messages: u64,
    faults: Faults,
    moved: u64,
    ends: u64,
    injected: u64,
    lost: u64,
    repeated: u64,
    reordered: u64,
    failures: Vec<(u64, Failure)>,
}

/// Seeds that once failed run first.
pub(crate) fn committed_seeds() -> Vec<u64> {
    include_str!("../seeds.txt")
        .lines()
        .filter_map(|line| line.split_whitespace().next()?.parse().ok())
        .collect()
}

impl Report {
    pub(crate) fn of(seeds: &[u64]) -> Self {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut report = Self::default();
            while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                report.add_seed(*seed);
            }
            report
        };
        let cores = thread::available_parallelism().map_or(1, usize::from);
        // A panic is a finding like any other; its message comes with the replay.
        std::panic::set_hook(Box::new(|_| {}));
        let mut report = thread::scope(|scope| {
            let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
            let reports = workers.into_iter().map(|worker| worker.join());
            reports.fold(Self::default(), |mut total, report| {
                total.add(report.expect("a worker catches the panics of its seeds"));
                total
            })
        });
        drop(std::panic::take_hook());
        report.failures.sort_by_key(|(seed, _)| *seed);
        report
    }

    fn add_seed(&mut self, seed: u64) {
        self.seeds += 1;
        let mut moves = 0;
        for run in lives(seed, || Trace::Off) {
            moves += self.add_run(seed, run);
        }
        self.moved += u64::from(moves > 0);
    }

    /// Says how often the session moved.
    fn add_run(&mut self, seed: u64, run: Run) -> u64 {
        match run {
            Ok(summary) => {
                self.add_summary(&summary);
                summary.moves
            }
            Err((failure, _)) => {
                self.add_failure(seed, failure);
                0
            }
        }
    }

    fn add_summary(&mut self, summary: &Summary) {
        self.messages += summary.messages;
        self.faults.add(&summary.faults);
        self.ends += summary.ends;
        self.injected += summary.injected;
    }

    fn add_failure(&mut self, seed: u64, failure: Failure) {
        match failure {
            Failure::Wrong(Wrong::Repeated) => self.repeated += 1,
            Failure::Wrong(Wrong::Reordered) => self.reordered += 1,
            Failure::Wrong(Wrong::Foreign) | Failure::Lost(_) => self.lost += 1,
            Failure::Broken(_) => {}
        }
        self.failures.push((seed, failure));
    }

    fn add(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.messages += other.messages;
        self.faults.add(&other.faults);
        self.moved += other.moved;
        self.ends += other.ends;
        self.injected += other.injected;
        self.lost += other.lost;
        self.repeated += other.repeated;
        self.reordered += other.reordered;
        self.failures.extend(other.failures);
    }

    /// The failures in the order of their seeds: the first ones with what led to them and the command that
    /// shows it all, some more by their seeds.
    pub(crate) fn failures(&self) -> String {
        let mut text = String::new();
        for (seed, failure) in self.failures.iter().skip(SHOWN).take(LISTED) {
            text += &format!("seed {seed}: {failure}\n");
        }
        for (seed, failure) in self.failures.iter().take(SHOWN) {
            text += &traces(*seed);
            text += &format!("seed {seed}: {failure}\n{REPLAY} --seed {seed}\n\n");
        }
        text
    }

    /// Whether nothing failed and, in a whole run, the network was as hostile as it has to be.
    pub(crate) fn is_good(&self, whole: bool) -> bool {
        let mut good = self.failures.is_empty() && self.ends == self.injected;
        if whole {
            let rare = self.faults.below(LEAST_FAULTS);
            if !rare.is_empty() {
                println!("simulator: struck too rarely: {}", rare.join(", "));
            }
            let moved = self.moved * 2 >= self.seeds;
            good &= rare.is_empty() && moved && self.messages >= LEAST_MESSAGES;
        }
        good
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "simulator: {} seeds, {} messages, lost {}, repeated {}, reordered {}; ends {} = injected {}; moved {} seeds; failed {}; faults: {}",
            self.seeds,
            self.messages,
            self.lost,
            self.repeated,
            self.reordered,
            self.ends,
            self.injected,
            self.moved,
            self.failures.len(),
            self.faults
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(wrong) => write!(f, "an application took a message that was {wrong:?}"),
            Self::Lost(what) | Self::Broken(what) => f.write_str(what),
        }
    }
}

type Run = Result<Summary, (Failure, Trace)>;

/// The sessions that a seed stands for, each run to its end.
fn lives(seed: u64, trace: impl Fn() -> Trace) -> Vec<Run> {
    let mut random = Random::new(seed);
    let mut scenarios = vec![Scenario::orderly(&mut random)];
    if random.per_mille(INJECTED) {
        scenarios.push(Scenario::injected(&mut random));
    }
    scenarios
        .into_iter()
        .map(|scenario| live(Random::new(random.next()), scenario, trace()))
        .collect()
}

/// What led to the failures of a seed.
fn traces(seed: u64) -> String {
    let failed = lives(seed, || Trace::Last(VecDeque::new())).into_iter();
    failed
        .filter_map(|run| Some(run.err()?.1.to_string()))
        .collect()
}

fn live(random: Random, scenario: Scenario, trace: Trace) -> Run {
    let mut world = World::new(random, scenario, trace);
    let result = catch_unwind(AssertUnwindSafe(|| world.run()));
    let result = result.unwrap_or_else(|panic| Err(Failure::Broken(said(panic.as_ref()))));
    result.map_err(|failure| (failure, world.cx.trace))
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    format!("panicked: {}", text.unwrap_or("without words"))
}

/// Runs one seed and prints everything that happens.
pub(crate) fn replay(seed: u64) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for run in lives(seed, || Trace::Print) {
        match run {
            Ok(summary) => println!(
                "{} messages, moved {} times",
                summary.messages, summary.moves
            ),
            Err((failure, _)) => {
                println!("seed {seed}: {failure}");
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;
    use std::time::Duration;

    fn struck(times: u64) -> Faults {
        let mut faults = Faults::default();
        for fault in Fault::ALL {
            (0..times).for_each(|_| faults.count(*fault));
        }
        faults
    }

    /// A whole run that is just good enough.
    fn good() -> Report {
        Report {
            seeds: 10_000,
            messages: LEAST_MESSAGES,
            faults: struck(LEAST_FAULTS),
            moved: 5_000,
            ends: 9_000,
            injected: 9_000,
            ..Report::default()
        }
    }

    #[test]
    fn a_run_that_is_just_good_enough_is_good() {
        assert!(good().is_good(true));
    }

    #[test]
    fn ends_that_nobody_injected_and_injections_without_an_end_are_not_good() {
        for ends in [8_999, 9_001] {
            assert!(!Report { ends, ..good() }.is_good(true));
            assert!(!Report { ends, ..good() }.is_good(false));
        }
    }

    #[test]
    fn a_fault_that_struck_too_rarely_is_named_and_not_good() {
        let mut faults = struck(LEAST_FAULTS - 1);
        for fault in Fault::ALL.iter().filter(|fault| **fault != Fault::Portal) {
            faults.count(*fault);
        }
        assert_eq!(faults.below(LEAST_FAULTS), ["portal"]);
        assert!(!Report { faults, ..good() }.is_good(true));
    }

    #[test]
    fn too_few_moves_or_messages_are_not_good() {
        let (moved, messages) = (4_999, LEAST_MESSAGES - 1);
        assert!(!Report { moved, ..good() }.is_good(true));
        assert!(!Report { messages, ..good() }.is_good(true));
    }

    /// A session that is to be closed in order, and whose token expires instead.
    #[test]
    fn an_end_that_was_not_asked_for_is_a_failure() {
        let mut random = Random::new(1);
        let mut scenario = Scenario::orderly(&mut random);
        scenario.token = Some(Duration::from_millis(1));
        let mut report = good();
        report.add_run(7, live(random, scenario, Trace::Off));
        assert!(!report.is_good(true));
    }

    #[test]
    fn a_wrong_message_is_counted_as_what_it_is() {
        let mut report = good();
        for failure in [
            Failure::Wrong(Wrong::Repeated),
            Failure::Wrong(Wrong::Reordered),
            Failure::Wrong(Wrong::Foreign),
            Failure::Lost(String::new()),
        ] {
            report.add_failure(7, failure);
        }
        let counts = [report.lost, report.repeated, report.reordered];
        assert_eq!(counts, [2, 1, 1]);
        assert!(!report.is_good(true));
    }

    #[test]
    fn a_failure_comes_with_the_command_that_replays_it() {
        let mut report = good();
        report.add_failure(7, Failure::Lost("message 3".to_owned()));
        let replay = "seed 7: message 3\nreplay: cargo run --profile simulator \
                      -p throughline-simulator -- --seed 7\n";
        assert!(report.failures().ends_with(&format!("{replay}\n")));
    }
}
