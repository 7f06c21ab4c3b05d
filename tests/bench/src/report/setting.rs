//! When, on what and with which versions was measured, as the report says it.

use std::process::Command;

const CARGO: &str = include_str!("../../../../Cargo.lock");
const NPM: &str = include_str!("../../peers/package.json");
const CRATES: [&str; 4] = ["axum", "hyper", "socketioxide", "tokio"];

/// Lines of what it is and its version or name.
pub(super) fn lines() -> Vec<(String, String)> {
    let mut lines = vec![
        ("date".to_owned(), today()),
        ("throughline".to_owned(), locked("throughline")),
        ("processor".to_owned(), processor()),
        ("Linux".to_owned(), read("/proc/sys/kernel/osrelease")),
    ];
    for program in ["rustc", "node"] {
        lines.push((program.to_owned(), version(program)));
    }
    for name in CRATES {
        lines.push((name.to_owned(), locked(name)));
    }
    lines.extend(packages());
    lines
}

fn today() -> String {
    let now = humantime::format_rfc3339_seconds(std::time::SystemTime::now());
    now.to_string()[..10].to_owned()
}

fn processor() -> String {
    let text = read("/proc/cpuinfo");
    let named = |line: &&str| line.starts_with("model name");
    let model = text
        .lines()
        .find(named)
        .and_then(|line| line.split_once(": "));
    let cores = std::fs::read_dir("/sys/devices/system/cpu")
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix("cpu"));
            number.is_some_and(|number| number.parse::<usize>().is_ok())
        })
        .count();
    format!("{cores} × {}", model.map_or("unknown", |(_, name)| name))
}

fn version(program: &str) -> String {
    let output = Command::new(program).arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let text = text.unwrap_or_default();
    let digit = |word: &&str| word.contains(|letter: char| letter.is_ascii_digit());
    text.split_whitespace()
        .find(digit)
        .unwrap_or("unknown")
        .to_owned()
}

/// The first version of a crate in the lock file.
fn locked(name: &str) -> String {
    let start = format!("name = \"{name}\"\nversion = \"");
    let found = CARGO
        .split_once(&start)
        .and_then(|(_, rest)| rest.split_once('"'));
    found.map_or("unknown", |(version, _)| version).to_owned()
}

/// Of the packages of npm, and of Bun, which is one.
fn packages() -> Vec<(String, String)> {
    let manifest: serde_json::Value =
        serde_json::from_str(NPM).expect("the manifest of the peers is JSON");
    let kinds = ["dependencies", "optionalDependencies"];
    let members = kinds
        .iter()
        .filter_map(|kind| manifest[kind].as_object())
        .flatten();
    members
        .filter(|(name, _)| !name.contains("aarch64"))
        .map(|(name, version)| {
            (
                name.clone(),
                version.as_str().unwrap_or_default().to_owned(),
            )
        })
        .collect()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path)
        .unwrap_or_default()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_is_known() {
        let unknown = CRATES.iter().filter(|name| locked(name) == "unknown");
        assert_eq!(unknown.count(), 0);
        assert!(packages().iter().any(|(name, _)| name == "socket.io"));
    }
}
