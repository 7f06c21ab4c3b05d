//! A server's process: started on its core, watched through `/proc`, and ended with the value that holds it.

use crate::Outcome;
use crate::load::connection::Target;
use crate::servers::{Program, Server};
use nix::time::ClockId;
use nix::unistd::Pid;
use std::ops::{Add, Sub};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");
/// How long a server may take to start.
const START: Duration = Duration::from_secs(20);

pub(crate) struct Running {
    /// It is killed when it is dropped.
    _child: Child,
    id: u32,
    pub(crate) target: Target,
}

impl Running {
    pub(crate) async fn start(
        server: &Server,
        core: usize,
        environment: Option<(&str, &str)>,
    ) -> Outcome<Self> {
        let mut child = Command::new("taskset")
            .args(["-c", &core.to_string()])
            .args(words(server)?)
            .envs(environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let id = child.id().ok_or("the server has ended")?;
        let output = child.stdout.take().ok_or("the server has no output")?;
        let mut lines = BufReader::new(output).lines();
        let line = tokio::time::timeout(START, lines.next_line()).await??;
        let address = line.ok_or("the server did not start")?.parse()?;
        Ok(Self {
            _child: child,
            id,
            target: Target {
                address,
                spoken: server.spoken,
            },
        })
    }

    pub(crate) fn cpu(&self) -> Outcome<Cpu> {
        let process = Pid::from_raw(i32::try_from(self.id)?);
        let clock = ClockId::pid_cpu_clock_id(process)?;
        Cpu::of(&self.id.to_string(), clock)
    }

    /// Resident memory, in KiB.
    pub(crate) fn memory(&self) -> Outcome<f64> {
        self.status("VmRSS:")
    }

    /// That of it which is not of files, as the program itself is.
    pub(crate) fn own_memory(&self) -> Outcome<f64> {
        self.status("RssAnon:")
    }

    fn status(&self, name: &str) -> Outcome<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.id))?;
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        Ok(kib.ok_or("no resident memory in status")?.parse()?)
    }
}

fn words(server: &Server) -> Outcome<Vec<PathBuf>> {
    let peers = Path::new(PEERS);
    Ok(match server.program {
        Program::Own(..) => vec![std::env::current_exe()?, "serve".into(), server.name.into()],
        Program::Node(file) => vec!["node".into(), "--expose-gc".into(), peers.join(file)],
        Program::Bun(file) => vec![peers.join(bun()), peers.join(file)],
    })
}

/// Bun itself, as npm has it for this machine.
fn bun() -> String {
    let machine = match std::env::consts::ARCH {
        "x86_64" => "x64",
        other => other,
    };
    format!("node_modules/@oven/bun-linux-{machine}/bin/bun")
}

/// Keeps all of this program on one core.
pub(crate) async fn pin_to(core: usize) -> Outcome<()> {
    let own = std::process::id().to_string();
    let status = Command::new("taskset")
        .args(["-cp", &core.to_string(), &own])
        .stdout(Stdio::null())
        .status();
    match status.await {
        Ok(status) if status.success() => Ok(()),
        other => Err(format!("cannot use core {core}, two are needed: {other:?}").into()),
    }
}

/// How many files this program, and so a server that it starts, may have open.
pub(crate) fn most_files() -> Outcome<usize> {
    let text = std::fs::read_to_string("/proc/self/limits")?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next());
    Ok(soft
        .ok_or("no bound of open files")?
        .parse()
        .unwrap_or(usize::MAX))
}

/// Time that a process has had on processors, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cpu {
    pub(crate) total: f64,
    /// In hundredths of a second, as the system counts them: the parts of the total.
    user: f64,
    system: f64,
}

impl Cpu {
    /// That of this program.
    pub(crate) fn own() -> Outcome<Self> {
        Self::of("self", ClockId::CLOCK_PROCESS_CPUTIME_ID)
    }

    fn of(process: &str, clock: ClockId) -> Outcome<Self> {
        let text = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
        // The name, in brackets, may hold spaces.
        let (_, numbers) = text.rsplit_once(") ").ok_or("no name in stat")?;
        let mut times = numbers.split(' ').skip(11).map(str::parse::<f64>);
        let mut next = || times.next().ok_or("no times in stat");
        Ok(Self {
            total: Duration::from(clock.now()?).as_secs_f64(),
            user: next()??,
            system: next()??,
        })
    }

    pub(crate) fn user(self) -> f64 {
        self.total * self.user / (self.user + self.system)
    }

    pub(crate) fn system(self) -> f64 {
        self.total - self.user()
    }
}

impl Add for Cpu {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            total: self.total + other.total,
            user: self.user + other.user,
            system: self.system + other.system,
        }
    }
}

impl Sub for Cpu {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            total: self.total - before.total,
            user: self.user - before.user,
            system: self.system - before.system,
        }
    }
}
