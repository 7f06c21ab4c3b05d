//! Rounds of measurements: in each round, each scenario meets each server once, a fresh process every time. Some servers take
//! turns, the yardstick among them.

pub(crate) mod estimate;
mod groups;
pub(crate) mod histogram;
pub(crate) mod process;
pub(crate) mod stage;
pub(crate) mod turns;

use crate::Outcome;
use crate::options::Options;
use crate::scenarios::Scenario;
use crate::servers::Server;
use futures_util::future::join_all;
use process::Running;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::time::timeout;
use turns::Place;

/// The name of a sample's figure as a part of the yardstick's, where both took turns.
pub(crate) const SHARE: &str = "of_yardstick";
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

/// How long a turn is, about.
const TURN: Duration = Duration::from_millis(200);

impl Times {
    /// How many turns a measurement has, and how long each is.
    fn turns(self) -> (u32, Duration) {
        let turns = (self.measure.as_secs_f64() / TURN.as_secs_f64()).round();
        let turns = (turns as u32).max(1);
        (turns, self.measure / turns)
    }
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
    let groups = groups::of(&cells);
    for round in 1..=options.rounds {
        for group in &groups {
            let due = group.due(&cells, round);
            if due.is_empty() {
                continue;
            }
            let started = Instant::now();
            let trials = due.iter().zip(turns::places(due.len()));
            let trials = trials.map(|(cell, place)| measure(&cells[*cell], place, options));
            let found = join_all(trials).await;
            let took = started.elapsed() / group.cells.len() as u32;
            keep(&mut cells, &due, found, took);
            tell(&cells, &group.cells, round, options);
        }
    }
    let failure = cells.iter().find(|cell| cell.failure.is_some());
    match failure {
        Some(cell) if options.is_strict => Err(cell.told().into()),
        _ => Ok(cells),
    }
}

/// Keeps what was found, and what part of the yardstick's it is, where that took its turns with the others.
fn keep(cells: &mut [Cell], due: &[usize], found: Vec<Result<Sample, String>>, took: Duration) {
    let yardstick = due.iter().zip(&found).find_map(|(cell, found)| {
        let cell = &cells[*cell];
        let is_compared = cell.scenario.takes_turns() && cell.is_yardstick();
        let figure = found.as_ref().ok()?.get(cell.scenario.figure);
        figure.filter(|_| is_compared).copied()
    });
    for (cell, found) in due.iter().zip(found) {
        let cell = &mut cells[*cell];
        cell.took = Some(took);
        match found {
            Ok(mut sample) => {
                let share = yardstick.map(|yardstick| sample[cell.scenario.figure] / yardstick);
                sample.extend(share.map(|share| (SHARE, share)));
                cell.samples.push(sample);
            }
            Err(failure) => cell.failure = Some(failure),
        }
    }
}

fn tell(cells: &[Cell], told: &[usize], round: usize, options: &Options) {
    let done = told.last().map_or(0, |last| last + 1);
    let left = estimate::rest(cells, options.rounds, round, done, options.times);
    let left = estimate::told(left);
    for cell in told {
        eprintln!("round {round}, about {left} left: {}", cells[*cell].told());
    }
}

async fn measure(cell: &Cell, place: Place, options: &Options) -> Result<Sample, String> {
    let once = async {
        let environment = cell.scenario.environment();
        let running = Running::start(cell.server, options.server_core, environment).await?;
        cell.scenario.run(&running, options.times, &place).await
    };
    let usual = cell.scenario.estimate(options.times) * cell.scenario.at_once as u32;
    let longest = 2 * usual + PATIENCE;
    match timeout(longest, once).await {
        Ok(found) => found.map_err(|error| error.to_string()),
        Err(_) => Err(format!("not done within {} s", longest.as_secs())),
    }
}

impl Cell {
    /// Whether others are compared with it.
    fn is_yardstick(&self) -> bool {
        self.server.name == self.scenario.yardstick
    }

    /// What its figure is of the yardstick's: in the same turns where there are turns, else of all samples.
    pub(crate) fn share(&self, cells: &[Self]) -> Option<f64> {
        let figure = self.scenario.figure;
        let of_all = || {
            let is_its =
                |other: &&Self| other.scenario.name == self.scenario.name && other.is_yardstick();
            Some(self.median(figure)? / cells.iter().find(is_its)?.median(figure)?)
        };
        self.median(SHARE).or_else(of_all)
    }

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
        let (least, most) = self.range(name)?;
        Some((most - least) / self.median(name)?)
    }

    /// The least and the most.
    pub(crate) fn range(&self, name: &str) -> Option<(f64, f64)> {
        let values = self.sorted(name);
        Some((*values.first()?, *values.last()?))
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
