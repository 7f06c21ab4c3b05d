//! The client's side of a session as a deterministic state machine, written from the specification.
//!
//! It has no I/O and no clock, so the simulator, tests over real sockets and load generators share it. It
//! never touches the server's session: of the core it uses the codec's types, messages, codes and
//! time alone. What it leaves to its driver is policy: which transports to try, and when to change.
//!
//! # The contract
//!
//! 1. [`Client::open`] makes a link. For a WebSocket the driver connects, and says [`Input::Opened`].
//! 2. [`Output::Offered`] says that a link proved itself, both ways. [`Client::begin`] moves the session
//!    onto it, whatever carried it before: the first connect, a change of transport and a resume are
//!    the same call. Several links may be open at once; one carries the session.
//! 3. The driver hands in what happens with [`Client::handle`], and the application calls
//!    [`send`](Client::send), [`take`](Client::take), [`close`](Client::close).
//! 4. After any of these it drains [`Client::poll`] until it returns `None`, and
//! 5. arranges to call [`Client::handle`] with [`Input::Timeout`] at [`Client::deadline`].

mod application;
mod attach;
mod end;
mod inbox;
mod link;
mod log;
mod polled;
mod session;
mod stream;

pub use application::SendError;
pub use end::{End, Fate};
pub use link::{Carrier, LinkEnd, LinkId, Polling, RequestId};
pub use session::{Client, Input, Output, Setup};
