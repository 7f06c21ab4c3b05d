//! The job `bench`: measures our server and its peers under the same load, and writes the table.
//!
//! It is not a test and fails only where it cannot measure. The machine should do nothing else meanwhile.

use std::{process::ExitCode, time::Duration};

use crate::{
    needs::{self, Need},
    process::{self, LONG, command, shown},
    test::enter_root,
};

pub(crate) const FOLDER: &str = "tests/bench/peers";
pub(crate) const TASKSET: Need = Need::Package {
    program: "taskset",
    package: "util-linux",
};
pub(crate) const PEERS: Need = Need::Npm(FOLDER);
const NEEDS: [Need; 2] = [TASKSET, PEERS];
/// Twice what all servers in all scenarios need on two cores that do nothing else.
const LONGEST: Duration = Duration::from_secs(150 * 60);

/// Only writes the README's summary of the results again.
pub(crate) fn readme() -> ExitCode {
    enter_root();
    bench(&["readme"])
}

/// Measures with these arguments of `throughline-bench run`.
pub(crate) fn measure(arguments: &[&str]) -> ExitCode {
    enter_root();
    needs::install_packages(NEEDS.iter());
    if let Err(message) = NEEDS.iter().try_for_each(|need| need.provide()) {
        eprintln!("{message}");
        return ExitCode::FAILURE;
    }
    bench(&[&["run"], arguments].concat())
}

/// Builds the bench, and runs it with these arguments.
fn bench(arguments: &[&str]) -> ExitCode {
    let bench = ["--locked", "--release", "--package", "throughline-bench"];
    let mut build = command(["cargo", "build"]);
    build.args(bench);
    let mut measure = command(["cargo", "run"]);
    measure.args(bench).arg("--").args(arguments);
    for (command, deadline) in [(&mut build, LONG), (&mut measure, LONGEST)] {
        if let Err(error) = process::run(command, deadline).result {
            eprintln!("{}: {error}", shown(command));
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
