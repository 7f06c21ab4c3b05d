//! The load: clients that cost little, so that the server is what is measured.
//!
//! They have framing and HTTP of their own, on one thread, and check every message that comes for content and order.

pub(crate) mod arrivals;
pub(crate) mod connection;
pub(crate) mod dialect;
pub(crate) mod frame;
pub(crate) mod http;
pub(crate) mod message;
pub(crate) mod polling;
