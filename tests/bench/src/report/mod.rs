//! The results as files: a table to read, all figures as JSON, and the summary in the README.

mod json;
mod setting;
mod summary;
mod table;

use crate::Outcome;
use crate::measure::{Cell, estimate};
use crate::options::{Options, WHOLE};
use std::path::Path;

pub(crate) fn write(cells: &[Cell], options: &Options) -> Outcome<()> {
    let into = options.into();
    std::fs::create_dir_all(&into)?;
    let table = table::of(cells, options);
    print!("{table}");
    std::fs::write(into.join("bench.md"), table)?;
    let json = serde_json::to_string_pretty(&json::of(cells, options))?;
    std::fs::write(into.join("bench.json"), json + "\n")?;
    match into == Path::new(WHOLE) {
        true => readme(),
        false => Ok(()),
    }
}

/// Writes the README's summary of what a whole run has left.
pub(crate) fn readme() -> Outcome<()> {
    let results = std::fs::read_to_string(Path::new(WHOLE).join("bench.json"))?;
    let text = std::fs::read_to_string("README.md")?;
    let text = summary::insert(&text, &serde_json::from_str(&results)?);
    Ok(std::fs::write("README.md", text)?)
}

/// Says what would be measured, and how long it would take.
pub(crate) fn list(options: &Options) -> Outcome<()> {
    let cells = options.cells();
    for same in cells.chunk_by(|one, other| one.scenario.name == other.scenario.name) {
        let servers: Vec<_> = same.iter().map(|cell| cell.server.name).collect();
        println!("{}: {}", same[0].scenario.name, servers.join(", "));
    }
    let whole = estimate::whole(&cells, options.rounds, options.times);
    println!("about {}", estimate::told(whole));
    Ok(())
}
