//! Engine.IO sessions: what their clients do, and what the session and its requests make of it.

mod endings;
mod heartbeat;
mod play;
mod polling;
mod repetitions;
mod streams;
mod uplink;
mod versions;
