//! The bench, for a moment: every server answers, and every message is right. No figure is looked at.

use super::{Part, browser};
use crate::{bench, checks::Checks, process::command};

pub(super) const PART: Part = Part {
    name: "bench",
    about: "every server of the bench answers its load, message by message; no figure is looked at",
    needs: &[bench::TASKSET, bench::PEERS, browser::PACKAGES],
    run,
};

fn run(checks: &mut Checks) {
    checks.command(command(["npm", "run", "check"]).current_dir(bench::FOLDER));
    let start = [
        "cargo",
        "run",
        "--locked",
        "-p",
        "throughline-bench",
        "--",
        "run",
    ];
    let mut smoke = command(start);
    smoke.args([
        "--rounds",
        "1",
        "--seconds",
        "0.1",
        "--strict",
        "--into",
        "target/bench",
    ]);
    for scenario in [
        "echo-4096-100",
        "fanout-64-1000",
        "poll-echo-64-100",
        "periodic-64-100",
        "connect-upgrade",
    ] {
        smoke.args(["--scenario", scenario]);
    }
    checks.command(&mut smoke);
}
