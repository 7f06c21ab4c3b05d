//! What is in the packages that users download, besides the code: the licences and a README.
//!
//! npm follows no links, so each package has copies of the licences, which must not drift apart.

use serde_json::Value;
use throughline_tests::repository::{File, files, output};

use crate::assert_none;

const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];
const FOLDERS: [&str; 3] = ["server", "server/core", "client-js"];

#[test]
fn the_copies_of_the_licences_are_alike() {
    let mut findings = Vec::new();
    for licence in LICENCES {
        let text = |folder: &str| text(&format!("{folder}{licence}"));
        let copies = FOLDERS.map(|folder| format!("{folder}/"));
        let other = copies.iter().filter(|folder| text(folder) != text(""));
        findings.extend(other.map(|folder| format!("{folder}{licence}")));
    }
    assert_none("these differ from the one in the root", &findings);
}

#[test]
fn crates_hold_their_licences_and_a_readme() {
    let mut findings = Vec::new();
    for package in ["throughline", "throughline-core"] {
        let arguments = ["package", "--list", "--allow-dirty", "--package", package];
        let listed = output("cargo", &arguments);
        findings.extend(missing(package, &listed.lines().collect::<Vec<_>>()));
    }
    assert_none("these are missing", &findings);
}

#[test]
fn the_npm_package_holds_its_licences_and_a_readme() {
    let arguments = [
        "pack",
        "--dry-run",
        "--json",
        "--ignore-scripts",
        "./client-js",
    ];
    let packed: Value = serde_json::from_str(&output("npm", &arguments)).expect("npm prints JSON");
    let inside: Vec<&str> = packed[0]["files"]
        .as_array()
        .expect("npm lists the files")
        .iter()
        .filter_map(|file| file["path"].as_str())
        .collect();
    assert_none("these are missing", &missing("npm", &inside));
}

fn missing(package: &str, inside: &[&str]) -> Vec<String> {
    let wanted = LICENCES.into_iter().chain(["README.md"]);
    wanted
        .filter(|name| !inside.contains(name))
        .map(|name| format!("{package}: {name}"))
        .collect()
}

fn text(path: &str) -> Option<String> {
    let found = files(&[path]);
    let file: Option<File> = found.into_iter().find(|file| file.path == path);
    file.map(|file| file.text)
}
