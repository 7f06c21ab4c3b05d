//! Every multi-step job of the project.
fn main() {}
