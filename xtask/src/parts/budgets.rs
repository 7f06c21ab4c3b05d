//! Instructions of what every message goes through, against what they may be: `tests/budgets/budgets.txt`.
//!
//! A count over its budget fails. One that is far below is noted, so that the budget can follow; the file is changed in the
//! commit that earns or explains it, and [`write()`] makes it anew. Counts depend on the compiler and on what it compiles for, so
//! the file names both, and under others it only warns.

use std::{collections::BTreeMap, fs, process::ExitCode};

use super::Part;
use crate::{
    checks::Checks,
    counts::Counts,
    needs::{self, Need},
    process::{command, output},
    test::enter_root,
};

const FILE: &str = "tests/budgets/budgets.txt";
/// How far a count may be from its budget before somebody has to look, in percent.
const TOLERANCE: u64 = 5;
/// The line that names the compiler.
const COMPILER: &str = "rustc";
const HEAD: &str = "\
# Instructions of one step, as `cargo xtask test budgets` counts them with this compiler. More than 5 % above fails.
# `cargo xtask budgets --write` makes this file anew, in the commit that earns or explains the change.
";

pub(super) const PART: Part = Part {
    name: "budgets",
    about: "what every message goes through takes no more instructions than it may",
    needs: &[
        Need::Package {
            program: "valgrind",
            package: "valgrind",
        },
        // The version of `gungraun` in `Cargo.toml`.
        Need::CargoProgram {
            name: "gungraun-runner",
            version: "0.20.0",
        },
    ],
    run,
};

/// Instructions by the name of what is counted.
type Instructions = BTreeMap<String, u64>;

fn run(checks: &mut Checks) {
    let counted = count(checks);
    let (compiler, budgets) = match fs::read_to_string(FILE) {
        Ok(text) => parse(&text),
        Err(error) => return checks.fail(format!("{FILE}: {error}")),
    };
    let verdicts = compare(&budgets, &counted);
    if verdicts.is_empty() {
        return checks.fail("nothing was counted".to_owned());
    }
    let is_same = compiler == this_compiler();
    if !is_same {
        let ours = this_compiler();
        checks.notes.push(format!(
            "budgets: they hold for {compiler}, this is {ours}: nothing fails for being over"
        ));
    }
    for verdict in verdicts {
        match verdict {
            Verdict::Over(sentence) if is_same => checks.fail(sentence),
            Verdict::Unknown(sentence) => checks.fail(sentence),
            Verdict::Over(sentence) | Verdict::Below(sentence) => {
                checks.counts.add(Counts::PASSED);
                checks.notes.push(format!("budgets: {sentence}"));
            }
            Verdict::Within => checks.counts.add(Counts::PASSED),
        }
    }
}

/// The job `budgets --write`: the file as of now.
pub(crate) fn write() -> ExitCode {
    enter_root();
    needs::install_packages(PART.needs.iter());
    let mut checks = Checks::default();
    if let Err(message) = PART.needs.iter().try_for_each(|need| need.provide()) {
        checks.fail(message);
    }
    let counted = count(&mut checks);
    if checks.failures.is_empty() && !counted.is_empty() {
        let text = text(&this_compiler(), &counted);
        match fs::write(FILE, text) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(error) => checks.fail(format!("{FILE}: {error}")),
        }
    }
    for failure in checks.failures {
        eprintln!("{failure}");
    }
    ExitCode::FAILURE
}

fn count(checks: &mut Checks) -> Instructions {
    let words = [
        "cargo",
        "bench",
        "--locked",
        "--package",
        "throughline-budgets",
        "--bench",
        "instructions",
    ];
    let mut bench = command(words);
    bench.env("GUNGRAUN_COLOR", "never");
    let before = checks.failures.len();
    let lines = checks.command_within(crate::process::LONG, &mut bench);
    if checks.failures.len() > before {
        return Instructions::new();
    }
    read(&lines)
}

/// What the runner tells of each bench: a line that ends in its name and id, and below it a line of its instructions,
/// with those of the run before behind a bar. The id `per_100` says that a hundred steps were counted.
fn read(lines: &[String]) -> Instructions {
    let mut counted = Instructions::new();
    let mut bench = None;
    for line in lines {
        if let Some(named) = name_and_times(line) {
            bench = Some(named);
        } else if let Some(told) = line.trim_start().strip_prefix("Instructions:") {
            let number = told
                .split('|')
                .next()
                .and_then(|now| now.trim().parse().ok());
            if let (Some((name, times)), Some(number)) = (bench.take(), number) {
                let number: u64 = number;
                counted.insert(name, number.div_ceil(times));
            }
        }
    }
    counted
}

/// `instructions::session_group::native_attach per_100:…`
fn name_and_times(line: &str) -> Option<(String, u64)> {
    let (path, id) = line.split_once(' ')?;
    let (_, name) = path.rsplit_once("::")?;
    let times = id.strip_prefix("per_")?.split(':').next()?;
    Some((name.to_owned(), times.parse().ok()?))
}

enum Verdict {
    Within,
    Below(String),
    Over(String),
    /// Without a budget, or a budget for nothing.
    Unknown(String),
}

fn compare(budgets: &Instructions, counted: &Instructions) -> Vec<Verdict> {
    let verdicts = counted.iter().map(|(name, count)| {
        let Some(budget) = budgets.get(name) else {
            return Verdict::Unknown(format!(
                "{name} takes {count} instructions and has no budget in {FILE}"
            ));
        };
        verdict(name, *budget, *count)
    });
    let gone = budgets.keys().filter(|name| !counted.contains_key(*name));
    let gone = gone
        .map(|name| Verdict::Unknown(format!("{name} has a budget in {FILE} and was not counted")));
    verdicts.chain(gone).collect()
}

fn verdict(name: &str, budget: u64, count: u64) -> Verdict {
    if count * 100 > budget * (100 + TOLERANCE) {
        return Verdict::Over(format!(
            "{name} takes {count} instructions, over its budget of {budget} by more than {TOLERANCE} %"
        ));
    }
    if count * 100 < budget * (100 - TOLERANCE) {
        return Verdict::Below(format!(
            "{name} takes {count} instructions, its budget of {budget} can be lowered"
        ));
    }
    Verdict::Within
}

/// The compiler and the budgets.
fn parse(text: &str) -> (String, Instructions) {
    let mut compiler = String::new();
    let mut budgets = Instructions::new();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    for (name, value) in lines.filter_map(|line| line.split_once(" = ")) {
        if name == COMPILER {
            value.clone_into(&mut compiler);
        } else if let Ok(number) = value.parse() {
            budgets.insert(name.to_owned(), number);
        }
    }
    (compiler, budgets)
}

fn text(compiler: &str, counted: &Instructions) -> String {
    let mut text = format!("{HEAD}{COMPILER} = {compiler}\n");
    for (name, count) in counted {
        text.push_str(&format!("{name} = {count}\n"));
    }
    text
}

/// `1.95.0 (59807616e 2026-04-14) x86_64-unknown-linux-gnu`
fn this_compiler() -> String {
    let told = output(&mut command(["rustc", "--version", "--verbose"])).unwrap_or_default();
    let told_after = |start| told.lines().find_map(|line| line.strip_prefix(start));
    let (version, host) = (told_after("rustc "), told_after("host: "));
    format!(
        "{} {}",
        version.unwrap_or_default(),
        host.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, count: u64) -> Instructions {
        Instructions::from([(name.to_owned(), count)])
    }

    #[test]
    fn counts_are_read_and_divided_by_how_often_the_step_was_done() {
        let lines = [
            "instructions::session_group::native_attach per_100:...",
            "  Instructions:            14510|14400            (No change)",
        ];
        let lines = lines.map(str::to_owned);
        assert_eq!(read(&lines), one("native_attach", 146));
    }

    #[test]
    fn what_is_written_is_read() {
        let (compiler, budgets) = parse(&text("1.95.0 (a 2026-01-01)", &one("send", 7)));
        assert_eq!(compiler, "1.95.0 (a 2026-01-01)");
        assert_eq!(budgets, one("send", 7));
    }

    #[test]
    fn five_percent_are_let_through_and_no_more() {
        assert!(matches!(verdict("send", 100, 105), Verdict::Within));
        assert!(matches!(verdict("send", 100, 106), Verdict::Over(_)));
        assert!(matches!(verdict("send", 100, 95), Verdict::Within));
        assert!(matches!(verdict("send", 100, 94), Verdict::Below(_)));
    }

    #[test]
    fn what_has_no_budget_fails_and_so_does_a_budget_for_nothing() {
        let verdicts = compare(&one("gone", 1), &one("new", 1));
        let unknown = |verdict: &Verdict| matches!(verdict, Verdict::Unknown(_));
        assert_eq!((verdicts.len(), verdicts.iter().all(unknown)), (2, true));
    }
}
