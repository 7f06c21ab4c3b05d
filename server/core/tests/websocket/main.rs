//! Frames of WebSocket: the cases that conformance suites try (RFC 6455), and properties over all ways to cut what arrives.

mod anything;
mod cases;
mod client;
