//! What is depended on: licences, duplicates and sources, as `deny.toml` says.
//!
//! Advisories are not checked here: their database is not a part of the repository, and a new entry would
//! turn an unchanged commit red.

use super::Part;
use crate::{needs::Need, process::command};

pub(super) const PART: Part = Part {
    name: "deny",
    about: "dependencies have known licences, sources and no needless duplicates",
    needs: &[Need::CargoTool {
        name: "deny",
        version: "0.20.2",
    }],
    run: |checks| {
        checks.command(&mut command([
            "cargo", "deny", "--locked", "check", "bans", "licenses", "sources",
        ]));
    },
};
