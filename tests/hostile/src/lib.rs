//! A proxy that breaks HTTP and WebSockets the way networks in the field do: composable, seeded, switched
//! while it runs. The command `hostile` is a few lines around it.
//!
//! The way of a request is one straight path; what can go wrong on it is data. A [`Fault`] is parsed from text
//! and makes small decisions at named points of a connection's life, which the path obeys without knowing
//! which fault made them. So faults compose, and a new one touches no other.
#![doc = include_str!("../README.md")]

mod body;
mod connection;
mod control;
mod counters;
mod exchange;
mod explain;
mod fault;
mod forward;
mod frames;
mod head;
mod line;
mod luck;
mod page;
mod proxy;
mod shaped;
mod shared;
mod target;
mod tunnel;
mod upstream;

pub use counters::Counts;
pub use explain::{explain, table};
pub use fault::{FAMILIES, Family, Fault, Kind, Malformed, Narrows};
pub use proxy::{Options, Proxy, State};
pub use target::{NoTarget, Target};
