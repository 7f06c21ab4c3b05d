//! Engine.IO 4 over polling: packets with a separator between them, and a stamp on each request.

use super::{Fill, Polling};
use crate::Outcome;
use crate::load::dialect::{Dialect, Each, engineio};
use crate::load::http::Request;
use serde::Deserialize;

pub(super) const SEPARATOR: u8 = 0x1e;

pub(super) struct EngineIo {
    base: &'static str,
    pub(super) sid: String,
    requests: u32,
}

#[derive(Deserialize)]
struct Opened {
    sid: String,
}

impl EngineIo {
    pub(super) const fn new(base: &'static str) -> Self {
        Self {
            base,
            sid: String::new(),
            requests: 0,
        }
    }

    fn path(&mut self) -> String {
        let (base, sid, stamp) = (self.base, &self.sid, self.requests);
        self.requests += 1;
        match sid.as_str() {
            "" => format!("{base}?EIO=4&transport=polling&t={stamp}"),
            sid => format!("{base}?EIO=4&transport=polling&t={stamp}&sid={sid}"),
        }
    }

    /// A request that carries this packet.
    pub(super) fn post(&mut self, packet: Vec<u8>) -> Request {
        Request::post(self.path(), packet)
    }
}

impl Polling for EngineIo {
    fn open(&mut self, answer: Option<&[u8]>) -> Outcome<Option<Request>> {
        match answer {
            None => Ok(Some(self.poll())),
            Some([b'0', opened @ ..]) => {
                self.sid = serde_json::from_slice::<Opened>(opened)?.sid;
                Ok(None)
            }
            Some(other) => Err(format!("not opened: {}", other.escape_ascii()).into()),
        }
    }

    fn send(&mut self, fill: Fill<'_>) -> Request {
        let mut packet = vec![b'4'];
        fill(&mut packet);
        self.post(packet)
    }

    fn poll(&mut self) -> Request {
        Request::get(self.path())
    }

    fn upgrade(&self) -> Option<Box<dyn Dialect>> {
        Some(Box::new(engineio::EngineIo::moving(self.sid.clone())))
    }

    /// A ping is not answered: no measurement takes as long as a server would wait.
    fn polled(&mut self, answer: &[u8], each: Each<'_>) -> Outcome<()> {
        for packet in answer.split(|byte| *byte == SEPARATOR) {
            match packet {
                [b'4', message @ ..] => each(message)?,
                [b'2' | b'6'] => {}
                _ => return Err(format!("not a packet: {}", packet.escape_ascii()).into()),
            }
        }
        Ok(())
    }
}
