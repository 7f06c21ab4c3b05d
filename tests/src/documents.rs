//! The Rust examples in the repository's documents, compiled as documentation tests.

#![doc = include_str!("../../README.md")]
