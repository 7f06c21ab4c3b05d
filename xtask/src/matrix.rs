//! The job `matrix`: measures every stack in every hostile network, then makes the table, the picture and the
//! README's summary of what came out.
//!
//! It is not a test and fails only where it cannot measure. That our own client gets through is held by the
//! part of the same name.

use std::{process::ExitCode, time::Duration};

use crate::{
    needs::{self, Need},
    parts,
    process::{self, command, shown},
    test::enter_root,
};

const FOLDER: &str = "tests/matrix";
/// Our client's peers.
const PACKAGES: Need = Need::Npm(FOLDER);
/// Three times what it takes on two cores that do nothing else.
const LONGEST: Duration = Duration::from_secs(150 * 60);

/// Measures with these arguments of the runner, which goes on where an earlier run was stopped; then reports.
pub(crate) fn measure(arguments: &[&str]) -> ExitCode {
    enter_root();
    let needs = || parts::matrix::PART.needs.iter().chain([&PACKAGES]);
    needs::install_packages(needs());
    if let Err(message) = needs().try_for_each(|need| need.provide()) {
        eprintln!("{message}");
        return ExitCode::FAILURE;
    }
    code(node("runner/run.js", arguments) && node("report/write.js", &[]))
}

/// Makes all that is made of the results as they are.
pub(crate) fn report() -> ExitCode {
    enter_root();
    code(node("report/write.js", &[]))
}

/// Whether one of the matrix's programs succeeded. What it builds is built to be fast, as its peers are.
fn node(program: &str, arguments: &[&str]) -> bool {
    let mut command = command(["node", program]);
    command
        .args(arguments)
        .current_dir(FOLDER)
        .env("THROUGHLINE_PROFILE", "release");
    let Err(error) = process::run(&mut command, LONGEST).result else {
        return true;
    };
    eprintln!("{}: {error}", shown(&command));
    false
}

fn code(succeeded: bool) -> ExitCode {
    if succeeded {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
