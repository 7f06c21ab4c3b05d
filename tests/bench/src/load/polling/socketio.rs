//! Socket.IO 5 over Engine.IO's polling: a message is an event `m` of the main namespace.

use super::engineio::{EngineIo, SEPARATOR};
use super::{Fill, Polling};
use crate::Outcome;
use crate::load::dialect::{Dialect, Each, socketio};
use crate::load::http::Request;

const START: &[u8] = br#"2["m",""#;
const END: &[u8] = br#""]"#;

pub(super) struct SocketIo {
    engine: EngineIo,
    step: Step,
}

enum Step {
    Engine,
    Connect,
    Connected,
}

impl Default for SocketIo {
    fn default() -> Self {
        Self {
            engine: EngineIo::new("/socket.io/"),
            step: Step::Engine,
        }
    }
}

impl Polling for SocketIo {
    fn open(&mut self, answer: Option<&[u8]>) -> Outcome<Option<Request>> {
        match self.step {
            Step::Engine => {
                let request = self.engine.open(answer)?;
                if request.is_some() {
                    return Ok(request);
                }
                self.step = Step::Connect;
                Ok(Some(self.engine.post(b"40".to_vec())))
            }
            Step::Connect => {
                self.step = Step::Connected;
                Ok(Some(self.engine.poll()))
            }
            Step::Connected => {
                let mut packets = answer.unwrap_or_default().split(|byte| *byte == SEPARATOR);
                match packets.any(|packet| packet.starts_with(b"40")) {
                    true => Ok(None),
                    false => Err("not connected".into()),
                }
            }
        }
    }

    fn send(&mut self, fill: Fill<'_>) -> Request {
        self.engine.send(&mut |output| {
            output.extend_from_slice(START);
            fill(output);
            output.extend_from_slice(END);
        })
    }

    fn upgrade(&self) -> Option<Box<dyn Dialect>> {
        Some(Box::new(socketio::SocketIo::moving(
            self.engine.sid.clone(),
        )))
    }

    fn poll(&mut self) -> Request {
        self.engine.poll()
    }

    fn polled(&mut self, answer: &[u8], each: Each<'_>) -> Outcome<()> {
        self.engine.polled(answer, &mut |packet| {
            let event = packet.strip_prefix(START);
            let message = event.and_then(|event| event.strip_suffix(END));
            each(message.ok_or_else(|| format!("not an event: {}", packet.escape_ascii()))?)
        })
    }
}
