//! What is measured: one file for each kind of load, and one entry in the list below for each size of it.

mod echo;
mod fanout;
mod opening;
mod rooms;

use crate::Outcome;
use crate::measure::process::Running;
use crate::measure::{Sample, Times};
use echo::Echo;
use fanout::Fanout;
use rooms::Rooms;

pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// The name of its robust figure in a sample.
    pub(crate) figure: &'static str,
    load: Load,
}

enum Load {
    Echo(Echo),
    Fanout(Fanout),
    Rooms(Rooms),
}

pub(crate) static ALL: [Scenario; 11] = [
    echo("echo-64-100", 64, 100, 1),
    echo("echo-64-1000", 64, 1000, 1),
    echo("echo-4096-100", 4096, 100, 1),
    echo("echo-4096-1000", 4096, 1000, 1),
    echo("echo-64-100-deep", 64, 100, 16),
    echo("echo-64-1000-deep", 64, 1000, 16),
    echo("echo-4096-100-deep", 4096, 100, 16),
    echo("echo-4096-1000-deep", 4096, 1000, 16),
    fanout("fanout-64-1000", 1),
    fanout("fanout-64-1000-deep", 8),
    per_cpu_second(
        "rooms-64-10000",
        Load::Rooms(Rooms {
            size: 64,
            rooms: 10_000,
            members: 10,
            connections: 1000,
        }),
    ),
];

const fn echo(name: &'static str, size: usize, connections: usize, in_flight: usize) -> Scenario {
    let echo = Echo {
        size,
        connections,
        in_flight,
    };
    per_cpu_second(name, Load::Echo(echo))
}

const fn fanout(name: &'static str, in_flight: usize) -> Scenario {
    let fanout = Fanout {
        size: 64,
        members: 1000,
        in_flight,
    };
    per_cpu_second(name, Load::Fanout(fanout))
}

const fn per_cpu_second(name: &'static str, load: Load) -> Scenario {
    Scenario {
        name,
        figure: "per_cpu_second",
        load,
    }
}

impl Scenario {
    pub(crate) async fn run(&self, server: &Running, times: Times) -> Outcome<Sample> {
        match &self.load {
            Load::Echo(echo) => echo.run(server, times).await,
            Load::Fanout(fanout) => fanout.run(server, times).await,
            Load::Rooms(rooms) => rooms.run(server, times).await,
        }
    }
}
