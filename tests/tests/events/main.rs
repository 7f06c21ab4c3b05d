//! The events layer, as a client and an application see it: packets over sessions of our own protocol.

mod acks;
mod broadcast;
mod dialects;
mod foreign;
mod handlers;
mod order;
mod peer;
mod reactions;
mod recovery;
mod sharing;
