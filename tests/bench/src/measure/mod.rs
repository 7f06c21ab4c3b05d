//! Rounds of measurements: in each round, each scenario meets each server once, a fresh process every time.

pub(crate) mod histogram;
pub(crate) mod process;
pub(crate) mod stage;

use crate::Outcome;
use crate::options::Options;
use crate::scenarios::Scenario;
use crate::servers::Server;
use process::Running;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::timeout;

/// The longest that one measurement may take, over the time that it measures. The churn takes three minutes.
const LONGEST: Duration = Duration::from_secs(240);

/// What one measurement found, by name.
pub(crate) type Sample = BTreeMap<&'static str, f64>;

/// How long a measurement takes, and before it the time that nothing counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) warm_up: Duration,
    pub(crate) measure: Duration,
}

/// All measurements of one server in one scenario.
pub(crate) struct Cell {
    pub(crate) scenario: &'static Scenario,
    pub(crate) server: &'static Server,
    pub(crate) samples: Vec<Sample>,
    /// Why there are fewer samples than rounds.
    pub(crate) failure: Option<String>,
}

pub(crate) async fn run(options: &Options) -> Outcome<Vec<Cell>> {
    process::pin_to(options.load_core).await?;
    let mut cells = options.cells();
    for round in 1..=options.rounds {
        for cell in &mut cells {
            if cell.failure.is_none() && round <= cell.scenario.rounds {
                measure(cell, options).await;
                eprintln!("round {round}: {}", cell.told());
            }
        }
    }
    let failure = cells.iter().find(|cell| cell.failure.is_some());
    match failure {
        Some(cell) if options.is_strict => Err(cell.told().into()),
        _ => Ok(cells),
    }
}

async fn measure(cell: &mut Cell, options: &Options) {
    let once = async {
        let environment = cell.scenario.environment();
        let running = Running::start(cell.server, options.server_core, environment).await?;
        cell.scenario.run(&running, options.times).await
    };
    match timeout(LONGEST + options.times.measure, once).await {
        Ok(Ok(sample)) => cell.samples.push(sample),
        Ok(Err(error)) => cell.failure = Some(error.to_string()),
        Err(_) => cell.failure = Some("hung".to_owned()),
    }
}

impl Cell {
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
