//! The echo example.
fn main() {}
