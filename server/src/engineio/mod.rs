//! Serving clients of Engine.IO: which request is which, and what it is answered with.
//!
//! A request takes the same way as one of ours: the front door looks at it, a session is opened or found, and the
//! core decides. Nothing here does; it reads URLs and writes answers as the reference does.

mod answer;
mod batch;
mod endpoint;
mod query;
mod settings;
mod sid;
mod websocket;

pub(crate) use answer::forbid;
pub(crate) use batch::Batch;
pub(crate) use endpoint::respond;
pub use settings::EngineIo;
