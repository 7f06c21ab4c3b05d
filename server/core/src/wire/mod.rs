//! Dialects: pure codecs between bytes and frames. Policy lives in the session, never here.

mod carried;
pub mod engineio;
mod json;
mod keep;
pub mod native;
mod scan;
pub mod socketio;
pub mod sockjs;
mod surrogates;
mod unquote;
pub mod websocket;

pub use carried::Carried;
