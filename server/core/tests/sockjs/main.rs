//! SockJS sessions: what their clients do, and what the session and its receivers make of it.

mod endings;
mod heartbeat;
mod play;
mod receiving;
mod repetitions;
mod sending;
mod streaming;
mod websocket;
