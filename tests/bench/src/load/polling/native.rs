//! Our own protocol over long polling (spec §8): batches of frames, with cursors in each.

use super::{Fill, Polling};
use crate::Outcome;
use crate::load::dialect::native::{self, Resumed, header, hello, varint};
use crate::load::dialect::{Dialect, Each};
use crate::load::http::Request;
use serde::Deserialize;

const MAGIC: &[u8] = b"TL1\xff";
const WELCOME: u8 = 0x02;
const POLL: u8 = 0x05;
const ANSWER: u8 = 0x06;
/// Milliseconds, and bytes, as the client for browsers asks for them.
const HOLD: u64 = 25_000;
const MOST: u64 = 64 * 1024;

#[derive(Default)]
pub(super) struct Native {
    opened: Welcome,
    requests: u64,
    sent: u64,
    received: u64,
}

#[derive(Default, Deserialize)]
struct Welcome {
    session: String,
    secret: String,
    generation: u64,
}

impl Native {
    /// A poll, and the one message that it carries.
    fn request(&mut self, hold: u64, message: Option<&[u8]>) -> Request {
        self.requests += 1;
        let mut poll = Vec::with_capacity(128);
        for text in [&self.opened.session, &self.opened.secret] {
            varint(text.len() as u64, &mut poll);
            poll.extend_from_slice(text.as_bytes());
        }
        let (number, received) = (self.requests, self.received);
        let first = self.sent + 1;
        // What came is taken at once, so both cursors are one; the next request follows at once.
        for number in [
            self.opened.generation,
            number,
            received,
            received,
            first,
            hold,
            0,
            MOST,
        ] {
            varint(number, &mut poll);
        }
        let mut batch = MAGIC.to_vec();
        push(POLL, &poll, &mut batch);
        if let Some(message) = message {
            self.sent += 1;
            push(header(self.sent), message, &mut batch);
        }
        let frames = 1 + u8::from(message.is_some());
        batch.extend_from_slice(&[0, frames]);
        Request::post("/realtime/poll".to_owned(), batch)
    }
}

impl Polling for Native {
    fn open(&mut self, answer: Option<&[u8]>) -> Outcome<Option<Request>> {
        let Some(answer) = answer else {
            let mut frame = Vec::new();
            hello(None, &mut frame);
            let mut batch = MAGIC.to_vec();
            push(frame[0], &frame[1..], &mut batch);
            batch.extend_from_slice(&[0, 1]);
            return Ok(Some(Request::post("/realtime/poll".to_owned(), batch)));
        };
        if self.requests == 0 {
            let (kind, body, _) = frame(answer.strip_prefix(MAGIC).unwrap_or_default())?;
            if kind != WELCOME {
                return Err(format!("not a welcome: {}", answer.escape_ascii()).into());
            }
            self.opened = serde_json::from_slice(body)?;
            // The first poll begins the session; it does not wait.
            return Ok(Some(self.request(0, None)));
        }
        self.polled(answer, &mut |_| Err("too early".into()))?;
        Ok(None)
    }

    fn send(&mut self, fill: Fill<'_>) -> Request {
        let mut message = Vec::new();
        fill(&mut message);
        // The server may hold it like any poll: what it brings about comes down with its answer.
        self.request(HOLD, Some(&message))
    }

    fn sent(&mut self, answer: &[u8], each: Each<'_>) -> Outcome<()> {
        self.polled(answer, each)
    }

    fn glance(&mut self, fill: Option<Fill<'_>>) -> Option<Request> {
        let message = fill.map(|fill| {
            let mut message = Vec::new();
            fill(&mut message);
            message
        });
        Some(self.request(0, message.as_deref()))
    }

    fn upgrade(&self) -> Option<Box<dyn Dialect>> {
        let Welcome {
            session, secret, ..
        } = &self.opened;
        let resumed = Resumed {
            session: session.clone(),
            secret: secret.clone(),
        };
        Some(Box::new(native::Native::resuming(resumed)))
    }

    fn poll(&mut self) -> Request {
        self.request(HOLD, None)
    }

    fn polled(&mut self, answer: &[u8], each: Each<'_>) -> Outcome<()> {
        let mut rest = answer.strip_prefix(MAGIC).unwrap_or_default();
        loop {
            let (kind, body, next) = frame(rest)?;
            rest = next;
            match kind {
                0 => return Ok(()),
                ANSWER => {}
                kind if kind == header(self.received + 1) => {
                    self.received += 1;
                    each(body)?;
                }
                _ => return Err(format!("not expected: {}", answer.escape_ascii()).into()),
            }
        }
    }

    fn always_polls(&self) -> bool {
        false
    }
}

fn push(header: u8, body: &[u8], batch: &mut Vec<u8>) {
    batch.push(header);
    varint(body.len() as u64, batch);
    batch.extend_from_slice(body);
}

/// The first frame, its body, and what follows. Of the end mark the body is nothing.
fn frame(batch: &[u8]) -> Outcome<(u8, &[u8], &[u8])> {
    let (&kind, mut rest) = batch.split_first().ok_or("half a batch")?;
    if kind == 0 {
        return Ok((kind, &[], rest));
    }
    let (mut length, mut shift) = (0, 0);
    loop {
        let (&byte, next) = rest.split_first().ok_or("half a length")?;
        rest = next;
        length |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            break;
        }
    }
    let (body, rest) = rest.split_at_checked(length).ok_or("half a frame")?;
    Ok((kind, body, rest))
}
