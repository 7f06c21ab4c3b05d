//! What is measured: one file for each kind of load, and one entry in the list below for each size of it.

mod churn;
mod connect;
mod echo;
mod fanout;
mod memory;
mod opening;
mod poll_echo;
mod rooms;

use crate::Outcome;
use crate::load::dialect::Spoken;
use crate::measure::process::Running;
use crate::measure::{Sample, Times};
use crate::servers::Server;
use churn::Churn;
use connect::Connect;
use echo::Echo;
use fanout::{By, Fanout};
use memory::{Idle, Memory};
use poll_echo::PollEcho;
use rooms::Rooms;

pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// The name of its robust figure in a sample.
    pub(crate) figure: &'static str,
    /// Whose figure is 1.00.
    pub(crate) yardstick: &'static str,
    /// How often it is measured at most.
    pub(crate) rounds: usize,
    load: Load,
}

enum Load {
    Echo(Echo),
    Fanout(Fanout),
    Rooms(Rooms),
    PollEcho(PollEcho),
    Connect(Connect),
    Memory(Memory),
    Churn(Churn),
}

impl Load {
    /// Whether clients poll.
    const fn polls(&self) -> bool {
        match self {
            Self::Echo(_) | Self::Rooms(_) => false,
            Self::Fanout(fanout) => matches!(fanout.by, By::Polls),
            Self::PollEcho(_) => true,
            Self::Connect(way) => !matches!(way, Connect::Socket),
            Self::Memory(memory) => matches!(memory.of, Idle::Poller),
            Self::Churn(_) => false,
        }
    }

    /// Whether what is measured depends on the runtime's scheduling.
    const fn is_steady(&self) -> bool {
        !matches!(self, Self::Connect(_) | Self::Memory(_) | Self::Churn(_))
    }
}

pub(crate) static ALL: [Scenario; 23] = [
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
    per_cpu_second("connect-socket", Load::Connect(Connect::Socket)),
    per_cpu_second("connect-polls", Load::Connect(Connect::Polls)),
    per_cpu_second("connect-upgrade", Load::Connect(Connect::Upgrade)),
    memory("idle-socket-5000", Idle::Socket, 5000),
    memory("idle-socket-15000", Idle::Socket, 15_000),
    memory("idle-poller-5000", Idle::Poller, 5000),
    memory("idle-poller-15000", Idle::Poller, 15_000),
    memory("detached-5000", Idle::Detached, 5000),
    memory("detached-15000", Idle::Detached, 15_000),
    Scenario {
        name: "churn",
        figure: "growth",
        yardstick: "axum-tuned",
        rounds: 1,
        load: Load::Churn(Churn),
    },
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
        yardstick: yardstick(&load),
        rounds: usize::MAX,
        load,
    }
}

const fn memory(name: &'static str, of: Idle, count: usize) -> Scenario {
    let load = Load::Memory(Memory { of, count });
    Scenario {
        name,
        figure: "kib_each",
        yardstick: yardstick(&load),
        rounds: usize::MAX,
        load,
    }
}

/// Bare handlers for those who poll, and a bare WebSocket for others.
const fn yardstick(load: &Load) -> &'static str {
    if load.polls() { "axum" } else { "axum-tuned" }
}

impl Scenario {
    /// Whether this server can be measured so.
    pub(crate) const fn suits(&self, server: &Server) -> bool {
        let spoken = match &self.load {
            Load::Connect(Connect::Upgrade) => server.spoken.upgrades(),
            Load::Memory(memory) => match memory.of {
                // No other protocol has a session without a connection.
                Idle::Detached => matches!(server.spoken, Spoken::Native),
                Idle::Socket | Idle::Poller => true,
            },
            _ => true,
        };
        let polled = server.polls || !self.load.polls();
        let is_new = self.load.is_steady() || !server.is_variant();
        spoken && polled && is_new
    }

    /// What the servers are told besides their names.
    pub(crate) const fn environment(&self) -> Option<(&'static str, &'static str)> {
        match self.load {
            Load::Churn(_) => Some(churn::COMPRESSED),
            _ => None,
        }
    }

    pub(crate) async fn run(&self, server: &Running, times: Times) -> Outcome<Sample> {
        match &self.load {
            Load::Echo(echo) => echo.run(server, times).await,
            Load::Fanout(fanout) => fanout.run(server, times).await,
            Load::Rooms(rooms) => rooms.run(server, times).await,
            Load::PollEcho(echo) => echo.run(server, times).await,
            Load::Connect(way) => way.run(server, times).await,
            Load::Memory(memory) => memory.run(server).await,
            Load::Churn(churn) => churn.run(server).await,
        }
    }
}
