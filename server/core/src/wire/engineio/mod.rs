//! Engine.IO, protocols 3 and 4: packets, and their two forms on the wire.
//!
//! `websocket` writes one packet as one WebSocket message, `payload` many as one HTTP body. Nothing here
//! decides anything: bytes in, packets out, or `Malformed`. Facts: the Engine.IO protocol, versions 3 and 4.

mod handshake;
mod malformed;
mod packet;
pub mod payload;
mod refusal;
mod version;
pub mod websocket;

pub use handshake::Handshake;
pub use malformed::Malformed;
pub use packet::Packet;
pub use refusal::Refusal;
pub use version::Version;
