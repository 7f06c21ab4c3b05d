//! What the crates may depend on, and which one `cargo run` means. Licences and duplicates are the business of `deny.toml`.

use serde_json::Value;
use throughline_tests::repository::{files, output};

use crate::assert_none;

/// All that the core's tree may hold: none of them has a clock, randomness, threads or I/O.
const CORE: [&str; 18] = [
    "bytes",
    "bytestring",
    "data-encoding",
    "itoa",
    "memchr",
    "proc-macro2",
    "quote",
    "serde",
    "serde_core",
    "serde_derive",
    "serde_json",
    "subtle",
    "syn",
    "thiserror",
    "thiserror-impl",
    "throughline-core",
    "unicode-ident",
    "zmij",
];

/// Crates that compile C, or bring a compiler for it.
const COMPILERS: [&str; 5] = ["bindgen", "cc", "cmake", "nasm-rs", "vcpkg"];

#[test]
fn the_core_depends_on_nothing_that_could_make_it_nondeterministic() {
    let unknown: Vec<String> = tree("throughline-core", "normal")
        .into_iter()
        .filter(|name| !CORE.contains(&name.as_str()))
        .collect();
    assert_none(
        "the core's tree may hold only the crates of the list in this file",
        &unknown,
    );
}

#[test]
fn the_core_names_no_part_of_std_that_could_make_it_nondeterministic() {
    let absent = ["env", "fs", "io", "net", "os", "process", "thread"];
    let mut findings = Vec::new();
    for file in files(&[".rs"])
        .iter()
        .filter(|file| file.is_in("server/core/src"))
    {
        let named = absent
            .iter()
            .filter(|module| file.text.contains(&format!("std::{module}")));
        findings.extend(named.map(|module| format!("{} names std::{module}", file.path)));
    }
    assert_none("the core has no I/O and no threads", &findings);
}

#[test]
fn the_demo_compiles_no_c() {
    let mut compilers = tree("throughline-demo", "normal,build");
    compilers.retain(|name| COMPILERS.contains(&name.as_str()));
    assert_none("`cargo run` needs nothing but Rust", &compilers);
}

#[test]
fn cargo_run_starts_the_demo_and_cargo_test_tests_everything() {
    let arguments = ["metadata", "--locked", "--no-deps", "--format-version", "1"];
    let listed = output("cargo", &arguments);
    let metadata: Value = serde_json::from_str(&listed).expect("cargo prints JSON");
    let packages = metadata["packages"]
        .as_array()
        .expect("cargo lists packages");
    let runs = packages
        .iter()
        .filter_map(|package| package["default_run"].as_str());
    assert_eq!(runs.collect::<Vec<_>>(), ["throughline-demo"]);
    // A list of default members would also narrow what `cargo test` tests.
    assert_eq!(
        metadata["workspace_default_members"],
        metadata["workspace_members"]
    );
}

#[test]
fn lock_files_name_only_the_public_registries() {
    let mut findings = Vec::new();
    for file in files(&["Cargo.lock", "package-lock.json"]) {
        let foreign = file
            .text
            .lines()
            .filter(|line| names_a_foreign_source(line));
        findings.extend(foreign.map(|line| format!("{}: {}", file.path, line.trim())));
    }
    assert_none(
        "a lock file names another registry than crates.io or npm",
        &findings,
    );
}

fn names_a_foreign_source(line: &str) -> bool {
    let line = line.trim();
    let is_source = line.starts_with("source = ") || line.starts_with("\"resolved\": ");
    let public = [
        "registry+https://github.com/rust-lang/crates.io-index",
        "https://registry.npmjs.org/",
    ];
    is_source && !public.iter().any(|source| line.contains(source))
}

/// The names in a crate's dependency tree, itself included, with its own default features only.
fn tree(package: &str, edges: &str) -> Vec<String> {
    let arguments = [
        "tree",
        "--locked",
        "--package",
        package,
        "--edges",
        edges,
        "--prefix",
        "none",
        "--format",
        "{p}",
    ];
    let listed = output("cargo", &arguments);
    let mut names: Vec<String> = listed
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    names
}
