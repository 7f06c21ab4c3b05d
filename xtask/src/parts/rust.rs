//! The Rust tests: unit, integration and documentation examples, of all crates at once.
//!
//! Always the whole workspace is built, also where one binary is meant: another selection of crates
//! would enable other features and build the dependencies again.

use std::process::Command;

use super::Part;
use crate::{needs::has_nextest, process::command};

/// Test binaries that other parts run.
const OWN_PARTS: [&str; 2] = ["house", "spec"];

pub(super) const PART: Part = Part {
    name: "rust",
    about: "unit, integration and documentation tests of all crates",
    needs: &[],
    run: |checks| {
        let lines = checks.tests(&mut everything_else());
        checks.note(&lines, "cuts over");
        checks.tests(&mut command([
            "cargo",
            "test",
            "--locked",
            "--workspace",
            "--doc",
        ]));
    },
};

/// Where nextest is missing, the binaries that are parts of their own run here as well.
fn everything_else() -> Command {
    if has_nextest() {
        return nextest(&format!("not ({})", OWN_PARTS.map(binary).join(" or ")));
    }
    command([
        "cargo",
        "test",
        "--locked",
        "--workspace",
        "--lib",
        "--bins",
        "--tests",
        "--examples",
        "--no-fail-fast",
    ])
}

/// One test binary of the crate `throughline-tests`.
pub(super) fn test_binary(name: &str) -> Command {
    if has_nextest() {
        return nextest(&binary(name));
    }
    command(["cargo", "test", "--locked", "--workspace", "--test", name])
}

fn nextest(filter: &str) -> Command {
    command([
        "cargo",
        "nextest",
        "run",
        "--locked",
        "--workspace",
        "-E",
        filter,
    ])
}

fn binary(name: &str) -> String {
    format!("binary_id(throughline-tests::{name})")
}
