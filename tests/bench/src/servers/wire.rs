//! How a bare WebSocket packs its messages: as they are, or by hand as the clients of Socket.IO and of SockJS want them.
//!
//! By hand means that `serde_json` reads and writes their JSON, and that there is nothing else of those protocols: no session, no
//! heartbeat, and nothing is kept.

use crate::Outcome;
use axum::extract::ws::Utf8Bytes;

pub(super) trait Wire {
    /// Where clients look for it.
    const PATH: &str;
    /// What is said first.
    const GREETING: Option<&str>;

    /// What a text says.
    fn read(text: Utf8Bytes) -> Outcome<Said>;

    /// A message as it travels.
    fn pack(message: Utf8Bytes) -> Outcome<Utf8Bytes>;
}

pub(super) enum Said {
    Message(Utf8Bytes),
    /// That is no message, and this is the answer to it.
    Else(&'static str),
}

pub(super) struct Plain;

impl Wire for Plain {
    const PATH: &str = "/ws";
    const GREETING: Option<&str> = None;

    fn read(text: Utf8Bytes) -> Outcome<Said> {
        Ok(Said::Message(text))
    }

    fn pack(message: Utf8Bytes) -> Outcome<Utf8Bytes> {
        Ok(message)
    }
}

pub(super) struct SocketIo;

impl Wire for SocketIo {
    const PATH: &str = "/socket.io/";
    const GREETING: Option<&str> = Some("0{}");

    fn read(text: Utf8Bytes) -> Outcome<Said> {
        let Some(event) = text.strip_prefix("42") else {
            return Ok(Said::Else("40{}"));
        };
        let (_name, message): (&str, String) = serde_json::from_str(event)?;
        Ok(Said::Message(message.into()))
    }

    fn pack(message: Utf8Bytes) -> Outcome<Utf8Bytes> {
        let event = serde_json::to_string(&("m", message.as_str()))?;
        Ok(format!("42{event}").into())
    }
}

pub(super) struct SockJs;

impl Wire for SockJs {
    const PATH: &str = "/sockjs/{server}/{session}/websocket";
    const GREETING: Option<&str> = Some("o");

    fn read(text: Utf8Bytes) -> Outcome<Said> {
        let [message]: [String; 1] = serde_json::from_str(&text)?;
        Ok(Said::Message(message.into()))
    }

    fn pack(message: Utf8Bytes) -> Outcome<Utf8Bytes> {
        let messages = serde_json::to_string(&[message.as_str()])?;
        Ok(format!("a{messages}").into())
    }
}
