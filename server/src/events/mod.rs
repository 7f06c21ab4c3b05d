//! Events, acknowledgements, rooms and namespaces over any session: Socket.IO's way of working, with the guarantees
//! of sessions.
//!
//! An event has a name and arguments, and may ask for an answer. What an application does with them is said once, in a
//! [`Namespace`]; [`Events`] runs the namespaces over every session that the server gets.
//!
//! ```
//! use throughline::Throughline;
//! use throughline::events::{Data, Events, Namespace, Reply, Socket};
//!
//! let chat = Namespace::new()
//!     .on_connect(|socket: Socket| async move { socket.join("lobby") })
//!     .on("message", |socket: Socket, Data((text,)): Data<(String,)>| async move {
//!         let _ = socket.to("lobby").emit("message", (text,));
//!     })
//!     .on("add", |Data((a, b)): Data<(i64, i64)>| async move { Reply((a + b,)) });
//! let events = Events::builder().namespace("/", chat).build()?;
//! let realtime = Throughline::builder().events(events).build()?;
//! let app: axum::Router = axum::Router::new().nest_service("/socket.io", realtime);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Order
//!
//! The events of one socket are handled one after the other, in the order in which its client sent them: a handler starts
//! when the one before it has returned. Where that is not needed, [`concurrent`] says so for one handler. A handler may wait
//! for an answer of its own client, since answers overtake events; but while [as many events
//! wait](EventsBuilder::queue) as may, nothing more is read, answers neither.
//!
//! # Too fast
//!
//! [`Socket::emit`] waits until there is room, so that a handler is as slow as its client. What is sent to many
//! waits for nobody: see [`Broadcast`]. A client that sends faster than its handlers run is stopped by its session.
//!
//! # Coming back
//!
//! With [`Recovery`], a client of Socket.IO whose session has ended comes back to its socket: its id, its rooms and its state,
//! and every event that was meant for it meanwhile. [`Socket::recovered`] says so. Where that cannot be done whole, it gets a
//! fresh socket, and knows it. An event that is too large for a client is none that it missed. Sessions of our own protocol outlive their connections, and have nothing to recover.
//!
//! # Clients
//!
//! Our own client speaks events over sessions of our protocol. With [`Builder::engine_io`](crate::Builder::engine_io), clients of Socket.IO 3 and 4
//! meet in the same rooms, and those of Socket.IO 2 where [Engine.IO 3](crate::EngineIo::allow_eio3) is allowed. For the latter the query of a namespace is what
//! [`Auth`] reads; they cannot come back, and do not know their socket's id, which is no more the session's for them than for others.
//!
//! Our own clients take messages as long as [`Limits::message`](crate::Limits::message), 64 KiB unless it is said; those of Socket.IO as long as
//! [`EngineIo::max_payload`](crate::EngineIo::max_payload), 1,000,000 bytes, where that is more. So an event may be too large for some who are in a room, and
//! only for them. Where both shall have the same, give both the same limit.
//!
//! # Cost
//!
//! A session has one task, which runs the handlers of all namespaces that it has joined: they do not wait for each other, but
//! one that computes for long, or blocks its thread, holds up the others, and hands that to [`spawn_blocking`](tokio::task::spawn_blocking). Runs of
//! [`concurrent`] handlers are tasks of their own. What waits for handlers is bounded for each socket and each session, what is
//! awaited of clients for each socket, and what is kept for those who come back for each namespace. An event for many is
//! written once.
//!
//! # What ends a session
//!
//! Whatever is no packet, an event for a namespace that was not joined, and a second CONNECT, as in the reference. In these
//! the reference is kinder: here, an id above 2^53-1 ends the session, more binary data in one event than
//! [`attachment_bytes`](EventsBuilder::attachment_bytes), and arguments that are nested too deeply. In these it is harsher: events that a client had
//! sent before it knew that it was disconnected are ignored here, and `450-["event"]` is an event without attachments.

mod ack;
mod args;
mod binary;
mod broadcast;
mod connection;
mod context;
mod error;
#[expect(clippy::module_inception, reason = "the type is the module's namesake")]
mod events;
mod handler;
mod handling;
mod handshake;
mod hub;
mod lives;
mod made;
mod memory;
mod messages;
mod namespace;
mod parcel;
mod queue;
mod reading;
mod reason;
mod revision;
mod ring;
mod running;
mod seats;
mod selection;
mod socket;
mod space;
mod worker;
mod writing;

pub use ack::Ack;
pub use args::{Args, Event, IntoArgs};
pub use binary::Binary;
pub use broadcast::{Answers, Broadcast};
pub use context::{Arrival, Auth, Context, Data, Departure, Extract, Incoming, Rejection, State};
pub use error::{AckError, EmitError, Refused};
pub use events::{Events, EventsBuilder, NamespaceError};
pub use handler::{Concurrent, Handler, IntoReply, IntoVerdict, Reply, concurrent};
pub use handshake::Handshake;
pub use memory::Recovery;
pub use namespace::Namespace;
pub use reason::DisconnectReason;
pub use socket::Socket;
