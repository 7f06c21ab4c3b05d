//! The well-known chat of Socket.IO: names, messages, who is typing, who comes and goes.
//!
//! `cargo run -p throughline-chat-socketio`, then open the printed address in two tabs. The events are those of the chat
//! that comes with Socket.IO, so its own page works with this server, and the page here with either client.

mod chat;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use std::error::Error;
use throughline::{EngineIo, Throughline};
use tokio::net::TcpListener;

const USAGE: &str =
    "usage: throughline-chat-socketio [--listen ADDR]    (default: --listen 127.0.0.1:8083)";

async fn listener() -> Result<TcpListener, String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let address = match &arguments[..] {
        [] => "127.0.0.1:8083",
        [option, address] if option == "--listen" => address,
        _ => return Err(USAGE.to_owned()),
    };
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("cannot listen on {address}: {error}\n{USAGE}"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = listener().await.unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(1)
    });
    let realtime = Throughline::builder()
        .engine_io(EngineIo::default())
        .serve_socket_io_client()
        .events(chat::events()?)
        .build()?;
    let app = Router::new()
        .route("/", get(|| async { Html(include_str!("page.html")) }))
        .nest_service("/socket.io", realtime.clone());

    println!("listening on http://{}", listener.local_addr()?);
    let interrupted = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    throughline::serve(listener, app)
        .until(interrupted)
        .drain(realtime)
        .await?;
    Ok(())
}
