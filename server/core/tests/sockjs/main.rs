//! SockJS sessions: what their clients do, and what the session and its receivers make of it.

mod anything;
mod client;
mod clocks;
mod early;
mod endings;
mod heartbeat;
mod model;
mod play;
mod receiving;
mod repetitions;
mod sending;
mod streaming;
mod websocket;
