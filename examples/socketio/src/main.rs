//! Serves clients of Engine.IO at `/engine.io/`, with what their official test suites expect of a server.
//!
//! `cargo run -p throughline-socketio -- --listen 127.0.0.1:3000 --ping-interval 300 --ping-timeout 200`

mod options;

use options::Options;
use std::error::Error;
use throughline::{Session, Throughline};
use tokio::net::TcpListener;

/// The endpoint of the Engine.IO suites: every message comes back as it is.
async fn echo(mut session: Session) {
    while let Some(message) = session.recv().await {
        if session.send(message).await.is_err() {
            break;
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::read(std::env::args().skip(1)).unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(1)
    });
    let engine = Throughline::builder()
        .engine_io(options.engine_io)
        .allow_any_origin()
        .on_session(echo)
        .build()?;
    let app = axum::Router::new().nest_service("/engine.io", engine.clone());

    let listener = TcpListener::bind(&options.listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let interrupted = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    throughline::serve(listener, app)
        .until(interrupted)
        .drain(engine)
        .await?;
    Ok(())
}
