//! The crates that are published can be packaged, and build from what is inside. Licences and READMEs are looked
//! for by `tests/tests/house/packages.rs`. The registry is asked once, for what the lock file names; packaging works with
//! that alone, so that it neither waits for the registry nor fails with it.

use super::Part;
use crate::process::command;

pub(super) const PART: Part = Part {
    name: "package",
    about: "the published crates can be packaged, and build from that",
    needs: &[],
    run: |checks| {
        checks.command(&mut command(["cargo", "fetch", "--locked"]));
        checks.command(&mut command([
            "cargo",
            "package",
            "--locked",
            "--offline",
            "--allow-dirty",
            "-p",
            "throughline-core",
            "-p",
            "throughline",
        ]));
    },
};
