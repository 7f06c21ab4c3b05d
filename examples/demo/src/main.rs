//! The demo: a page that shows one session from all sides, and the server that it talks to.
//!
//! `cargo run --release` serves it at `http://127.0.0.1:8080`; `--listen ADDR` changes that.

mod chat;
mod messages;
mod page;
mod stream;
mod visitor;

use chat::Chat;
use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use throughline::{BuildError, Limits, Throughline};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

const USAGE: &str = "usage: throughline-demo [--listen ADDR]    (default: --listen 127.0.0.1:8080)";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    log();
    let listener = listen(address(std::env::args().skip(1))?).await?;
    let realtime = realtime()?;
    let app = page::routes().nest_service("/realtime", realtime.clone());
    println!("listening on http://{}", listener.local_addr()?);
    throughline::serve(listener, app)
        .until(async { tokio::signal::ctrl_c().await.unwrap_or_default() })
        .drain(realtime)
        .await?;
    Ok(())
}

fn realtime() -> Result<Throughline, BuildError> {
    let chat = Arc::new(Chat::default());
    Throughline::builder()
        .limits(limits())
        .on_session(move |session| visitor::visit(session, chat.clone()))
        .build()
}

/// `RUST_LOG=throughline=debug` shows what the server does.
fn log() {
    let filter = EnvFilter::from_default_env();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}

/// Room for all that the stream sends while a session is kept without a link, so that a long time offline
/// neither slows the stream nor fills the log.
fn limits() -> Limits {
    Limits {
        window: 1 << 20,
        log: 1 << 20,
        ..Limits::default()
    }
}

fn address(mut arguments: impl Iterator<Item = String>) -> Result<SocketAddr, String> {
    let mut address = SocketAddr::from(([127, 0, 0, 1], 8080));
    while let Some(argument) = arguments.next() {
        let value = match argument.as_str() {
            "--listen" => arguments.next(),
            _ => return Err(USAGE.to_owned()),
        };
        address = value
            .and_then(|value| value.parse().ok())
            .ok_or_else(|| format!("--listen needs an address such as 127.0.0.1:8081\n{USAGE}"))?;
    }
    Ok(address)
}

async fn listen(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| {
        format!("cannot listen on {address}: {error}; choose another with --listen ADDR")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<SocketAddr, String> {
        address(arguments.iter().map(ToString::to_string))
    }

    #[test]
    fn the_address_is_an_option() {
        assert_eq!(parsed(&[]), Ok(SocketAddr::from(([127, 0, 0, 1], 8080))));
        assert_eq!(
            parsed(&["--listen", "[::1]:0"]),
            Ok(SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 0)))
        );
    }

    #[test]
    fn what_is_not_understood_is_explained() {
        for arguments in [&["--port", "1"][..], &["--listen"], &["--listen", "here"]] {
            let error = parsed(arguments).expect_err("it is not understood");
            assert!(error.contains("--listen"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_port_in_use_names_the_option_that_helps() {
        let taken = listen(SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .expect("a port is free");
        let address = taken.local_addr().expect("a listener has an address");
        let error = listen(address).await.expect_err("the port is in use");
        assert!(error.contains("--listen"), "{error}");
    }
}
