//! A server for the official test suites of Engine.IO and Socket.IO, and for those of their JavaScript clients.
//!
//! `cargo run -p throughline-socketio -- --listen 127.0.0.1:3000 --ping-interval 300 --ping-timeout 200` serves Engine.IO at
//! `/engine.io/` and Socket.IO at `/socket.io/`; `--profile` chooses what the suite of a client expects instead.

mod client_suite;
mod conformance;
mod cookies;
mod echo;
mod options;
mod requests;

use axum::Router;
use options::{Options, Profile};
use requests::Requests;
use std::error::Error;
use throughline::events::Events;
use throughline::{Builder, EngineIo, Throughline};
use tokio::net::TcpListener;

/// A server of foreign clients from anywhere, which is what these suites are.
fn server(engine_io: &EngineIo) -> Builder {
    Throughline::builder()
        .engine_io(engine_io.clone())
        .allow_any_origin()
}

fn engine(options: &Options, requests: &Requests) -> Builder {
    let builder = server(&options.engine_io);
    match options.profile {
        Profile::EngineClient => {
            let requests = requests.clone();
            builder
                .authenticate(echo::deny)
                .on_session(move |session| echo::client_suite(session, requests.clone()))
        }
        Profile::Conformance | Profile::SocketClient => builder.on_session(echo::everything),
    }
}

fn socket(options: &Options) -> Result<Builder, Box<dyn Error>> {
    let builder = server(&options.engine_io);
    let events: Events = match options.profile {
        Profile::Conformance | Profile::EngineClient => conformance::events()?,
        Profile::SocketClient => {
            return Ok(builder
                .authenticate(client_suite::after_a_while)
                .events(client_suite::events()?));
        }
    };
    Ok(builder.events(events))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::read(std::env::args().skip(1)).unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(1)
    });
    let requests = Requests::default();
    let engine = engine(&options, &requests).build()?;
    let socket = socket(&options)?.build()?;
    let mut app = Router::new()
        .nest_service("/engine.io", engine.clone())
        .nest_service("/socket.io", socket.clone());
    if options.profile == Profile::EngineClient {
        app = app.layer(axum::middleware::from_fn(cookies::set)).layer(
            axum::middleware::from_fn_with_state(requests, requests::note),
        );
    }

    let listener = TcpListener::bind(&options.listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let interrupted = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    throughline::serve(listener, app)
        .until(interrupted)
        .drain(engine)
        .drain(socket)
        .await?;
    Ok(())
}
