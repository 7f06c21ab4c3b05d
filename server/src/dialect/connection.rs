//! SockJS. Its links are WebSockets and responses that go on; the latter bring nothing up.

use super::{Answer, Core, Speaker};
use throughline_core::Time;
use throughline_core::session::{RequestId, Transmit};
use throughline_core::sockjs::{self, Connection, Down, Input, Up};
use throughline_core::wire::Carried;
use throughline_core::wire::native::Malformed;
use throughline_core::wire::websocket::{Close, write};

impl Speaker for Connection {
    type Up = Up;
    type Down = Down;
    type Request = sockjs::Request;
    type Answer = sockjs::Answer;

    fn of(core: &mut Core) -> Option<&mut Self> {
        match core {
            Core::SockJs(connection) => Some(connection),
            Core::Native(_) | Core::EngineIo(_) => None,
        }
    }

    fn answer(answer: Answer) -> Option<sockjs::Answer> {
        match answer {
            Answer::SockJs(answer) => Some(answer),
            Answer::Native(_) | Answer::EngineIo(_) => None,
        }
    }

    /// It ends when the request waits: one that comes later is told as well.
    fn may_tell_end(_request: &sockjs::Request) -> bool {
        false
    }

    fn decode(carried: Carried) -> Result<Up, Malformed> {
        Ok(Up::Carried(carried))
    }

    fn alive() -> Option<Up> {
        Some(Up::Alive)
    }

    fn closed() -> Option<Up> {
        Some(Up::Closed)
    }

    fn request(&mut self, now: Time, id: RequestId, request: sockjs::Request) {
        self.handle(now, Input::Request(id, request));
    }

    fn receive(&mut self, now: Time, link: u64, up: Up) {
        self.handle(now, Input::Received(link, up));
    }

    fn transmit(&mut self, now: Time, link: u64) -> Transmit<Down> {
        self.transmit(now, link)
    }

    fn write(
        &mut self,
        now: Time,
        link: u64,
        _most: usize,
        out: &mut Vec<u8>,
    ) -> Transmit<Option<Close>> {
        if self.write_messages(now, link, out) {
            return Transmit::Frame(None);
        }
        self.transmit(now, link).map(|down| write_down(down, out))
    }

    fn too_long(&mut self, now: Time, link: u64) {
        self.handle(now, Input::TooLong(link));
    }

    fn lose(&mut self, now: Time, link: u64) {
        self.handle(now, Input::Lost(link));
    }

    fn attends(&self, link: u64) -> Option<Time> {
        self.attends(link)
    }

    fn is_full(&self, link: u64) -> bool {
        self.is_full(link)
    }
}

/// Writes what goes down as a frame of WebSocket, unless it is what the connection is to be closed with.
fn write_down(down: Down, out: &mut Vec<u8>) -> Option<Close> {
    match down {
        Down::Text(text) => write::message(&Carried::Text(text), out),
        Down::Binary(bytes) => write::message(&Carried::Binary(bytes), out),
        Down::Ping => write::ping(out),
        Down::Close(code, reason) => {
            let reason = reason.into();
            return Some(Close { code, reason });
        }
    }
    None
}
