//! Engine.IO.

use super::{Answer, Core, Speaker};
use throughline_core::Time;
use throughline_core::engineio::{self, Engine};
use throughline_core::session::{RequestId, Transmit};
use throughline_core::wire::Carried;
use throughline_core::wire::native::Malformed;
use throughline_core::wire::websocket::Close;

impl Speaker for Engine {
    type Up = Carried;
    type Down = Carried;
    type Request = engineio::Request;
    type Answer = engineio::Answer;

    fn of(core: &mut Core) -> Option<&mut Self> {
        match core {
            Core::Native(_) | Core::SockJs(_) => None,
            Core::EngineIo(engine) => Some(engine),
        }
    }

    fn answer(answer: Answer) -> Option<engineio::Answer> {
        match answer {
            Answer::Native(_) | Answer::SockJs(_) => None,
            Answer::EngineIo(answer) => Some(answer),
        }
    }

    /// It ends when the request waits: one that comes later finds nothing.
    fn may_tell_end(_request: &engineio::Request) -> bool {
        false
    }

    fn decode(carried: Carried) -> Result<Carried, Malformed> {
        Ok(carried)
    }

    /// Its clients have a heartbeat of their own.
    fn alive() -> Option<Carried> {
        None
    }

    /// Its clients have a goodbye of their own.
    fn closed() -> Option<Carried> {
        None
    }

    fn request(&mut self, now: Time, id: RequestId, request: engineio::Request) {
        self.handle(now, engineio::Input::Request(id, request));
    }

    fn receive(&mut self, now: Time, link: u64, carried: Carried) {
        self.handle(now, engineio::Input::Received(link, carried));
    }

    fn transmit(&mut self, now: Time, link: u64) -> Transmit<Carried> {
        self.transmit(now, link)
    }

    fn write(
        &mut self,
        now: Time,
        link: u64,
        most: usize,
        out: &mut Vec<u8>,
    ) -> Transmit<Option<Close>> {
        self.write(now, link, most, out).map(|()| None)
    }

    fn too_long(&mut self, now: Time, link: u64) {
        self.handle(now, engineio::Input::TooLong(link));
    }

    fn lose(&mut self, now: Time, link: u64) {
        self.handle(now, engineio::Input::Lost(link));
    }

    fn attends(&self, link: u64) -> Option<Time> {
        self.attends(link)
    }

    fn is_full(&self, link: u64) -> bool {
        self.is_full(link)
    }
}
