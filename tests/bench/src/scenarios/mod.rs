//! What is measured: one file for each kind of load, and one entry in the list below for each size of it.

mod echo;
mod fanout;
mod opening;
mod poll_echo;
mod rooms;

use crate::Outcome;
use crate::measure::process::Running;
use crate::measure::{Sample, Times};
use crate::servers::Server;
use echo::Echo;
use fanout::{By, Fanout};
use poll_echo::PollEcho;
use rooms::Rooms;

pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// The name of its robust figure in a sample.
    pub(crate) figure: &'static str,
    /// Whose figure is 1.00.
    pub(crate) yardstick: &'static str,
    load: Load,
}

enum Load {
    Echo(Echo),
    Fanout(Fanout),
    Rooms(Rooms),
    PollEcho(PollEcho),
}

impl Load {
    /// Whether clients poll.
    const fn polls(&self) -> bool {
        match self {
            Self::Echo(_) | Self::Rooms(_) => false,
            Self::Fanout(fanout) => matches!(fanout.by, By::Polls),
            Self::PollEcho(_) => true,
        }
    }
}

pub(crate) static ALL: [Scenario; 13] = [
    echo("echo-64-100", 64, 100, 1),
    echo("echo-64-1000", 64, 1000, 1),
    echo("echo-4096-100", 4096, 100, 1),
    echo("echo-4096-1000", 4096, 1000, 1),
    echo("echo-64-100-deep", 64, 100, 16),
    echo("echo-64-1000-deep", 64, 1000, 16),
    echo("echo-4096-100-deep", 4096, 100, 16),
    echo("echo-4096-1000-deep", 4096, 1000, 16),
    fanout("fanout-64-1000", 1000, 1, By::Socket),
    fanout("fanout-64-1000-deep", 1000, 8, By::Socket),
    fanout("poll-push-64-100", 100, 1, By::Polls),
    poll_echo("poll-echo-64-100", 100),
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

const fn fanout(name: &'static str, members: usize, in_flight: usize, by: By) -> Scenario {
    let fanout = Fanout {
        size: 64,
        members,
        in_flight,
        by,
    };
    per_cpu_second(name, Load::Fanout(fanout))
}

const fn poll_echo(name: &'static str, connections: usize) -> Scenario {
    let echo = PollEcho {
        size: 64,
        connections,
    };
    per_cpu_second(name, Load::PollEcho(echo))
}

const fn per_cpu_second(name: &'static str, load: Load) -> Scenario {
    Scenario {
        name,
        figure: "per_cpu_second",
        yardstick: if load.polls() { "axum" } else { "axum-tuned" },
        load,
    }
}

impl Scenario {
    /// Whether this server can be measured so.
    pub(crate) const fn suits(&self, server: &Server) -> bool {
        server.polls || !self.load.polls()
    }

    pub(crate) async fn run(&self, server: &Running, times: Times) -> Outcome<Sample> {
        match &self.load {
            Load::Echo(echo) => echo.run(server, times).await,
            Load::Fanout(fanout) => fanout.run(server, times).await,
            Load::Rooms(rooms) => rooms.run(server, times).await,
            Load::PollEcho(echo) => echo.run(server, times).await,
        }
    }
}
