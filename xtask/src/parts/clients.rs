//! Clients that are not ours, as their registries have them: the official ones of Engine.IO, Socket.IO and
//! SockJS, STOMP's over SockJS, and one in Python, against our servers as they are, and behind the hostile proxy.

use super::{Part, browser};
use crate::{
    checks::Checks,
    needs::{Need, PYTHON},
    process::command,
};
use std::path::absolute;

const FOLDER: &str = "tests/clients";
const SERVERS: [&str; 5] = [
    "throughline-socketio",
    "throughline-room",
    "throughline-sockjs",
    "throughline-stomp",
    "throughline-hostile",
];

pub(super) const PART: Part = Part {
    name: "clients",
    about: "the official clients of Engine.IO, Socket.IO and SockJS, in Node and in Chromium, directly and in hostile networks",
    needs: &[
        Need::Npm(FOLDER),
        browser::CHROMIUM,
        // Of these there are the formatter and what drives Chromium.
        browser::PACKAGES,
        Need::Package {
            program: "python3",
            package: "python3",
        },
        Need::Package {
            program: "pip3",
            package: "python3-pip",
        },
        Need::Pip("tests/clients/python/requirements.txt"),
    ],
    run,
};

fn run(checks: &mut Checks) {
    checks.command(command(["npm", "run", "check"]).current_dir(FOLDER));
    for package in SERVERS {
        checks.command(&mut command(["cargo", "build", "--locked", "-p", package]));
    }
    let python = match absolute(PYTHON) {
        Ok(python) => python,
        Err(error) => return checks.fail(error.to_string()),
    };
    let mut tests = command(["npm", "test"]);
    let lines = checks.tests(tests.current_dir(FOLDER).env("PYTHONPATH", python));
    checks.note(&lines, "clients:");
}
