//! The repository as data, for tests that look at it.
//!
//! Only files that git knows are seen, so a scratch file never fails a test, and a forgotten one fails it
//! in the next clone.

use std::{fs, path::PathBuf, process::Command};

/// A text file of the repository.
#[derive(Clone, Debug)]
pub struct File {
    /// Its path from the root, with `/` between folders.
    pub path: String,
    /// All of it.
    pub text: String,
}

impl File {
    /// Whether the file lies in this folder, at any depth.
    #[must_use]
    pub fn is_in(&self, folder: &str) -> bool {
        self.path.starts_with(&format!("{folder}/"))
    }
}

/// The root of the repository.
///
/// # Panics
///
/// Where this crate was moved away from the root's `tests` folder.
#[must_use]
pub fn root() -> PathBuf {
    let tests = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    tests
        .parent()
        .expect("the crate lies in the root")
        .to_owned()
}

/// Every text file whose name ends with one of these, in the order of their paths.
///
/// # Panics
///
/// Where git cannot list the files.
#[must_use]
pub fn files(endings: &[&str]) -> Vec<File> {
    let listed = output("git", &["ls-files"]);
    let wanted = listed
        .lines()
        .filter(|path| endings.iter().any(|ending| path.ends_with(ending)));
    wanted.filter_map(read).collect()
}

/// What a program prints when it runs at the root.
///
/// # Panics
///
/// Where the program is missing or fails.
#[must_use]
pub fn output(program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    let output = command.args(arguments).current_dir(root()).output();
    let output = output.unwrap_or_else(|error| panic!("{program} does not start: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{program} {arguments:?} failed: {errors}"
    );
    String::from_utf8(output.stdout).expect("the program prints UTF-8")
}

/// A listed file may have been removed since, or not be text.
fn read(path: &str) -> Option<File> {
    let text = fs::read_to_string(root().join(path)).ok()?;
    Some(File {
        path: path.to_owned(),
        text,
    })
}
