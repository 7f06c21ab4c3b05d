//! What a part records while it runs: counts, failures by name, and lines worth repeating at the end.

use std::{process::Command, time::Duration};

use crate::{
    counts::{self, Counts},
    process::{self, LONG},
};

#[derive(Default)]
pub(crate) struct Checks {
    pub(crate) counts: Counts,
    pub(crate) failures: Vec<String>,
    pub(crate) notes: Vec<String>,
}

impl Checks {
    /// One check: the command succeeds.
    pub(crate) fn command(&mut self, command: &mut Command) {
        self.command_within(LONG, command);
    }

    /// One check: the command succeeds before the deadline. Its output is returned.
    pub(crate) fn command_within(
        &mut self,
        deadline: Duration,
        command: &mut Command,
    ) -> Vec<String> {
        let finished = process::run(command, deadline);
        match finished.result {
            Ok(()) => self.counts.add(Counts::PASSED),
            Err(error) => {
                let shown = process::shown(command);
                self.fail(format!("{shown}: {error}{}", tail(&finished.lines)));
            }
        }
        finished.lines
    }

    /// As many checks as the test runner counted. A run without any test, or one that fails without
    /// naming a test, is itself a failure.
    pub(crate) fn tests(&mut self, command: &mut Command) -> Vec<String> {
        let finished = process::run(command, LONG);
        let counts = counts::read(&finished.lines);
        self.counts.add(counts);
        let shown = process::shown(command);
        match finished.result {
            Err(error) if counts.failed == 0 => {
                self.fail(format!("{shown}: {error}{}", tail(&finished.lines)));
            }
            Ok(()) if counts.total() == 0 => self.fail(format!("{shown}: ran no tests")),
            _ if counts.failed > 0 => self
                .failures
                .push(format!("{shown}: {} failed", counts.failed)),
            _ => {}
        }
        finished.lines
    }

    /// Repeats the lines that start with this in the summary. Runners indent what a test prints.
    pub(crate) fn note(&mut self, lines: &[String], start: &str) {
        let lines = lines.iter().map(|line| line.trim_start());
        let noted = lines.filter(|line| line.starts_with(start));
        self.notes.extend(noted.map(str::to_owned));
    }

    pub(crate) fn fail(&mut self, message: String) {
        self.counts.add(Counts::FAILED);
        self.failures.push(message);
    }
}

/// What a command said last, for the summary: whoever sees only that still learns why it failed.
fn tail(lines: &[String]) -> String {
    let from = lines.len().saturating_sub(LAST_LINES);
    let last = lines[from..].iter();
    last.map(|line| format!("\n    {line}")).collect()
}

/// As many lines tell why a command failed.
const LAST_LINES: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::command;

    fn checked(script: &str) -> Checks {
        let mut checks = Checks::default();
        checks.tests(&mut command(["sh", "-c", script]));
        checks
    }

    #[test]
    fn the_runners_counts_are_taken() {
        let checks = checked("echo '# pass 3'");
        assert_eq!((checks.counts.passed, checks.counts.failed), (3, 0));
    }

    #[test]
    fn failed_tests_are_counted_once() {
        let checks = checked("echo '# pass 3'; echo '# fail 2'; exit 1");
        assert_eq!((checks.counts.failed, checks.failures.len()), (2, 1));
    }

    #[test]
    fn what_a_test_prints_is_noted_without_its_indentation() {
        let mut checks = Checks::default();
        let lines = ["    size: 5", "another size: 6", "size: 7"].map(str::to_owned);
        checks.note(&lines, "size:");
        assert_eq!(checks.notes, ["size: 5", "size: 7"]);
    }

    #[test]
    fn a_command_that_fails_says_why_in_the_summary() {
        let mut checks = Checks::default();
        checks.command(&mut command(["sh", "-c", "(seq 20; echo why) >&2; exit 3"]));
        let [failure] = &checks.failures[..] else {
            panic!("{:?}", checks.failures);
        };
        assert!(failure.contains("exit status: 3") && failure.contains("why"));
        assert!(failure.lines().count() <= 1 + LAST_LINES, "{failure}");
    }

    #[test]
    fn a_run_without_tests_fails() {
        assert_eq!(checked("true").counts, Counts::FAILED);
    }

    #[test]
    fn a_crash_after_passing_tests_fails() {
        let checks = checked("echo '# pass 3'; exit 1");
        assert_eq!(
            checks.counts,
            Counts {
                passed: 3,
                failed: 1
            }
        );
    }
}
