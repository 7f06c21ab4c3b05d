//! What is measured: one file for each kind of load, and one entry in the list below for each size of it.

mod churn;
mod connect;
mod echo;
mod fanout;
mod memory;
mod opening;
mod periodic;
mod poll_echo;
mod rooms;

use crate::Outcome;

use crate::load::connection::Target;
use crate::load::dialect::Spoken;
use crate::measure::process::Running;
use crate::measure::stage::Ready;
use crate::measure::turns::Place;
use crate::measure::{Sample, Times};
use crate::servers::Server;
use churn::Churn;
use connect::Connect;
use echo::Echo;
use fanout::{By, Fanout};
use memory::{Idle, Memory};
use periodic::Periodic;
use poll_echo::PollEcho;
use rooms::Rooms;
use std::time::Duration;
use tokio::time::timeout;

pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// The name of its robust figure in a sample.
    pub(crate) figure: &'static str,
    /// Whose figure is 1.00.
    pub(crate) yardstick: &'static str,
    /// How often it is measured at most.
    pub(crate) rounds: usize,
    /// How many servers are there at once. They take turns, with the yardstick among them; where memory is measured, they do not depend on
    /// each other.
    pub(crate) at_once: usize,
    load: Load,
}

enum Load {
    Echo(Echo),
    Fanout(Fanout),
    Rooms(Rooms),
    PollEcho(PollEcho),
    Periodic(Periodic),
    Connect(Connect),
    Memory(Memory),
    Churn(Churn),
}

impl Load {
    /// Opens the connections of one that takes turns.
    async fn open(&self, target: Target) -> Outcome<Ready> {
        match self {
            Self::Echo(echo) => echo.open(target).await,
            Self::Fanout(fanout) => fanout.open(target).await,
            Self::Rooms(rooms) => rooms.open(target).await,
            Self::PollEcho(echo) => echo.open(target).await,
            Self::Periodic(periodic) => periodic.open(target).await,
            Self::Connect(way) => Ok(way.open(target)),
            Self::Memory(_) | Self::Churn(_) => Err("it opens them where it measures".into()),
        }
    }

    /// Whether clients poll.
    const fn polls(&self) -> bool {
        match self {
            Self::Echo(_) | Self::Rooms(_) => false,
            Self::Fanout(fanout) => matches!(fanout.by, By::Polls),
            Self::PollEcho(_) | Self::Periodic(_) => true,
            Self::Connect(way) => !matches!(way, Connect::Socket),
            Self::Memory(memory) => matches!(memory.of, Idle::Poller),
            Self::Churn(_) => false,
        }
    }
}

pub(crate) static ALL: [Scenario; 21] = [
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
        "periodic-64-100",
        Load::Periodic(Periodic {
            size: 64,
            connections: 100,
        }),
    ),
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
    memory("idle-socket", Idle::Socket),
    memory("idle-poller", Idle::Poller),
    memory("detached", Idle::Detached),
    Scenario {
        name: "churn",
        figure: "growth",
        yardstick: "axum-tuned",
        rounds: 1,
        at_once: 4,
        load: Load::Churn(Churn),
    },
];

/// What it takes to start a server, to open a connection, and to join all rooms.
const START: Duration = Duration::from_millis(200);
const OPENING: Duration = Duration::from_micros(250);
const JOINING: Duration = Duration::from_millis(2500);
/// How long those who take turns wait for one whose connections are not open.
const OPEN: Duration = Duration::from_secs(30);
/// How often memory is measured: its samples lie within a percent or two of each other.
const MEMORY_ROUNDS: usize = 3;
/// Where servers are measured on tokio's runtime for one thread, too: in one scenario of each kind that its scheduling shows in.
const ON_BOTH_RUNTIMES: [&str; 4] = [
    "echo-64-100",
    "echo-64-1000",
    "echo-64-100-deep",
    "fanout-64-1000",
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
        at_once: 4,
        load,
    }
}

const fn memory(name: &'static str, of: Idle) -> Scenario {
    let load = Load::Memory(Memory { of });
    Scenario {
        name,
        figure: "kib_each",
        yardstick: yardstick(&load),
        rounds: MEMORY_ROUNDS,
        at_once: 1,
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
            Load::Periodic(_) => server.spoken.polls_periodically(),
            Load::Memory(memory) => match memory.of {
                // No other protocol has a session without a connection.
                Idle::Detached => matches!(server.spoken, Spoken::Native),
                Idle::Socket | Idle::Poller => true,
            },
            _ => true,
        };
        let polled = server.polls || !self.load.polls();
        spoken && polled
    }

    /// Whether servers are measured in it on both runtimes, though nobody asks for that.
    pub(crate) fn is_on_both_runtimes(&self) -> bool {
        ON_BOTH_RUNTIMES.contains(&self.name)
    }

    /// How long one measurement takes, with the server's start, or what part of it where several are measured at once: from what it took on two cores of a shared machine.
    pub(crate) fn estimate(&self, times: Times) -> Duration {
        let opening = match &self.load {
            Load::Echo(echo) => OPENING * echo.connections as u32,
            Load::Fanout(fanout) => OPENING * fanout.members as u32,
            Load::PollEcho(_) | Load::Periodic(_) | Load::Connect(_) => OPENING * 100,
            Load::Rooms(_) => JOINING,
            Load::Memory(_) => return Duration::from_secs(12),
            Load::Churn(_) => return churn::length(times.stretch) / self.at_once as u32,
        };
        let alone = START + opening + times.warm_up + times.measure;
        // One of those who take turns is the yardstick, which is there again for the next ones.
        alone * self.at_once as u32 / (self.at_once as u32 - 1)
    }

    /// What the servers are told besides their names.
    pub(crate) const fn environment(&self) -> Option<(&'static str, &'static str)> {
        match self.load {
            Load::Churn(_) => Some(churn::COMPRESSED),
            _ => None,
        }
    }

    /// Whether servers are measured by turns.
    pub(crate) const fn takes_turns(&self) -> bool {
        !matches!(self.load, Load::Memory(_) | Load::Churn(_))
    }

    pub(crate) async fn run(
        &self,
        server: &Running,
        times: Times,
        place: &Place,
    ) -> Outcome<Sample> {
        let ready = match &self.load {
            Load::Memory(memory) => return memory.run(server).await,
            Load::Churn(churn) => return churn.run(server, times.stretch).await,
            load => timeout(OPEN, load.open(server.target)).await,
        };
        let ready = ready.map_err(|_| "its connections were not open in time")??;
        place.opened().await;
        ready.play(server, times, place).await
    }
}
