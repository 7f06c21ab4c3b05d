//! The end of a test run: a table of the parts, what failed, and the closing line.

use std::{fmt, process::ExitCode, time::Duration};

use crate::{checks::Checks, counts::Counts};

/// One part after it ran.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) time: Duration,
    pub(crate) checks: Checks,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { passed, failed } = self.checks.counts;
        let seconds = self.time.as_secs_f64();
        write!(
            f,
            "{:<10} {passed:>6} passed {failed:>4} failed {seconds:>8.1} s",
            self.name
        )
    }
}

#[derive(Default)]
pub(crate) struct Summary {
    rows: Vec<Row>,
}

impl Summary {
    pub(crate) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        if self.counts().failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for row in &self.rows {
            counts.add(row.checks.counts);
        }
        counts
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            writeln!(f, "{row}")?;
        }
        for note in self.rows.iter().flat_map(|row| &row.checks.notes) {
            writeln!(f, "{note}")?;
        }
        for row in &self.rows {
            for failure in &row.checks.failures {
                writeln!(f, "FAILED {}: {failure}", row.name)?;
            }
        }
        let Counts { passed, failed } = self.counts();
        writeln!(f, "{passed} passed, {failed} failed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &'static str, checks: Checks) -> Row {
        Row {
            name,
            time: Duration::from_secs(1),
            checks,
        }
    }

    #[test]
    fn the_last_line_holds_the_sums_alone() {
        let mut summary = Summary::default();
        let counts = Counts {
            passed: 7,
            failed: 0,
        };
        summary.add(row(
            "one",
            Checks {
                counts,
                ..Checks::default()
            },
        ));
        summary.add(row(
            "two",
            Checks {
                counts,
                ..Checks::default()
            },
        ));
        assert_eq!(
            summary.to_string().lines().last(),
            Some("14 passed, 0 failed")
        );
    }

    #[test]
    fn failures_and_notes_are_repeated() {
        let mut checks = Checks::default();
        checks.fail("it broke".to_owned());
        checks.note(&["size 5,000".to_owned(), "noise".to_owned()], "size");
        let mut summary = Summary::default();
        summary.add(row("one", checks));
        let text = summary.to_string();
        assert!(
            text.contains("\nsize 5,000\nFAILED one: it broke\n0 passed, 1 failed\n"),
            "{text}"
        );
    }
}
