//! The demo example.
fn main() {}
