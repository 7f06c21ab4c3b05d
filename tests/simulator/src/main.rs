//! The seeded simulator: a model client against the core, over a network that does what networks do.
//!
//! Each seed stands for a session that is closed in order and, often, for one that the scenario makes end.
//! A run fails when a message is lost, repeated or reordered, when an end was not asked for, when a
//! bound is passed, when anything waits without a deadline, when a held poll keeps cursors back, and when the
//! network was too kind.

mod application;
mod context;
mod driver;
mod fault;
mod history;
mod network;
mod node;
mod random;
mod report;
mod scenario;
mod telling;
mod verdict;
mod world;

use report::Report;
use std::process::ExitCode;

/// How many seeds a run has when nobody says otherwise.
const SEEDS: u64 = 10_000;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |text: &str| text.parse::<u64>().ok();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => run(SEEDS),
        ["--seeds", seeds] => match number(seeds) {
            Some(seeds) => run(seeds),
            None => usage(),
        },
        ["--seed", seed] => match number(seed) {
            Some(seed) => report::replay(seed),
            None => usage(),
        },
        _ => usage(),
    }
}

fn run(seeds: u64) -> ExitCode {
    let mut all = report::committed_seeds();
    let fresh = 1_000_000;
    all.extend(fresh..fresh + seeds);
    let report = Report::of(&all);
    print!("{}", report.failures());
    println!("{report}");
    if report.is_good(seeds >= SEEDS) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: throughline-simulator [--seeds COUNT | --seed SEED]");
    ExitCode::FAILURE
}
