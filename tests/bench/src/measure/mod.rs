//! Rounds of measurements: in each round, each scenario meets each server once, a fresh process every time.

pub(crate) mod estimate;
pub(crate) mod histogram;
pub(crate) mod process;
pub(crate) mod stage;

use crate::Outcome;
use crate::options::Options;
use crate::scenarios::Scenario;
use crate::servers::Server;
use futures_util::future::join_all;
use process::Running;
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// What one measurement may take beyond twice what it is thought to: then something hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// What one measurement found, by name.
pub(crate) type Sample = BTreeMap<&'static str, f64>;

/// How long a measurement takes, before it the time that nothing counts, and how often as long as usual the churn is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) warm_up: Duration,
    pub(crate) measure: Duration,
    pub(crate) stretch: u32,
}

/// All measurements of one server in one scenario.
pub(crate) struct Cell {
    pub(crate) scenario: &'static Scenario,
    pub(crate) server: &'static Server,
    pub(crate) samples: Vec<Sample>,
    /// How long the last one took to make.
    pub(crate) took: Option<Duration>,
    /// Why there are fewer samples than rounds.
    pub(crate) failure: Option<String>,
}

pub(crate) async fn run(options: &Options) -> Outcome<Vec<Cell>> {
    process::pin_to(options.load_core).await?;
    let mut cells = options.cells();
    let whole = estimate::whole(&cells, options.rounds, options.times);
    eprintln!("about {}", estimate::told(whole));
    for round in 1..=options.rounds {
        let mut place = 0;
        while place < cells.len() {
            let some = together(&mut cells[place..]);
            let end = place + some.len();
            let is_due = some.iter().any(|cell| cell.is_due(round));
            join_all(some.iter_mut().map(|cell| measure(cell, round, options))).await;
            if is_due {
                tell(&cells, place..end, round, options);
            }
            place = end;
        }
    }
    let failure = cells.iter().find(|cell| cell.failure.is_some());
    match failure {
        Some(cell) if options.is_strict => Err(cell.told().into()),
        _ => Ok(cells),
    }
}

/// The first cell, with those behind it that are measured at the same time.
fn together(cells: &mut [Cell]) -> &mut [Cell] {
    let scenario = cells[0].scenario;
    let same = cells
        .iter()
        .take_while(|cell| cell.scenario.name == scenario.name);
    let count = same.take(scenario.at_once).count();
    &mut cells[..count]
}

fn tell(cells: &[Cell], told: Range<usize>, round: usize, options: &Options) {
    let left = estimate::rest(cells, options.rounds, round, told.end, options.times);
    let left = estimate::told(left);
    for cell in &cells[told] {
        eprintln!("round {round}, about {left} left: {}", cell.told());
    }
}

/// Unless it has failed before, or was measured often enough.
async fn measure(cell: &mut Cell, round: usize, options: &Options) {
    if !cell.is_due(round) {
        return;
    }
    let once = async {
        let environment = cell.scenario.environment();
        let running = Running::start(cell.server, options.server_core, environment).await?;
        cell.scenario.run(&running, options.times).await
    };
    let started = Instant::now();
    let longest = 2 * cell.scenario.estimate(options.times) + PATIENCE;
    match timeout(longest, once).await {
        Ok(Ok(sample)) => cell.samples.push(sample),
        Ok(Err(error)) => cell.failure = Some(error.to_string()),
        Err(_) => cell.failure = Some(format!("not done within {} s", longest.as_secs())),
    }
    cell.took = Some(started.elapsed());
}

impl Cell {
    fn is_due(&self, round: usize) -> bool {
        self.failure.is_none() && round <= self.scenario.rounds
    }

    /// The middle one of all samples; of two, the mean.
    pub(crate) fn median(&self, name: &str) -> Option<f64> {
        let values = self.sorted(name);
        let (lower, upper) = (
            values.get((values.len().max(1) - 1) / 2)?,
            values.get(values.len() / 2)?,
        );
        Some((lower + upper) / 2.0)
    }

    /// How far the samples lie apart, as a part of their median.
    pub(crate) fn spread(&self, name: &str) -> Option<f64> {
        let values = self.sorted(name);
        let (least, most) = (values.first()?, values.last()?);
        Some((most - least) / self.median(name)?)
    }

    fn sorted(&self, name: &str) -> Vec<f64> {
        let mut values: Vec<f64> = self
            .samples
            .iter()
            .filter_map(|sample| sample.get(name).copied())
            // Nothing was done, or in no time that the system counts.
            .filter(|value| value.is_finite())
            .collect();
        values.sort_by(f64::total_cmp);
        values
    }

    fn told(&self) -> String {
        let names = format!("{} {}", self.scenario.name, self.server.name);
        match (&self.failure, self.samples.last()) {
            (Some(failure), _) => format!("{names}: {failure}"),
            (None, sample) => format!("{names}: {sample:.0?}"),
        }
    }
}
