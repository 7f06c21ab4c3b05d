//! What the integration suites share.
//!
//! Nothing here knows the server's insides: the suites see what a user or a peer sees.

pub mod repository;
