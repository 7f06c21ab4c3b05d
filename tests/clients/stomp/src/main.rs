//! A small broker of STOMP 1.2 at `/stomp`, for clients that speak it over SockJS: what one sends to a destination, all that
//! have subscribed to it get.
//!
//! It takes the interval of its heart-beats in milliseconds, and prints where it listens. It knows no transactions and no
//! acknowledgements. It is an application like any other: one message of a session is one frame.

mod broker;
mod conversation;
mod frame;

use axum::Router;
use broker::Broker;
use conversation::Conversation;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use throughline::{Session, SockJs, Throughline};
use tokio::net::TcpListener;

const USAGE: &str = "usage: throughline-stomp HEART_BEAT";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let interval = std::env::args().nth(1).ok_or(USAGE)?.parse()?;
    let interval = Duration::from_millis(interval);
    let broker = Arc::new(Broker::default());
    let node = Throughline::builder()
        .allow_any_origin()
        .on_session(move |session: Session| Conversation::hold(session, broker.clone(), interval))
        .build()?;
    let app = Router::new().nest_service("/stomp", node.sockjs(SockJs::default())?);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    throughline::serve(listener, app).await?;
    Ok(())
}
