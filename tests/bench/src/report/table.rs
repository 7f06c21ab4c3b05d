//! One Markdown table: a row for each server in each scenario, with the robust figure, what it is of the yardstick's, and what
//! lies beside it.

use super::setting;
use crate::measure::{Cell, SHARE};
use crate::options::Options;
use std::fmt::Write;

/// The load is the bound where its core is busy for this share of the time while the server's is not.
const SATURATED: f64 = 0.95;

const HEAD: &str = "\
| scenario | server | figure | of axum | spread | µs user + system | p50 / p99 / p99.9 ms | remarks |
|---|---|---:|---:|---:|---:|---:|---|
";

pub(super) fn of(cells: &[Cell], options: &Options) -> String {
    let setting = setting::lines().into_iter();
    let setting: Vec<String> = setting
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    let mut table = format!(
        "Measured with {}.\n\nMedians of {} rounds of {:.1} s each. The figure is messages per second of the server's processor time; \
         the spread lies between the least and the most. Servers take turns with the one that they are compared with.\n\n{HEAD}",
        setting.join(", "),
        options.rounds,
        options.times.measure.as_secs_f64()
    );
    for cell in cells {
        let row = [
            cell.scenario.name.to_owned(),
            cell.server.name.to_owned(),
            figure(cell),
            share(cell, cells),
            spread(cell),
            both(cell, ["user_us", "system_us"], " + "),
            both(cell, ["p50_ms", "p99_ms", "p999_ms"], " / "),
            remarks(cell),
        ];
        writeln!(table, "| {} |", row.join(" | ")).expect("text has room");
    }
    table
}

fn none() -> String {
    "–".to_owned()
}

fn figure(cell: &Cell) -> String {
    let figure = cell.scenario.figure;
    let unit = if figure == "kib_each" { " KiB" } else { "" };
    let median = cell.median(figure);
    median.map_or_else(none, |value| short(value) + unit)
}

/// With the least and the most, where there are several.
fn share(cell: &Cell, cells: &[Cell]) -> String {
    let share = cell.share(cells).map(|share| format!("{share:.2}"));
    match (share, cell.range(SHARE)) {
        (Some(share), Some((least, most))) if least < most => {
            format!("{share} ({least:.2}–{most:.2})")
        }
        (share, _) => share.unwrap_or_else(none),
    }
}

fn spread(cell: &Cell) -> String {
    let spread = cell.spread(cell.scenario.figure);
    spread.map_or_else(none, |spread| format!("{:.0} %", spread * 100.0))
}

fn both<const N: usize>(cell: &Cell, names: [&str; N], between: &str) -> String {
    let medians = names.map(|name| cell.median(name));
    let shown: Option<Vec<String>> = medians
        .into_iter()
        .map(|median| median.map(|value| format!("{value:.1}")))
        .collect();
    shown.map_or_else(none, |shown| shown.join(between))
}

fn remarks(cell: &Cell) -> String {
    let above = |name, bound| cell.median(name).is_some_and(|value| value > bound);
    let mut remarks = Vec::new();
    if above("load_share", SATURATED) && !above("server_share", SATURATED) {
        remarks.push("limited by the load".to_owned());
    }
    let looks = ["kib_before", "kib_between", "kib_after"].map(|name| cell.median(name));
    if let [Some(before), Some(between), Some(after)] = looks {
        remarks.push(format!("{before:.0}, {between:.0}, {after:.0} KiB"));
    }
    if let Some(few) = cell.median("kib_each_of_few") {
        remarks.push(format!("of the first 5,000: {} KiB", short(few)));
    }
    if above("disordered", 0.0) {
        remarks.push("out of order".to_owned());
    }
    remarks.extend(cell.failure.clone());
    remarks.join("; ")
}

/// Three digits, and `k` or `M`.
fn short(value: f64) -> String {
    let (value, unit) = match value {
        1e6.. => (value / 1e6, "M"),
        1e3.. => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let digits = match value {
        100.0.. => 0,
        10.0.. => 1,
        _ => 2,
    };
    format!("{value:.digits$}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        let shown = [1_234_567.0, 104_400.0, 9_870.0, 512.0, 5.9].map(short);
        assert_eq!(shown, ["1.23M", "104k", "9.87k", "512", "5.90"]);
    }
}
