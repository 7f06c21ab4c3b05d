//! Every fault, one test each, named after what it does to those who talk through the proxy. The comment
//! above a test names its fault.

mod accept;
mod answer;
mod cache;
mod every;
mod forward;
mod lab;
mod line;
mod plain;
mod request;
mod response;
mod route;
mod server;
mod tunnel;
mod upgrade;
