//! The protocol's text, its vectors and the tests agree: every requirement is held by something that runs.

mod coverage;
mod requirements;
mod schemas;
