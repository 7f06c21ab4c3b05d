//! The job `test`: runs the parts one after the other and sums up.
//!
//! A failed part never stops the others, so one run shows everything that is wrong. The parts run in
//! sequence because each of them already uses all cores.

use std::{path::Path, process::ExitCode, time::Instant};

use crate::{
    checks::Checks,
    needs,
    parts::{self, Part},
    summary::{Row, Summary},
};

pub(crate) fn list() -> ExitCode {
    for part in parts::ALL {
        println!("{:<10} {}", part.name, part.about);
    }
    ExitCode::SUCCESS
}

pub(crate) fn run(names: &[&str]) -> ExitCode {
    let selected = match select(names) {
        Ok(selected) => selected,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };
    enter_root();
    needs::install_packages(selected.iter().flat_map(|part| part.needs));
    let mut summary = Summary::default();
    for part in selected {
        summary.add(run_part(part));
    }
    print!("\n{summary}");
    summary.exit_code()
}

/// The parts of these names in the order of the table; all of them when no name is given.
fn select(names: &[&str]) -> Result<Vec<&'static Part>, String> {
    let known = |name: &str| parts::ALL.iter().any(|part| part.name == name);
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        let all: Vec<&str> = parts::ALL.iter().map(|part| part.name).collect();
        return Err(format!(
            "no part is named {unknown:?}; there are: {}",
            all.join(", ")
        ));
    }
    let wanted = |part: &&Part| names.is_empty() || names.contains(&part.name);
    Ok(parts::ALL.iter().filter(wanted).collect())
}

/// A job may be started anywhere in the repository; it runs at its root.
pub(crate) fn enter_root() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the root");
    std::env::set_current_dir(root).expect("the repository that built this is still there");
}

fn run_part(part: &Part) -> Row {
    println!("\n== {}: {}", part.name, part.about);
    let start = Instant::now();
    let mut checks = Checks::default();
    match part.needs.iter().try_for_each(|need| need.provide()) {
        Ok(()) => (part.run)(&mut checks),
        Err(message) => checks.fail(message),
    }
    let row = Row {
        name: part.name,
        time: start.elapsed(),
        checks,
    };
    println!("== {row}");
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_selects_every_part() {
        assert_eq!(select(&[]).unwrap().len(), parts::ALL.len());
    }

    #[test]
    fn an_unknown_name_is_refused_and_the_known_ones_are_listed() {
        let Err(message) = select(&["nonsense"]) else {
            panic!("the name was accepted")
        };
        assert!(
            message.contains("nonsense") && message.contains("format"),
            "{message}"
        );
    }
}
