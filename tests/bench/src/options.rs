//! The command line.

use crate::Outcome;
use crate::measure::{Cell, Times};
use crate::scenarios::{self, Scenario};
use crate::servers::{self, Server};
use std::path::PathBuf;
use std::time::Duration;

const USAGE: &str = "\
usage: throughline-bench serve NAME    be this server, until standard input ends
       throughline-bench run [--quick] [--strict] [--list] [--server NAME]… [--scenario NAME]… [--rounds N] [--seconds S]
                             [--stretch N] [--server-core N] [--load-core N] [--into FOLDER]
       throughline-bench readme        only write the README's summary of the results again";

/// Where a whole run leaves its results. Others lie apart, so that these stay of one run.
pub(crate) const WHOLE: &str = "tests/bench/results";
const OTHERS: &str = "target/bench";
/// What medians are made of, at least.
const ROUNDS: usize = 5;

pub(crate) enum Job {
    Serve(String),
    Run(Options),
    Readme,
}

impl Job {
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Outcome<Self> {
        match (words.next().as_deref(), words.next()) {
            (Some("serve"), Some(name)) => Ok(Self::Serve(name)),
            (Some("readme"), None) => Ok(Self::Readme),
            (Some("run"), first) => Options::read(first.into_iter().chain(words)).map(Self::Run),
            _ => Err(USAGE.into()),
        }
    }
}

pub(crate) struct Options {
    pub(crate) rounds: usize,
    pub(crate) times: Times,
    pub(crate) server_core: usize,
    pub(crate) load_core: usize,
    into: Option<PathBuf>,
    /// Whether a measurement that fails is the end.
    pub(crate) is_strict: bool,
    /// Whether only is said what would be measured.
    pub(crate) lists: bool,
    is_quick: bool,
    servers: Vec<String>,
    scenarios: Vec<String>,
}

impl Options {
    fn read(mut words: impl Iterator<Item = String>) -> Outcome<Self> {
        let mut options = Self::default();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--quick" => {
                    options.is_quick = true;
                    options.times = QUICK;
                    continue;
                }
                "--strict" => {
                    options.is_strict = true;
                    continue;
                }
                "--list" => {
                    options.lists = true;
                    continue;
                }
                _ => {}
            }
            let value = words.next().ok_or(USAGE)?;
            match word.as_str() {
                "--server" => options
                    .servers
                    .push(known(value, servers::all().map(|it| it.name))?),
                "--scenario" => {
                    let names = scenarios::ALL.iter().map(|it| it.name);
                    options.scenarios.push(known(value, names)?);
                }
                "--rounds" => options.rounds = value.parse()?,
                "--seconds" => options.times.measure = Duration::from_secs_f64(value.parse()?),
                "--stretch" => options.times.stretch = value.parse()?,
                "--server-core" => options.server_core = value.parse()?,
                "--load-core" => options.load_core = value.parse()?,
                "--into" => options.into = Some(value.into()),
                _ => return Err(USAGE.into()),
            }
        }
        Ok(options)
    }

    /// Where the results go, but for the ends of their names.
    pub(crate) fn into(&self) -> PathBuf {
        let usual = if self.is_whole() { WHOLE } else { OTHERS };
        self.into.clone().unwrap_or_else(|| usual.into())
    }

    /// Whether everything is measured, and often enough.
    fn is_whole(&self) -> bool {
        !self.is_quick
            && self.rounds >= ROUNDS
            && self.servers.is_empty()
            && self.scenarios.is_empty()
    }

    /// What is to be measured, in the order of a round.
    pub(crate) fn cells(&self) -> Vec<Cell> {
        let mut cells = Vec::new();
        for scenario in scenarios::ALL
            .iter()
            .filter(|scenario| self.wants_scenario(scenario))
        {
            let servers = servers::all().filter(|server| self.wants_server(server, scenario));
            cells.extend(
                servers
                    .filter(|server| scenario.suits(server))
                    .map(|server| Cell {
                        scenario,
                        server,
                        samples: Vec::new(),
                        took: None,
                        failure: None,
                    }),
            );
        }
        cells
    }

    fn wants_scenario(&self, scenario: &Scenario) -> bool {
        let is_quick = || !self.is_quick || QUICK_SCENARIOS.contains(&scenario.name);
        wanted(&self.scenarios, scenario.name).unwrap_or_else(is_quick)
    }

    fn wants_server(&self, server: &Server, scenario: &Scenario) -> bool {
        let usual = || match self.is_quick {
            true => QUICK_SERVERS.contains(&server.name),
            false => !server.is_variant() || scenario.is_on_both_runtimes(),
        };
        wanted(&self.servers, server.name).unwrap_or_else(usual)
    }
}

/// The name, if there is such a one.
fn known<'a>(name: String, names: impl Iterator<Item = &'a str>) -> Outcome<String> {
    let names: Vec<_> = names.collect();
    match names.contains(&name.as_str()) {
        true => Ok(name),
        false => Err(format!("no `{name}`; there are {}", names.join(", ")).into()),
    }
}

/// Whether a name is among those that were given; `None` where none was.
fn wanted(names: &[String], name: &str) -> Option<bool> {
    (!names.is_empty()).then(|| names.iter().any(|wanted| wanted == name))
}

/// What `--quick` measures.
const QUICK_SCENARIOS: [&str; 6] = [
    "echo-64-100",
    "echo-64-1000",
    "echo-64-100-deep",
    "fanout-64-1000",
    "poll-push-64-100",
    "poll-echo-64-100",
];
const QUICK_SERVERS: [&str; 6] = [
    "throughline",
    "throughline-socketio",
    "throughline-sockjs",
    "axum",
    "axum-tuned",
    "bun",
];
const QUICK: Times = Times {
    warm_up: Duration::from_millis(100),
    measure: Duration::from_millis(400),
    stretch: 1,
};

impl Default for Options {
    fn default() -> Self {
        Self {
            rounds: ROUNDS,
            times: Times {
                warm_up: Duration::from_millis(300),
                measure: Duration::from_millis(800),
                stretch: 1,
            },
            server_core: 0,
            load_core: 1,
            into: None,
            is_strict: false,
            lists: false,
            is_quick: false,
            servers: Vec::new(),
            scenarios: Vec::new(),
        }
    }
}
