//! Reads how many tests passed and failed from what the test runners print.
//!
//! A skipped or ignored test counts as failed: a test that does not run protects nobody. (What nextest
//! calls skipped is what a filter left out; the house tests refuse ignored ones.)

/// How many checks passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl Counts {
    pub(crate) const PASSED: Self = Self {
        passed: 1,
        failed: 0,
    };
    pub(crate) const FAILED: Self = Self {
        passed: 0,
        failed: 1,
    };

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    pub(crate) fn total(self) -> usize {
        self.passed + self.failed
    }
}

/// The sum of all the runners' closing lines.
pub(crate) fn read(lines: &[String]) -> Counts {
    let mut counts = Counts::default();
    for line in lines {
        counts.add(read_line(line).unwrap_or_default());
    }
    counts
}

fn read_line(line: &str) -> Option<Counts> {
    nextest(line)
        .or_else(|| cargo_test(line))
        .or_else(|| node(line))
}

/// `Summary [ 0.1s] 14/15 tests run: 10 passed (1 slow), 3 failed, 1 timed out, 0 skipped`
fn nextest(line: &str) -> Option<Counts> {
    let (_, numbers) = line
        .trim()
        .strip_prefix("Summary [")?
        .split_once(" run: ")?;
    Some(sum(numbers.split(", "), &["skipped"]))
}

/// `test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s`
fn cargo_test(line: &str) -> Option<Counts> {
    let (_, numbers) = line.strip_prefix("test result: ")?.split_once(". ")?;
    Some(sum(
        numbers.split("; "),
        &["measured", "filtered", "finished"],
    ))
}

/// `# pass 12`, or `ℹ pass 12` where a terminal is attached; the lines `tests` and `suites` are totals.
fn node(line: &str) -> Option<Counts> {
    let (name, number) = line
        .strip_prefix("# ")
        .or_else(|| line.strip_prefix("ℹ "))?
        .split_once(' ')?;
    let number = number.parse().ok()?;
    match name {
        "pass" => Some(Counts {
            passed: number,
            failed: 0,
        }),
        "fail" | "cancelled" | "skipped" | "todo" => Some(Counts {
            passed: 0,
            failed: number,
        }),
        _ => None,
    }
}

/// Adds up items such as `3 passed`: what neither passed nor is left out has failed.
fn sum<'a>(items: impl Iterator<Item = &'a str>, left_out: &[&str]) -> Counts {
    let mut counts = Counts::default();
    for item in items {
        let mut words = item.split_whitespace();
        let number: Option<usize> = words.next().and_then(|word| word.parse().ok());
        match (number, words.next()) {
            (Some(number), Some("passed")) => counts.passed += number,
            (Some(number), Some(word)) if !left_out.contains(&word) => counts.failed += number,
            _ => {}
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Counts {
        read(&text.lines().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn nextest_is_understood() {
        let text = "     Summary [   0.005s] 14/15 tests run: 10 passed (1 slow), 3 failed, 1 timed out, 7 skipped";
        assert_eq!(
            read_text(text),
            Counts {
                passed: 10,
                failed: 4
            }
        );
    }

    #[test]
    fn a_tests_own_output_that_nextest_shows_is_not_counted_again() {
        let text = "  stdout ───\n\n    running 1 test\n    test one ... ok\n\n    \
                    test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 2 filtered out; finished in 20.06s\n\
                    Summary [  20.062s] 1 test run: 1 passed, 2 skipped";
        let expected = Counts {
            passed: 1,
            failed: 0,
        };
        assert_eq!(read_text(text), expected);
    }

    #[test]
    fn every_binary_of_cargo_test_counts_and_ignored_tests_fail() {
        let text = "test result: ok. 3 passed; 0 failed; 2 ignored; 0 measured; 5 filtered out; finished in 0.01s\n\
                    test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(
            read_text(text),
            Counts {
                passed: 4,
                failed: 3
            }
        );
    }

    #[test]
    fn node_is_understood_with_and_without_a_terminal() {
        let expected = Counts {
            passed: 12,
            failed: 4,
        };
        assert_eq!(
            read_text("# tests 16\n# pass 12\n# fail 1\n# cancelled 0\n# skipped 2\n# todo 1"),
            expected
        );
        assert_eq!(
            read_text("ℹ tests 16\nℹ pass 12\nℹ fail 4\nℹ duration_ms 3.5"),
            expected
        );
    }

    #[test]
    fn other_lines_say_nothing() {
        assert_eq!(
            read_text("3 passed\n# a heading\nSummary"),
            Counts::default()
        );
    }
}
