//! What the README says about the results, between two marks: a few rows of a few servers. It is made of `bench.json` alone, so
//! that a test of the repository's rules, which takes this file as it is, can make it again.

use serde_json::Value;

const BEGIN: &str = "<!-- bench -->\n";
const END: &str = "<!-- /bench -->";

/// A scenario, and what it is called here.
const ROWS: [(&str, &str); 7] = [
    ("echo-64-100", "Echo of 64 B, 100 connections"),
    ("echo-64-1000", "The same, 1,000 connections"),
    ("echo-64-100-deep", "16 messages in flight on each of 100"),
    ("fanout-64-1000", "One message to 1,000"),
    ("poll-push-64-100", "A push to a poll that waits"),
    ("periodic-64-100", "Polls that do not wait"),
    (
        "idle-socket",
        "Memory of an idle WebSocket (less is better)",
    ),
];

/// A server, and what it is called here.
const COLUMNS: [(&str, &str); 5] = [
    ("throughline", "Throughline"),
    ("throughline-socketio", "its Socket.IO"),
    ("throughline-sockjs", "its SockJS"),
    ("socketioxide", "socketioxide"),
    ("bun", "Bun"),
];

/// The text with the summary of these results between its marks.
pub(crate) fn insert(text: &str, results: &Value) -> String {
    let (before, rest) = text.split_once(BEGIN).expect("the text has a first mark");
    let (_, after) = rest.split_once(END).expect("the text has a second mark");
    format!("{before}{BEGIN}{}{END}{after}", summary(results))
}

fn summary(results: &Value) -> String {
    let setting = |name: &str| results["setting"][name].as_str().unwrap_or("unknown");
    let linux = setting("Linux").split('-').next().unwrap_or_default();
    let versions = ["rustc", "axum", "tokio"]
        .map(|name| format!("{name} {}", setting(name)))
        .join(", ");
    format!(
        "## What it costs\n\n\
         Messages per second of the server's processor time, as a share of what bare code on axum does: a WebSocket tuned by hand, or \
         handlers with as many requests. Neither numbers, keeps or acknowledges anything.\n\n\
         {}\n\
         Medians of {} rounds of {} s on {} with Linux {linux}, {versions}, Bun {}, on {}:\n\
         [everything that was measured](tests/bench/results/bench.md), [how to read it](tests/bench/README.md), \
         [where the time goes](docs/performance.md).\n",
        table(results),
        results["rounds"],
        results["seconds"],
        setting("processor"),
        bun(results),
        setting("date"),
    )
}

fn table(results: &Value) -> String {
    let has_any = |server: &str| {
        ROWS.iter()
            .any(|row| share(results, row.0, server).is_some())
    };
    let columns: Vec<_> = COLUMNS.iter().filter(|(name, _)| has_any(name)).collect();
    let titles: Vec<_> = columns.iter().map(|(_, title)| *title).collect();
    let mut lines = vec![
        format!("| | {} |", titles.join(" | ")),
        format!("|---|{}", "---:|".repeat(columns.len())),
    ];
    for row in &ROWS {
        let shares: Vec<_> = columns
            .iter()
            .map(|(name, _)| share(results, row.0, name))
            .collect();
        if shares.iter().any(Option::is_some) {
            let shown = shares
                .into_iter()
                .map(|share| share.map_or_else(String::new, |share| format!("{share:.2}")));
            let shown: Vec<_> = shown.collect();
            lines.push(format!("| {} | {} |", row.1, shown.join(" | ")));
        }
    }
    lines.join("\n") + "\n"
}

fn share(results: &Value, scenario: &str, server: &str) -> Option<f64> {
    let mut cells = results["cells"].as_array()?.iter();
    let cell = cells.find(|cell| cell["scenario"] == scenario && cell["server"] == server)?;
    cell["share"].as_f64()
}

/// Its package has the machine in its name.
fn bun(results: &Value) -> &str {
    let setting = results["setting"].as_object().into_iter().flatten();
    let mut packages = setting.filter(|(name, _)| name.starts_with("@oven/bun-"));
    packages
        .find_map(|(_, version)| version.as_str())
        .unwrap_or("unknown")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_was_measured_is_shown() {
        let cell = |scenario: &str, server: &str, share: f64| json!({ "scenario": scenario, "server": server, "share": share });
        let results = json!({ "cells": [
            cell("echo-64-100", "throughline", 0.75),
            cell("echo-64-100", "bun", 1.25),
            cell("echo-64-100", "axum-tuned", 1.0),
            cell("poll-push-64-100", "throughline", 0.5),
        ]});
        let made = insert("a\n<!-- bench -->\nold\n<!-- /bench -->\nz\n", &results);
        let expected = "\
| | Throughline | Bun |
|---|---:|---:|
| Echo of 64 B, 100 connections | 0.75 | 1.25 |
| A push to a poll that waits | 0.50 |  |
";
        assert!(made.contains(expected), "{made}");
        assert!(
            made.starts_with("a\n<!-- bench -->\n## ") && made.ends_with("<!-- /bench -->\nz\n")
        );
        assert_eq!(insert(&made, &results), made);
    }
}
