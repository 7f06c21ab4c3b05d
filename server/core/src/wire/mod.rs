//! Dialects: pure codecs between bytes and frames. Policy lives in the session, never here.

pub mod native;
