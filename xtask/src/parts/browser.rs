//! The demo page in a real Chromium: forced transports, moves under load, cuts, hidden pages, two tabs. And the
//! client in a real Firefox, behind the hostile proxy.

use super::Part;
use crate::{checks::Checks, needs::Need, process::command};

const FOLDER: &str = "tests/browser";
pub(super) const CHROMIUM: Need = Need::Package {
    program: "chromium",
    package: "chromium",
};
const FIREFOX: Need = Need::Package {
    program: "firefox-esr",
    package: "firefox-esr",
};
pub(super) const PACKAGES: Need = Need::Npm(FOLDER);

pub(super) const PART: Part = Part {
    name: "browser",
    about: "the demo page in Chromium: a session moves under load, and is cut, hidden and resumed; Firefox too",
    needs: &[CHROMIUM, FIREFOX, PACKAGES],
    run: |checks| {
        checks.command(command(["npm", "run", "check"]).current_dir(FOLDER));
        run_tests(checks, "test");
    },
};

/// Runs one of the package's test scripts against the demo and the hostile proxy as they are now, and repeats
/// what it counted.
pub(super) fn run_tests(checks: &mut Checks, script: &str) {
    for package in ["throughline-demo", "throughline-hostile"] {
        checks.command(&mut command(["cargo", "build", "--locked", "-p", package]));
    }
    let lines = checks.tests(command(["npm", "run", script]).current_dir(FOLDER));
    checks.note(&lines, "moves:");
    checks.note(&lines, "network:");
    checks.note(&lines, "firefox:");
}
