//! Clients that are not ours, as their registries have them: the official ones of Engine.IO and Socket.IO, against
//! the example `socketio` as it is, and behind the hostile proxy.

use super::{Part, browser};
use crate::{checks::Checks, needs::Need, process::command};

const FOLDER: &str = "tests/clients";

pub(super) const PART: Part = Part {
    name: "clients",
    about: "the official clients of Engine.IO and Socket.IO, directly and in hostile networks",
    // Of the browser's packages there is the formatter.
    needs: &[Need::Npm(FOLDER), browser::PACKAGES],
    run,
};

fn run(checks: &mut Checks) {
    checks.command(command(["npm", "run", "check"]).current_dir(FOLDER));
    for package in [
        "throughline-socketio",
        "throughline-room",
        "throughline-hostile",
    ] {
        checks.command(&mut command(["cargo", "build", "--locked", "-p", package]));
    }
    let lines = checks.tests(command(["npm", "test"]).current_dir(FOLDER));
    checks.note(&lines, "clients:");
}
