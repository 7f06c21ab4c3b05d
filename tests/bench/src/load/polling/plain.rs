//! Bare handlers: one answers a poll with one message, one takes a message, and one does both at once, and does not wait.

use super::{Fill, Polling};
use crate::Outcome;
use crate::load::dialect::Each;
use crate::load::http::Request;

#[derive(Default)]
pub(super) struct Plain {
    id: String,
}

impl Polling for Plain {
    fn open(&mut self, answer: Option<&[u8]>) -> Outcome<Option<Request>> {
        let Some(id) = answer else {
            return Ok(Some(Request::post("/open".to_owned(), Vec::new())));
        };
        self.id = String::from_utf8(id.to_vec())?;
        Ok(None)
    }

    fn send(&mut self, fill: Fill<'_>) -> Request {
        let mut body = Vec::new();
        fill(&mut body);
        Request::post(format!("/send/{}", self.id), body)
    }

    fn poll(&mut self) -> Request {
        Request::get(format!("/poll/{}", self.id))
    }

    fn glance(&mut self, fill: Option<Fill<'_>>) -> Option<Request> {
        let mut body = Vec::new();
        if let Some(fill) = fill {
            fill(&mut body);
        }
        Some(Request::post(format!("/glance/{}", self.id), body))
    }

    fn glanced(&mut self, answer: &[u8], each: Each<'_>) -> Outcome<()> {
        match answer {
            [] => Ok(()),
            message => each(message),
        }
    }

    fn polled(&mut self, answer: &[u8], each: Each<'_>) -> Outcome<()> {
        each(answer)
    }
}
