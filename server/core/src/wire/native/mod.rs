//! The native dialect: frames, and their two forms on the wire (spec §4).
//!
//! `websocket` writes one frame as one WebSocket message, `batch` writes many as one HTTP body; both
//! share the body codec. Nothing here decides anything: bytes in, frames out, or `Malformed`.

mod frame;

pub use frame::{
    Abort, Answer, Begin, Close, Cursors, Frame, Hello, Item, Poll, Refuse, Secret, SecretError,
    Token, TokenAccepted, Welcome, WireLimits,
};
