//! Serving clients of SockJS: which request is which, and what it is answered with.
//!
//! A request takes the same way as one of ours: the front door looks at it, a session is opened or found, and the
//! core decides. Nothing here does; it reads URLs and writes answers as the reference does.

mod batch;
mod headers;
mod hixie76;
mod iframe;
mod info;
mod names;
mod path;
mod query;
mod receive;
mod send;
mod service;
mod settings;
mod streaming;
mod websocket;

pub(crate) use batch::Batch;
pub(crate) use names::Name;
pub use service::SockJsService;
pub use settings::SockJs;
