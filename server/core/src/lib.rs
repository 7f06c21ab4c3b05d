//! The session of Throughline as a deterministic state machine, and its wire formats.
//!
//! This crate has no I/O, no clock, no randomness and no threads: bytes, time and random numbers are
//! arguments. The same calls in the same order always give the same result, so a million messages
//! can be simulated in seconds and a failure replays from its seed.
//!
//! # The contract
//!
//! 1. A driver authenticates a `hello`, then calls [`Session::open`] (a new session) or
//!    [`Session::hello`] (an existing one) and sends the [`Welcome`](wire::native::Welcome).
//! 2. It hands in whatever happens with [`Session::handle`]: a `begin`, a frame, a poll, the loss of
//!    a link, or that a deadline has passed.
//! 3. The application's calls ([`send`](Session::send), [`take`](Session::take),
//!    [`close`](Session::close), [`abort`](Session::abort)) may come at any time.
//! 4. After any of these the driver drains [`Session::poll`] until it returns `None`,
//! 5. pulls frames for a WebSocket link with [`Session::transmit`] while its socket has room, and
//! 6. arranges to call [`Session::handle`] with [`Input::Timeout`] at [`Session::deadline`].

pub mod code;
mod collecting;
pub mod engineio;
pub mod limits;
pub mod message;
mod queue;
pub mod session;
pub mod sockjs;
pub mod time;
pub mod wire;

pub use code::{Band, Code};
pub use limits::Limits;
pub use message::Message;
pub use session::{Input, Output, Session};
pub use time::Time;
