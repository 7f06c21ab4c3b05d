//! Our server and its peers under the same load.
//!
//! `throughline-bench serve NAME` is one server, `throughline-bench run` measures them, `throughline-bench readme` tells the
//! README what came out. `cargo xtask bench` builds this, pins it to
//! a core and runs it.

mod load;
mod measure;
mod options;
mod report;
mod scenarios;
mod servers;

use options::{Job, Options};
use std::error::Error;

/// What anything here may fail with: a sentence for whoever started it.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() {
    let done = match Job::read(std::env::args().skip(1)) {
        Ok(Job::Serve(name)) => servers::serve(&name),
        Ok(Job::Run(options)) if options.lists => report::list(&options),
        Ok(Job::Run(options)) => run(&options),
        Ok(Job::Readme) => report::readme(),
        Err(error) => Err(error),
    };
    if let Err(error) = done {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn run(options: &Options) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let results = tokio::task::LocalSet::new().block_on(&runtime, measure::run(options))?;
    report::write(&results, options)
}
