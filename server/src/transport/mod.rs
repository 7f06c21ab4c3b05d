//! The transports: bytes in, bytes out, "it ended". They decide nothing.
//!
//! `websocket` streams. `http` serves long polling and periodic polling alike: they differ in when an
//! answer is given, which is the core's matter, so here they are one code path.

pub(crate) mod body;
pub(crate) mod form;
pub(crate) mod header;
pub(crate) mod http;
pub(crate) mod polling;
pub(crate) mod query;
pub(crate) mod websocket;
