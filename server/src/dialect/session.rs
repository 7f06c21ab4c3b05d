//! The protocol of this project, whose core is the session itself.

use super::{Answer, Core, Speaker};
use throughline_core::Time;
use throughline_core::session::{Input, RequestId, Session, Transmit};
use throughline_core::wire::Carried;
use throughline_core::wire::native::websocket::decode;
use throughline_core::wire::native::{Frame, Malformed, PollRequest, Response};
use throughline_core::wire::websocket::Close;

impl Speaker for Session {
    type Up = Frame;
    type Down = Frame;
    type Request = PollRequest;
    type Answer = Response;

    fn of(core: &mut Core) -> Option<&mut Self> {
        match core {
            Core::Native(session) => Some(session),
            Core::EngineIo(_) | Core::SockJs(_) => None,
        }
    }

    fn answer(answer: Answer) -> Option<Response> {
        match answer {
            Answer::Native(response) => Some(response),
            Answer::EngineIo(_) | Answer::SockJs(_) => None,
        }
    }

    fn may_tell_end(request: &PollRequest) -> bool {
        request.items.is_empty()
    }

    fn decode(carried: Carried) -> Result<Frame, Malformed> {
        decode(carried)
    }

    /// Any byte is a sign of life (spec LIV-1), and this is the frame that says nothing else.
    fn alive() -> Option<Frame> {
        Some(Frame::Pong(0))
    }

    /// A link that ends is not the end of a session.
    fn closed() -> Option<Frame> {
        None
    }

    fn request(&mut self, now: Time, id: RequestId, request: PollRequest) {
        self.handle(now, Input::Request(id, request));
    }

    fn receive(&mut self, now: Time, generation: u64, frame: Frame) {
        self.handle(now, Input::Frame(generation, frame));
    }

    fn transmit(&mut self, now: Time, generation: u64) -> Transmit {
        self.transmit(now, generation)
    }

    fn write(
        &mut self,
        now: Time,
        generation: u64,
        most: usize,
        out: &mut Vec<u8>,
    ) -> Transmit<Option<Close>> {
        self.write(now, generation, most, out).map(|()| None)
    }

    /// Spec FLW-4.
    fn too_long(&mut self, _now: Time, generation: u64) {
        if self.generation() == generation {
            let code = throughline_core::Code::MESSAGE_TOO_LARGE;
            self.abort(code, code.reason(), None);
        }
    }

    fn lose(&mut self, now: Time, generation: u64) {
        self.handle(now, Input::LinkLost(generation));
    }

    fn attends(&self, generation: u64) -> Option<Time> {
        self.deadline()
            .filter(|_| self.carrier() == Some(generation))
    }

    /// It never is: the client's window is the bound.
    fn is_full(&self, _generation: u64) -> bool {
        false
    }
}
