//! The crates that are published can be packaged, and build from what is inside. Licences and READMEs are looked
//! for by `tests/tests/house/packages.rs`.

use super::Part;
use crate::process::command;

pub(super) const PART: Part = Part {
    name: "package",
    about: "the published crates can be packaged, and build from that",
    needs: &[],
    run: |checks| {
        checks.command(&mut command([
            "cargo",
            "package",
            "--locked",
            "--allow-dirty",
            "-p",
            "throughline-core",
            "-p",
            "throughline",
        ]));
    },
};
