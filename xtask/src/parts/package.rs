//! The crates that are published can be packaged, and build from what is inside. Licences and READMEs are looked
//! for by `tests/tests/house/packages.rs`. The registry is asked once, for what the lock file names; packaging works with
//! that alone, so that it neither waits for the registry nor fails with it.
//!
//! Cargo takes a packaged crate for one that never changes: it keeps the sources of `throughline-core` by the folder in which
//! they were packaged, and its version. So each run packages in a folder that there never was, and sees what is there now.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use super::Part;
use crate::{checks::Checks, process::command};

const FOLDER: &str = "target/packaged";

pub(super) const PART: Part = Part {
    name: "package",
    about: "the published crates can be packaged, and build from that",
    needs: &[],
    run,
};

fn run(checks: &mut Checks) {
    checks.command(&mut command(["cargo", "fetch", "--locked"]));
    let mut package = command([
        "cargo",
        "package",
        "--locked",
        "--offline",
        "--allow-dirty",
        "-p",
        "throughline-core",
        "-p",
        "throughline",
        "--target-dir",
    ]);
    checks.command(package.arg(new_folder()));
    // What is left of it, or of a run that was stopped, is nobody's.
    let _absent = fs::remove_dir_all(FOLDER);
}

/// No two runs have the same, wherever they were and whatever is left of them.
fn new_folder() -> PathBuf {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = since.map_or(0, |since| since.as_nanos());
    Path::new(FOLDER).join(nanos.to_string())
}
