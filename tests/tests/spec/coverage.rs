//! Every requirement that says MUST is held by a vector or by a test that names it; what a client must, by one
//! that the client runs.
//!
//! A vector names ids in its member `ids`; a test in a comment line above or inside it that lists
//! ids after `spec:` and nothing else. `cargo xtask test spec` prints the ids that nothing holds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use throughline_tests::repository::{File, files};

use crate::requirements::{self, Requirement, is_id};

/// Where each id is named: id → paths.
type Holders = BTreeMap<String, BTreeSet<String>>;

/// What the client runs.
const CLIENTS: [&str; 2] = ["protocol-spec/vectors/client/", "client-js/test/"];

#[test]
fn every_must_has_a_vector_or_a_named_test() {
    let holders = holders();
    let is_held = |requirement: &Requirement| holders.contains_key(&requirement.id);
    let missing: Vec<String> = requirements::all()
        .into_iter()
        .filter(|requirement| requirement.binds() && !is_held(requirement))
        .map(|requirement| requirement.text)
        .collect();
    assert!(
        missing.is_empty(),
        "{} requirements are held by nothing:\n{}",
        missing.len(),
        missing.join("\n")
    );
}

/// A vector for servers holds nothing for clients.
#[test]
fn what_a_client_must_is_held_by_what_a_client_runs() {
    let holders = holders();
    let run_by_clients = |path: &String| CLIENTS.iter().any(|folder| path.starts_with(folder));
    let is_held = |requirement: &Requirement| {
        let paths = holders.get(&requirement.id);
        paths.is_some_and(|paths| paths.iter().any(run_by_clients))
    };
    let missing: Vec<String> = requirements::all()
        .into_iter()
        .filter(|requirement| requirement.binds_clients() && !is_held(requirement))
        .map(|requirement| requirement.text)
        .collect();
    assert!(
        missing.is_empty(),
        "no client is held to these:\n{}",
        missing.join("\n")
    );
}

#[test]
fn every_must_has_an_id() {
    let nameless = requirements::without_id();
    assert!(
        nameless.is_empty(),
        "MUST without an id:\n{}",
        nameless.join("\n")
    );
}

#[test]
fn ids_are_unique() {
    let mut seen = BTreeSet::new();
    let twice: Vec<String> = requirements::all()
        .into_iter()
        .map(|requirement| requirement.id)
        .collect();
    let twice: Vec<String> = twice
        .into_iter()
        .filter(|id| !seen.insert(id.clone()))
        .collect();
    assert!(twice.is_empty(), "used twice: {twice:?}");
}

#[test]
fn no_vector_test_or_comment_names_an_id_that_does_not_exist() {
    let known: BTreeSet<String> = requirements::all()
        .into_iter()
        .map(|requirement| requirement.id)
        .collect();
    let mut named = holders();
    for file in files(&[".rs", ".js", ".md"]) {
        for id in mentions(&file.text, &known) {
            named.entry(id).or_default().insert(file.path.clone());
        }
    }
    named.retain(|id, _| !known.contains(id));
    assert!(named.is_empty(), "unknown ids: {named:?}");
}

fn holders() -> Holders {
    let mut holders = Holders::new();
    for file in files(&[".json"])
        .iter()
        .filter(|file| file.is_in("protocol-spec/vectors"))
    {
        let value = serde_json::from_str(&file.text)
            .unwrap_or_else(|error| panic!("{}: {error}", file.path));
        collect_ids(&value, &file.path, &mut holders);
    }
    for file in files(&[".rs", ".js"]).iter().filter(|file| has_tests(file)) {
        for id in file.text.lines().filter_map(named_ids).flatten() {
            holders.entry(id).or_default().insert(file.path.clone());
        }
    }
    holders
}

fn collect_ids(value: &Value, path: &str, holders: &mut Holders) {
    match value {
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect_ids(item, path, holders)),
        Value::Object(members) => {
            let ids = members.get("ids").and_then(Value::as_array);
            for id in ids.into_iter().flatten().filter_map(Value::as_str) {
                holders
                    .entry(id.to_owned())
                    .or_default()
                    .insert(path.to_owned());
            }
            members
                .values()
                .for_each(|member| collect_ids(member, path, holders));
        }
        _ => {}
    }
}

fn has_tests(file: &File) -> bool {
    [
        "#[test]",
        "::test]",
        "::test(",
        "proptest!",
        "\"node:test\"",
    ]
    .iter()
    .any(|mark| file.text.contains(mark))
}

/// The ids of a comment such as `spec: SEQ-1, SEQ-2`. Anything but ids in it is a mistake.
fn named_ids(line: &str) -> Option<Vec<String>> {
    let listed = line.trim().strip_prefix(concat!("//", " spec:"))?;
    let ids: Vec<String> = listed.split(',').map(|id| id.trim().to_owned()).collect();
    assert!(ids.iter().all(|id| is_id(id)), "not a list of ids: {line}");
    Some(ids)
}

/// Words that look like ids and start with letters that the protocol uses.
fn mentions(text: &str, known: &BTreeSet<String>) -> BTreeSet<String> {
    let letters: BTreeSet<&str> = known.iter().filter_map(|id| id.split('-').next()).collect();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let starts_known = |word: &&str| {
        word.split('-')
            .next()
            .is_some_and(|start| letters.contains(start))
    };
    words
        .filter(|word| is_id(word))
        .filter(starts_known)
        .map(str::to_owned)
        .collect()
}
