//! SockJS over `xhr` polling: the frames of its WebSocket, each with a line break behind it, and a stamp on each request.

use super::{Fill, Polling};
use crate::Outcome;
use crate::load::dialect::{Each, sockjs};
use crate::load::http::Request;

pub(super) struct SockJs {
    session: String,
    requests: u32,
}

impl SockJs {
    fn post(&mut self, to: &str, body: Vec<u8>) -> Request {
        self.requests += 1;
        let path = format!("{}/{to}?t={}", self.session, self.requests);
        Request::post(path, body)
    }
}

impl Default for SockJs {
    fn default() -> Self {
        Self {
            session: sockjs::session(),
            requests: 0,
        }
    }
}

impl Polling for SockJs {
    fn open(&mut self, answer: Option<&[u8]>) -> Outcome<Option<Request>> {
        match answer {
            None => Ok(Some(self.poll())),
            Some(b"o\n") => Ok(None),
            Some(other) => Err(format!("not opened: {}", other.escape_ascii()).into()),
        }
    }

    fn send(&mut self, fill: Fill<'_>) -> Request {
        let mut body = br#"[""#.to_vec();
        fill(&mut body);
        body.extend_from_slice(br#""]"#);
        self.post("xhr_send", body)
    }

    fn poll(&mut self) -> Request {
        self.post("xhr", Vec::new())
    }

    fn polled(&mut self, answer: &[u8], each: Each<'_>) -> Outcome<()> {
        match answer {
            b"h\n" => Ok(()),
            [b'a', b'[', b'"', strings @ .., b'"', b']', b'\n'] => {
                sockjs::each_string(strings, each)
            }
            other => Err(format!("not a frame: {}", other.escape_ascii()).into()),
        }
    }
}
