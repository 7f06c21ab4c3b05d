//! The crates that are published can be packaged, and what they need is inside.

use super::Part;
use crate::process::command;

pub(super) const PART: Part = Part {
    name: "package",
    about: "the published crates can be packaged",
    needs: &[],
    run: |checks| {
        checks.command(&mut command([
            "cargo",
            "package",
            "--locked",
            "--allow-dirty",
            "--no-verify",
            "-p",
            "throughline-core",
            "-p",
            "throughline",
        ]));
    },
};
