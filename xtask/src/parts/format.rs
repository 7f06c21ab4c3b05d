//! Rust code is formatted. The JavaScript is looked at by the part `client`.

use super::Part;
use crate::{needs::Need, process::command};

pub(super) const PART: Part = Part {
    name: "format",
    about: "Rust code is formatted",
    needs: &[Need::Component {
        name: "rustfmt",
        subcommand: "fmt",
    }],
    run: |checks| {
        checks.command(&mut command(["cargo", "fmt", "--all", "--check"]));
        checks.command(&mut command([
            "cargo",
            "fmt",
            "--manifest-path",
            "tests/fuzz/Cargo.toml",
            "--check",
        ]));
    },
};
