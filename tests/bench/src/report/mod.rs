//! The results as files: a table to read, and all figures as JSON.

mod json;
mod setting;
mod table;

use crate::Outcome;
use crate::measure::Cell;
use crate::options::Options;

pub(crate) fn write(cells: &[Cell], options: &Options) -> Outcome<()> {
    std::fs::create_dir_all(&options.into)?;
    let table = table::of(cells, options);
    print!("{table}");
    std::fs::write(options.into.join("bench.md"), table)?;
    let json = serde_json::to_string_pretty(&json::of(cells, options))?;
    std::fs::write(options.into.join("bench.json"), json + "\n")?;
    Ok(())
}
