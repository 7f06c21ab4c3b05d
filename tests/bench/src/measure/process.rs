//! A server's process: started on its core, watched through `/proc`, and ended with the value that holds it.

use crate::Outcome;
use crate::load::connection::Target;
use crate::servers::{Program, Server};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// What Linux counts in, on all machines that this runs on.
const TICKS: f64 = 100.0;
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
        Cpu::of(&self.id.to_string())
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
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cpu {
    pub(crate) user: f64,
    pub(crate) system: f64,
}

impl Cpu {
    /// That of this program.
    pub(crate) fn own() -> Outcome<Self> {
        Self::of("self")
    }

    fn of(process: &str) -> Outcome<Self> {
        let text = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
        // The name, in brackets, may hold spaces.
        let (_, numbers) = text.rsplit_once(") ").ok_or("no name in stat")?;
        let mut times = numbers.split(' ').skip(11).map(str::parse::<f64>);
        let mut next = || times.next().ok_or("no times in stat");
        Ok(Self {
            user: next()?? / TICKS,
            system: next()?? / TICKS,
        })
    }

    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            user: self.user - before.user,
            system: self.system - before.system,
        }
    }

    pub(crate) fn sum(self) -> f64 {
        self.user + self.system
    }
}
