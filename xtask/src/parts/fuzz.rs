//! A moment of fuzzing for each target: it still builds, and finds nothing at once.
//!
//! Without a sanitizer the targets build with the stable compiler. There is no unsafe code of ours that a
//! sanitizer could watch; panics and broken assertions show without one.

use std::time::Duration;

use super::Part;
use crate::{
    checks::Checks,
    needs::Need,
    process::{LONG, command, output},
};

const FOLDER: &str = "tests/fuzz";
const SECONDS: Duration = Duration::from_secs(5);

pub(super) const PART: Part = Part {
    name: "fuzz",
    about: "each fuzz target survives a few seconds",
    needs: &[
        Need::Package {
            program: "c++",
            package: "g++",
        },
        Need::CargoTool {
            name: "fuzz",
            version: "0.13.2",
        },
    ],
    run,
};

fn run(checks: &mut Checks) {
    match output(&mut command([
        "cargo",
        "fuzz",
        "list",
        "--fuzz-dir",
        FOLDER,
    ])) {
        Some(targets) => targets.lines().for_each(|target| smoke(checks, target)),
        None => checks.fail(format!("no fuzz targets in {FOLDER}")),
    }
}

fn smoke(checks: &mut Checks, target: &str) {
    let time = format!("-max_total_time={}", SECONDS.as_secs());
    let build = [
        "cargo",
        "fuzz",
        "run",
        "--sanitizer",
        "none",
        "--fuzz-dir",
        FOLDER,
        target,
    ];
    let mut run = command(build);
    run.args(["--", &time, "-verbosity=0", "-print_final_stats=1"]);
    let lines = checks.command_within(LONG, &mut run);
    let inputs = lines
        .iter()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    if let Some(inputs) = inputs {
        checks
            .notes
            .push(format!("fuzz: {target}, {} inputs", inputs.trim()));
    }
}
