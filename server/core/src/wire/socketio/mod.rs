//! Socket.IO, protocol 5: packets for namespaces, as messages of any session.
//!
//! A packet is one text message and, where its payload holds binary data, one binary message for each
//! attachment behind it. `decode` reads messages within bounds, `encode` writes packets,
//! `draft` those whose payload is not there yet. Nothing here decides anything: what may come when is the business of whoever reads.

mod decode;
mod draft;
mod encode;
mod event;
mod look;
mod malformed;
mod packet;
mod quote;
mod values;

pub use super::surrogates::readable;
pub use decode::Decoder;
pub use draft::Draft;
pub use event::is_reserved;
pub use malformed::Malformed;
pub use packet::{Body, MOST_ATTACHMENTS, Packet, Payload};
pub use quote::quote;
pub use values::Values;
