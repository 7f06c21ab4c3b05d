//! The native dialect: frames, and their two forms on the wire (spec §4).
//!
//! `websocket` writes one frame as one WebSocket message, `batch` writes many as one HTTP body; both
//! share the body codec. Nothing here decides anything: bytes in, frames out, or `Malformed`.

pub mod batch;
mod body;
mod frame;
mod json;
mod malformed;
mod varint;
pub mod websocket;

pub(crate) use body::modulo;

pub use batch::{AnswerBatch, PollRequest, Request, Response};
pub use frame::{
    Abort, Answer, Begin, Close, Cursors, Frame, Hello, Item, Poll, Refuse, Secret, SecretError,
    Token, TokenAccepted, Welcome, WireLimits,
};
pub use json::{LONGEST as LONGEST_JSON, LONGEST_ID, LONGEST_REASON, LONGEST_TOKEN, PADDED};
pub use malformed::Malformed;
pub use varint::MAX as MAX_NUMBER;
