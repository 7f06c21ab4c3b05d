//! What the integration suites share.
//!
//! Nothing here knows the server's insides: the suites see what a user or a peer sees.

pub mod byhand;
pub mod client;
pub mod cutter;
pub mod engineio;
pub mod form;
pub mod http;
pub mod nginx;
pub mod program;
pub mod random;
pub mod raw;
pub mod repository;
pub mod server;
pub mod socket;
pub mod target;
pub mod wait;
