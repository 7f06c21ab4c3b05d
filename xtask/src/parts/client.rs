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
        let lines = checks.tests(command(["npm", "test"]).current_dir(FOLDER));
        checks.note(&lines, "size:");
    },
};
