//! Realtime sessions for the web: ordered, reliable messages between a browser and a server, over
//! WebSocket, long polling or periodic polling, moved between them while they run.
//!
//! ```no_run
//! use throughline::{Session, Throughline};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let realtime = Throughline::builder()
//!         .on_session(|mut session: Session| async move {
//!             while let Some(message) = session.recv().await {
//!                 if session.send(message).await.is_err() {
//!                     break;
//!                 }
//!             }
//!         })
//!         .build()?;
//!     let app = axum::Router::new();
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//!     throughline::serve(listener, app).mount("/realtime", realtime).await?;
//!     Ok(())
//! }
//! ```
//!
//! In the browser, with nothing to install:
//!
//! ```js
//! import { Session } from "/realtime/client.js";
//!
//! const session = new Session("/realtime");
//! session.onopen = () => session.send("hello");
//! session.onmessage = (event) => console.log(event.data);
//! ```
//!
//! An application that thinks in events, rooms and acknowledgements, as with Socket.IO, gives [`events`] instead of a handler.
//!
//! # Errors
//!
//! What the application did wrong is a value: [`BuildError`], [`SendError`], [`CloseError`]. What a client did
//! wrong ends its link or its session and nothing else. How a session ended is never an error: [`End`] says why,
//! and what became of each message that was not acknowledged.
//!
//! # Cancellation
//!
//! Each async function says what dropping its future means; those of [`Session`] can all be used in `select!`.
//!
//! # Cost
//!
//! A connected session has two tasks: its connection's own, and its handler. A session without a connection has
//! the handler's alone; one timer serves all of them. Queues are bounded by [`Limits`], and hold references to
//! bodies, which are never copied for another receiver.
//!
//! # Metrics and logs
//!
//! The crate counts through [`metrics`](https://docs.rs/metrics) and logs through [`tracing`](https://docs.rs/tracing), in
//! spans `session` and `link` with the session's id and the link's number, never with a secret or a token. What clients can cause
//! is logged at debug level; only a setting that is likely to be wrong is a warning, once: for a refused origin, the first
//! 16 different ones. All refusals are counted.
//!
//! | name | kind | labels |
//! |---|---|---|
//! | `throughline_sessions` | gauge | |
//! | `throughline_sessions_ended_total` | counter | `code` |
//! | `throughline_links` | gauge | `transport` |
//! | `throughline_links_begun_total` | counter | `transport` |
//! | `throughline_links_failed_total` | counter | `why` |
//! | `throughline_refusals_total` | counter | `code` |
//! | `throughline_malformed_total` | counter | `transport` |
//!
//! # Without `serve`
//!
//! A [`Throughline`] works in any axum server. [`serve()`] adds what a nested service cannot do: it sets
//! `TCP_NODELAY`, gives headers a deadline, cuts clients that read nothing, knows the clients' addresses and drains on
//! shutdown. With `axum::serve`, use `into_make_service_with_connect_info::<SocketAddr>()`, else caps per address are off;
//! and let a proxy in front give up on clients that do not read, else an answer stays in memory for as long as one of them
//! holds its connection open.

mod answering;
mod arrival;
mod attach;
mod builder;
mod clock;
mod config;
mod dialect;
mod engineio;
pub mod events;
mod front_door;
mod metrics;
mod node;
mod registry;
mod rooms;
mod serve;
mod service;
mod session;
mod shared;
mod sockjs;
#[cfg(test)]
mod testing;
mod timers;
mod transport;
mod turn;
mod waiting;

pub use answering::Answering;
pub use builder::{BuildError, Builder};
pub use config::{Config, ConfigError};
pub use dialect::Dialect;
pub use engineio::EngineIo;
pub use front_door::auth::{Admission, Attempt, Authenticate};
pub use front_door::identity::Identity;
pub use front_door::origin::MissingOrigin;
pub use front_door::refusal::Refusal;
pub use front_door::tokens::{SignedTokens, TokenError};
pub use rooms::{Report, Room, SlowMember};
pub use serve::{App, Mounted, Serve, serve};
pub use service::Throughline;
pub use session::{Closed, Receiver, Sender, Session};
pub use sockjs::{SockJs, SockJsService};
pub use throughline_core::session::{CloseError, End, Fate, SendError, Transport, Undelivered};
pub use throughline_core::wire::native::Close;
pub use throughline_core::{Band, Code, Limits, Message};

/// The examples of the repository's README are compiled with the others.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
#[derive(Debug)]
pub struct Readme;

/// And those of the migration guides.
#[cfg(doctest)]
#[doc = include_str!("../../docs/migrating-from-socketio.md")]
#[derive(Debug)]
pub struct FromSocketIo;

#[cfg(doctest)]
#[doc = include_str!("../../docs/migrating-from-sockjs.md")]
#[derive(Debug)]
pub struct FromSockJs;
