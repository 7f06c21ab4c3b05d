//! No warning of the compiler, of clippy or of rustdoc, in any target.

use super::Part;
use crate::{needs::Need, process::command};

pub(super) const PART: Part = Part {
    name: "lint",
    about: "clippy and rustdoc have nothing to say",
    needs: &[Need::Component {
        name: "clippy",
        subcommand: "clippy",
    }],
    run: |checks| {
        checks.command(&mut command([
            "cargo",
            "clippy",
            "--locked",
            "--workspace",
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ]));
        checks.command(
            command([
                "cargo",
                "doc",
                "--locked",
                "--workspace",
                "--no-deps",
                "--document-private-items",
            ])
            .env("RUSTDOCFLAGS", "--deny warnings"),
        );
    },
};
