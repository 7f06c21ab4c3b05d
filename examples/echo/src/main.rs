//! Sends every message back to where it came from: the smallest useful server.
//!
//! `cargo run -p throughline-echo -- --listen 127.0.0.1:8081`, then connect to `/realtime`.

use std::error::Error;
use std::io::Write;
use throughline::{Session, Throughline};
use tokio::net::TcpListener;

async fn echo(mut session: Session) {
    while let Some(message) = session.recv().await {
        if session.send(message).await.is_err() {
            break;
        }
    }
}

fn address() -> Result<String, String> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (None, None) => Ok("127.0.0.1:8081".to_owned()),
        (Some("--listen"), Some(address)) => Ok(address),
        _ => Err("usage: throughline-echo [--listen ADDR]".to_owned()),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(address()?).await?;
    let realtime = Throughline::builder().on_session(echo).build()?;
    let app = axum::Router::new().nest_service("/realtime", realtime.clone());

    println!("listening on http://{}/realtime", listener.local_addr()?);
    std::io::stdout().flush()?;
    let interrupted = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    throughline::serve(listener, app)
        .until(interrupted)
        .drain(realtime)
        .await?;
    Ok(())
}
