//! The JavaScript client: its tests, its types, its formatting and its size.

use super::Part;
use crate::{needs::Need, process::command};

const FOLDER: &str = "client-js";

pub(super) const PART: Part = Part {
    name: "client",
    about: "the JavaScript client's tests, types, formatting and size",
    needs: &[Need::Npm(FOLDER)],
    run: |checks| {
        checks.command(command(["npm", "run", "check"]).current_dir(FOLDER));
        // One line per test: what Node prints without a terminal is four times as long.
        let mut tests = command(["npm", "test"]);
        tests
            .current_dir(FOLDER)
            .env("NODE_OPTIONS", "--test-reporter=spec");
        let lines = checks.tests(&mut tests);
        checks.note(&lines, "size:");
    },
};
