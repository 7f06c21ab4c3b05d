//! Frames of WebSocket (RFC 6455, section 5), as a server reads and writes them.
//!
//! A [`Decoder`] keeps nothing but what has arrived of an unfinished message, and whatever is wrong is known by the header
//! where it can be: no bytes are kept for a message that is longer than its limit. No extension is spoken, so a frame that
//! would need one is refused.
//!
//! ```
//! use throughline_core::wire::Carried;
//! use throughline_core::wire::websocket::{Decoder, Received, write};
//!
//! // "Hi" with a mask of zeros, which changes nothing.
//! let mut bytes = [0x81, 0x82, 0, 0, 0, 0, b'H', b'i'];
//! let mut rest = &mut bytes[..];
//! let mut decoder = Decoder::new(1024);
//! let received = decoder.decode(&mut rest)?;
//! let text = Carried::Text("Hi".into());
//! assert_eq!(received, Some(Received::Message(text.clone())));
//! assert!(rest.is_empty());
//!
//! let mut out = Vec::new();
//! write::message(&text, &mut out);
//! assert_eq!(out, *b"\x81\x02Hi");
//! # Ok::<(), throughline_core::wire::websocket::Failure>(())
//! ```

mod close;
mod decoder;
mod failure;
mod header;
mod mask;
pub mod write;

pub use close::Close;
pub use decoder::{Decoder, Received};
pub use failure::Failure;
pub use header::Opcode;
