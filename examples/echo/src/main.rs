//! Sends every message back to where it came from: the smallest useful server.
//!
//! `cargo run -p throughline-echo -- --listen 127.0.0.1:8081`, then connect to `/realtime`.

use std::error::Error;
use throughline::{Session, Throughline};
use tokio::net::TcpListener;

const USAGE: &str = "usage: throughline-echo [--listen ADDR]    (default: --listen 127.0.0.1:8081)";

async fn echo(mut session: Session) {
    while let Some(message) = session.recv().await {
        if session.send(message).await.is_err() {
            break;
        }
    }
}

async fn listener() -> Result<TcpListener, String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let address = match &arguments[..] {
        [] => "127.0.0.1:8081",
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
    let realtime = Throughline::builder().on_session(echo).build()?;
    let app = axum::Router::new().nest_service("/realtime", realtime.clone());

    println!("listening on http://{}/realtime", listener.local_addr()?);
    let interrupted = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    throughline::serve(listener, app)
        .until(interrupted)
        .drain(realtime)
        .await?;
    Ok(())
}
