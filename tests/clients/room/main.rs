//! One room at `/socket.io/`, with recovery: what one client says, all others hear, whatever their protocol.
//!
//! It takes a ping interval and a ping timeout in milliseconds, and prints where it listens.

use axum::Router;
use std::error::Error;
use std::time::Duration;
use throughline::events::{Args, Events, Namespace, Recovery, Reply, Socket};
use throughline::{EngineIo, Throughline};
use tokio::net::TcpListener;

const USAGE: &str = "usage: throughline-room PING_INTERVAL PING_TIMEOUT";
const ROOM: &str = "room";

fn events() -> Result<Events, throughline::events::NamespaceError> {
    let namespace = Namespace::new()
        .on_connect(|socket: Socket| async move { socket.join(ROOM) })
        .on("say", |socket: Socket, args: Args| async move {
            let report = socket.to(ROOM).emit("said", args);
            Reply((report.is_ok(),))
        });
    // Whoever talks while another one is away says thousands of words a second.
    let recovery = Recovery {
        events: 100_000,
        bytes: 64 * 1024 * 1024,
        ..Recovery::default()
    };
    Events::builder()
        .recovery(recovery)
        .namespace("/", namespace)
        .build()
}

fn millis(argument: Option<String>) -> Result<Duration, Box<dyn Error>> {
    Ok(Duration::from_millis(argument.ok_or(USAGE)?.parse()?))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let engine_io = EngineIo {
        ping_interval: millis(arguments.next())?,
        ping_timeout: millis(arguments.next())?,
        allow_eio3: true,
        ..EngineIo::default()
    };
    let room = Throughline::builder()
        .engine_io(engine_io)
        .allow_any_origin()
        .events(events()?)
        .build()?;
    let app = Router::new().nest_service("/socket.io", room);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    throughline::serve(listener, app).await?;
    Ok(())
}
