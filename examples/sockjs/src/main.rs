//! A server for clients of SockJS, with the services that its official test suite expects.
//!
//! `cargo run -p throughline-sockjs -- --listen 127.0.0.1:8081` serves `/echo`, `/disabled_websocket_echo`,
//! `/cookie_needed_echo` and `/close`; with `--hixie76`, `/echo` takes that old handshake, too, and `--sockjs-url` says
//! where the page for frames finds the client. Beside them, `/broadcast` is a room whose members hear each other: clients of
//! SockJS, WebSockets without any protocol, and at `/realtime` those of Throughline.

mod options;
mod services;

use axum::Router;
use options::Options;
use services::{broadcast, close, echo};
use std::error::Error;
use throughline::{BuildError, SockJs, Throughline};
use tokio::net::TcpListener;

/// What serves: a node for each thing that is done with a session.
struct Nodes {
    echo: Throughline,
    close: Throughline,
    broadcast: Throughline,
}

/// The services. Whoever served them with another server for SockJS has a line for each there, too.
fn app(nodes: &Nodes, options: &Options) -> Result<Router, BuildError> {
    let usual = SockJs {
        sockjs_url: options.sockjs_url.clone(),
        ..SockJs::default()
    };
    let small = SockJs {
        response_limit: 4096,
        allow_hixie76: options.hixie76,
        ..usual.clone()
    };
    let without_websocket = SockJs {
        websocket: false,
        ..usual.clone()
    };
    let with_cookie = SockJs {
        jsessionid: true,
        ..usual.clone()
    };
    let Nodes {
        echo,
        close,
        broadcast,
    } = nodes;
    Ok(Router::new()
        .nest_service("/echo", echo.sockjs(small)?)
        .nest_service("/disabled_websocket_echo", echo.sockjs(without_websocket)?)
        .nest_service("/cookie_needed_echo", echo.sockjs(with_cookie)?)
        .nest_service("/close", close.sockjs(usual.clone())?)
        .nest_service("/broadcast", broadcast.sockjs(usual)?)
        .nest_service("/realtime", broadcast.clone()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::read(std::env::args().skip(1)).unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(1)
    });
    let nodes = Nodes {
        echo: echo()?,
        close: close()?,
        broadcast: broadcast()?,
    };
    let app = app(&nodes, &options)?;
    let listener = TcpListener::bind(&options.listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let interrupted = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    throughline::serve(listener, app)
        .until(interrupted)
        .drain(nodes.echo)
        .drain(nodes.close)
        .drain(nodes.broadcast)
        .await?;
    Ok(())
}
