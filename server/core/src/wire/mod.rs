//! Dialects: pure codecs between bytes and frames. Policy lives in the session, never here.

mod carried;
pub mod native;

pub use carried::Carried;
