//! The repository keeps its own rules. CONTRIBUTING.md says why each of them is there.

mod bench;
mod dependencies;
mod documents;
mod files;
mod packages;

/// Fails with all findings at once, so that one run shows everything to mend.
#[track_caller]
fn assert_none(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}
