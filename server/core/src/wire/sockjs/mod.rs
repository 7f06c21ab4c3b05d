//! SockJS: frames down, JSON up, and how each of its transports carries a frame.
//!
//! Facts: the protocol that SockJS 0.3.3 describes, as its reference server and its client 1.6 speak it.

mod callback;
mod frame;
mod incoming;
mod quote;
mod transport;

pub use callback::{BadCallback, Callback};
pub use frame::{Batch, HEARTBEAT, OPEN, Sink, close};
pub use incoming::{Incoming, Malformed};
pub use transport::Transport;
