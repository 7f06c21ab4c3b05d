//! What servers speak over a WebSocket: how a message is packed, what is said before the first one, and what is answered to
//! what is none.
//!
//! A dialect has no I/O: it adds whole frames to what will be written.

pub(super) mod engineio;
pub(super) mod native;
mod plain;
pub(super) mod socketio;
pub(super) mod sockjs;

use crate::Outcome;
use std::time::Instant;

/// The dialects by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoken {
    Plain,
    Native,
    EngineIo,
    SocketIo,
    SockJs,
}

impl Spoken {
    /// Whether sessions open by polling and move to a WebSocket.
    pub(crate) const fn upgrades(self) -> bool {
        matches!(self, Self::Native | Self::EngineIo | Self::SocketIo)
    }

    /// Whether there are polls that do not wait: ours, and bare ones that are measured beside them.
    pub(crate) const fn polls_periodically(self) -> bool {
        matches!(self, Self::Native | Self::Plain)
    }

    /// A client of it.
    pub(crate) fn client(self) -> Box<dyn Dialect> {
        match self {
            Self::Plain => Box::new(plain::Plain),
            Self::Native => Box::new(native::Native::default()),
            Self::EngineIo => Box::new(engineio::EngineIo::default()),
            Self::SocketIo => Box::new(socketio::SocketIo::default()),
            Self::SockJs => Box::new(sockjs::SockJs::default()),
        }
    }
}

/// Takes the messages that a frame held.
pub(crate) type Each<'a> = &'a mut dyn FnMut(&[u8]) -> Outcome<()>;

/// One connection's side of a dialect.
pub(crate) trait Dialect {
    /// Where its WebSocket is.
    fn path(&self) -> String;

    /// What is said as soon as there is a WebSocket.
    fn greet(&mut self, _output: &mut Vec<u8>) {}

    /// Whether messages may be sent.
    fn is_open(&self) -> bool;

    /// Packs a message, which `fill` writes.
    fn write(&mut self, output: &mut Vec<u8>, fill: &mut dyn FnMut(&mut Vec<u8>));

    /// Takes a frame, hands on its messages, and writes what must be answered.
    fn read(
        &mut self,
        opcode: u8,
        payload: &[u8],
        output: &mut Vec<u8>,
        each: Each<'_>,
    ) -> Outcome<()>;

    /// What is said on a WebSocket that a session moves to, once no poll is under way any more.
    fn moved(&mut self, _output: &mut Vec<u8>) {}

    /// What is said before leaving for good.
    fn bye(&mut self, _output: &mut Vec<u8>) {}

    /// What the protocol wants to be said about all that was read until now.
    fn report(&mut self, _now: Instant, _output: &mut Vec<u8>) {}
}

fn unexpected(opcode: u8, payload: &[u8]) -> crate::Outcome<()> {
    let shown = &payload[..payload.len().min(100)];
    Err(format!("an unexpected frame {opcode}: {}", shown.escape_ascii()).into())
}
