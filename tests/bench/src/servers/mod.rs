//! The servers that are measured: one file each, here or in `peers`, and one entry in the list below. All run the same
//! small application, [`wish`].
//!
//! A server listens on a free port of loopback and prints its address. It ends when its standard input does, so none is
//! left behind, however the run ended.

mod axum;
mod axum_tuned;
mod native;
pub(crate) mod ours;
mod polling;
mod recorder;
mod rooms;
mod socketio;
mod socketioxide;
mod sockjs;
mod tcp;
mod wire;
pub(crate) mod wish;

use crate::Outcome;
use crate::load::dialect::Spoken;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::io::Read;
use tokio::net::TcpListener;

pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) spoken: Spoken,
    /// Whether it serves polling, too.
    pub(crate) polls: bool,
    pub(crate) program: Program,
}

impl Server {
    /// Whether it is another one once more, on another runtime.
    pub(crate) const fn is_variant(&self) -> bool {
        matches!(self.program, Program::Own(Runtime::CurrentThread, _))
    }
}

/// What runs it.
#[derive(Clone, Copy)]
pub(crate) enum Program {
    /// This program, on tokio's runtime for many threads or for one. Pinned to a core, both have one thread.
    Own(Runtime, fn(TcpListener) -> BoxFuture<'static, Outcome<()>>),
    /// A file of `peers`.
    Node(&'static str),
    /// The same, on Bun.
    Bun(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runtime {
    MultiThread,
    CurrentThread,
}

/// The entries of a server on both runtimes: its name, and the name with `-1t`.
macro_rules! on_both_runtimes {
    ($name:literal, $spoken:expr, $polls:literal, $serve:path) => {
        [
            Server {
                name: $name,
                spoken: $spoken,
                polls: $polls,
                program: Program::Own(Runtime::MultiThread, |listener| $serve(listener).boxed()),
            },
            Server {
                name: concat!($name, "-1t"),
                spoken: $spoken,
                polls: $polls,
                program: Program::Own(Runtime::CurrentThread, |listener| $serve(listener).boxed()),
            },
        ]
    };
}

const OWN: [[Server; 2]; 9] = [
    on_both_runtimes!("throughline", Spoken::Native, true, native::serve),
    on_both_runtimes!(
        "throughline-socketio",
        Spoken::SocketIo,
        true,
        socketio::serve
    ),
    on_both_runtimes!("throughline-sockjs", Spoken::SockJs, true, sockjs::serve),
    on_both_runtimes!("axum", Spoken::Plain, true, axum::serve),
    on_both_runtimes!(
        "axum-tuned",
        Spoken::Plain,
        false,
        axum_tuned::serve::<wire::Plain>
    ),
    on_both_runtimes!(
        "axum-socketio",
        Spoken::SocketIo,
        false,
        axum_tuned::serve::<wire::SocketIo>
    ),
    on_both_runtimes!(
        "axum-sockjs",
        Spoken::SockJs,
        false,
        axum_tuned::serve::<wire::SockJs>
    ),
    on_both_runtimes!("tcp", Spoken::Plain, false, tcp::serve),
    on_both_runtimes!("socketioxide", Spoken::SocketIo, true, socketioxide::serve),
];

const PEERS: [Server; 6] = [
    node("node-ws", Spoken::Plain, "ws.js"),
    node("node-engineio", Spoken::EngineIo, "engineio.js"),
    node("node-socketio", Spoken::SocketIo, "socketio.js"),
    node("node-sockjs", Spoken::SockJs, "sockjs.js"),
    bun("bun", Spoken::Plain, "bun.js"),
    bun("bun-socketio", Spoken::SocketIo, "bun-socketio.js"),
];

const fn node(name: &'static str, spoken: Spoken, file: &'static str) -> Server {
    Server {
        name,
        spoken,
        polls: !matches!(spoken, Spoken::Plain),
        program: Program::Node(file),
    }
}

const fn bun(name: &'static str, spoken: Spoken, file: &'static str) -> Server {
    Server {
        name,
        spoken,
        polls: !matches!(spoken, Spoken::Plain),
        program: Program::Bun(file),
    }
}

/// All of them, in the order of the report.
pub(crate) fn all() -> impl Iterator<Item = &'static Server> {
    OWN.iter().flatten().chain(&PEERS)
}

/// Runs the server of this name until standard input ends.
pub(crate) fn serve(name: &str) -> Outcome<()> {
    let server = all().find(|server| server.name == name);
    let Some(Program::Own(runtime, serve)) = server.map(|server| server.program) else {
        return Err(format!("no server `{name}` in this program").into());
    };
    std::thread::spawn(end_with_input);
    let mut builder = match runtime {
        Runtime::MultiThread => tokio::runtime::Builder::new_multi_thread(),
        Runtime::CurrentThread => tokio::runtime::Builder::new_current_thread(),
    };
    builder.enable_all().build()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        serve(listener).await
    })
}

fn end_with_input() {
    let _ended = std::io::stdin().read_to_end(&mut Vec::new());
    std::process::exit(0);
}
