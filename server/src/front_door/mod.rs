//! The front door: who may come in, before any session is touched.
//!
//! Origin, address, authentication, handshake and capacity are each a small file of pure functions
//! where that is possible. Nothing here knows a transport or the state of a session.

pub(crate) mod address;
pub(crate) mod auth;
pub(crate) mod capacity;
pub(crate) mod client_assets;
pub(crate) mod cors;
pub(crate) mod handshake;
pub(crate) mod head;
pub(crate) mod identity;
pub(crate) mod origin;
pub(crate) mod refusal;
pub(crate) mod tokens;
pub(crate) mod warnings;
