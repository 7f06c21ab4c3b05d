//! What every source file keeps.

use throughline_tests::repository::{File, files};

use crate::assert_none;

const LONGEST: usize = 400;

/// Files that may be longer than [`LONGEST`]: path, lines of code, reason. The list and its numbers may
/// only shrink.
const LONG: [(&str, usize, &str); 0] = [];

fn sources() -> Vec<File> {
    files(&[".rs", ".js", ".mjs", ".ts"])
        .into_iter()
        .filter(|file| !is_built(file))
        .collect()
}

/// The client's bundle is built, not written.
fn is_built(file: &File) -> bool {
    file.is_in("server/assets")
}

/// The lines that hold one of these, with their places.
fn lines_with(files: &[File], needles: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        for (index, line) in file.text.lines().enumerate() {
            if needles.iter().any(|needle| line.contains(needle)) {
                found.push(format!("{}:{}: {}", file.path, index + 1, line.trim()));
            }
        }
    }
    found
}

#[test]
fn every_rust_file_says_first_what_it_is() {
    let silent = files(&[".rs"])
        .into_iter()
        .filter(|file| !file.text.starts_with("//! "));
    let silent: Vec<String> = silent.map(|file| file.path).collect();
    assert_none("these do not start with a `//!` sentence", &silent);
}

#[test]
fn nothing_is_left_for_later() {
    let needles = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
    ];
    assert_none(
        "finish it or open an issue",
        &lines_with(&sources(), &needles),
    );
}

#[test]
fn no_test_is_skipped() {
    let needles = [
        concat!("#[ign", "ore"),
        concat!("test.", "skip("),
        concat!("it.", "skip("),
        concat!("describe.", "skip("),
        concat!("test.", "only("),
        concat!("it.", "only("),
        concat!("test.", "todo("),
        concat!("sk", "ip: true"),
        concat!("t.", "skip("),
    ];
    assert_none(
        "assert what happens today and say why it is wrong",
        &lines_with(&sources(), &needles),
    );
}

#[test]
fn no_test_sleeps_on_a_thread() {
    let needles = [concat!("thread::", "sleep")];
    assert_none(
        "wait for a condition or advance the clock",
        &lines_with(&sources(), &needles),
    );
}

#[test]
fn no_file_names_a_path_of_one_machine() {
    let needles = [
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
        concat!("/tm", "p/"),
    ];
    // Any file at all: lock files, source maps and settings of proxies name paths as easily as code does.
    assert_none(
        "paths are relative to the root",
        &lines_with(&files(&[""]), &needles),
    );
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let manifests = files(&["Cargo.toml"])
        .into_iter()
        .filter(|file| file.text.contains("edition.workspace"));
    let without = manifests.filter(|file| !file.text.contains("[lints]\nworkspace = true"));
    let without: Vec<String> = without.map(|file| file.path).collect();
    assert_none("these have no `[lints] workspace = true`", &without);
}

#[test]
fn no_file_is_long() {
    let mut findings = Vec::new();
    for file in sources().iter().filter(|file| !is_test(file)) {
        let (lines, allowed) = (code_lines(&file.text), allowed_lines(&file.path));
        if lines > allowed {
            findings.push(format!(
                "{} has {lines} lines of code, {allowed} are allowed",
                file.path
            ));
        }
    }
    assert_none("one concept per file", &findings);
}

#[test]
fn the_list_of_long_files_only_shrinks() {
    let sources = sources();
    let mut findings = Vec::new();
    for (path, allowed, reason) in LONG {
        let file = sources.iter().find(|file| file.path == path);
        let lines = file.map_or(0, |file| code_lines(&file.text));
        if lines <= LONGEST || allowed > lines + 20 || reason.is_empty() {
            findings.push(format!(
                "{path} has {lines} lines now, the list says {allowed}"
            ));
        }
    }
    assert_none("lower the number or remove the entry", &findings);
}

fn allowed_lines(path: &str) -> usize {
    let entry = LONG.iter().find(|(long, ..)| *long == path);
    entry.map_or(LONGEST, |(_, lines, _)| *lines)
}

fn is_test(file: &File) -> bool {
    file.path.contains("/tests/")
        || file.path.contains("/test/")
        || file.path.ends_with("/tests.rs")
}

/// Lines that are neither blank nor comments, up to the tests at the end of the file.
fn code_lines(text: &str) -> usize {
    let code = text.split("\n#[cfg(test)]").next().unwrap_or(text);
    let is_comment = |line: &str| ["//", "/*", "*"].iter().any(|mark| line.starts_with(mark));
    code.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !is_comment(line))
        .count()
}
