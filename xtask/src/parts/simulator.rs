//! A million messages through a network that misbehaves in every way we know, from ten thousand seeds.

use std::time::Duration;

use super::Part;
use crate::{checks::Checks, process::command};

/// A run takes a fraction of this; one that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(60);

pub(super) const PART: Part = Part {
    name: "simulator",
    about: "a million messages over a hostile network, none lost, repeated or reordered",
    needs: &[],
    run,
};

fn run(checks: &mut Checks) {
    let words = [
        "cargo",
        "build",
        "--locked",
        "--profile",
        "simulator",
        "-p",
        "throughline-simulator",
    ];
    checks.command(&mut command(words));
    let words = [
        "cargo",
        "run",
        "--locked",
        "--profile",
        "simulator",
        "-p",
        "throughline-simulator",
    ];
    let lines = checks.command_within(LIMIT, &mut command(words));
    checks.note(&lines, "simulator:");
}
