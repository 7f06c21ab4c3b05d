//! Reading frames: bytes as they arrive, cut wherever the network cut them, become messages.
//!
//! What arrives whole is unmasked where it lies and copied once. Only what is not whole is kept, in memory that grows with
//! what has come and not with what a header promises.

use super::header::{self, Header, Opcode};
use super::{Close, Failure, mask};
use crate::wire::Carried;
use bytes::Bytes;
use bytestring::ByteString;

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// A message, whole.
    Message(Carried),
    /// To be answered with what it says.
    Ping(Bytes),
    /// A sign of life.
    Pong,
    /// The peer sends nothing more. What follows it is not to be decoded.
    Close(Option<Close>),
}

/// Reads what one client sends.
#[derive(Debug)]
pub struct Decoder {
    longest: usize,
    /// The start of a header.
    start: Start,
    /// A frame whose header has been read, and what has come of its payload.
    frame: Option<(Header, Vec<u8>)>,
    /// A message whose last frame has not come.
    message: Option<(Opcode, Vec<u8>)>,
}

/// Bytes of a header that is not whole.
#[derive(Debug, Default)]
struct Start {
    bytes: [u8; header::LONGEST],
    length: u8,
}

impl Decoder {
    /// Of a connection that has just begun, for messages of at most so many bytes.
    #[must_use]
    pub fn new(longest: usize) -> Self {
        Self {
            longest,
            start: Start::default(),
            frame: None,
            message: None,
        }
    }

    /// Takes from the front of `input` until something is whole; `None` when all of it was taken and more has to come.
    ///
    /// # Errors
    /// [`Failure`]: the connection is to be failed, and this decoder is of no more use.
    pub fn decode(&mut self, input: &mut &mut [u8]) -> Result<Option<Received>, Failure> {
        loop {
            let Some((header, payload)) = self.next_frame(input)? else {
                return Ok(None);
            };
            if let Some(received) = self.receive(header, payload)? {
                return Ok(Some(received));
            }
        }
    }

    /// The next whole frame.
    fn next_frame(&mut self, input: &mut &mut [u8]) -> Result<Option<(Header, Vec<u8>)>, Failure> {
        if self.frame.is_none() {
            let Some(header) = self.next_header(input)? else {
                return Ok(None);
            };
            self.check(header)?;
            // It is no longer than the limit of a message.
            let length = header.length as usize;
            if length <= input.len() {
                let payload = take(input, length);
                mask::apply(header.mask, 0, payload);
                return Ok(Some((header, payload.to_vec())));
            }
            self.frame = Some((header, Vec::new()));
        }
        Ok(self.go_on(input))
    }

    /// Adds to a frame that came in part.
    fn go_on(&mut self, input: &mut &mut [u8]) -> Option<(Header, Vec<u8>)> {
        let (header, payload) = self.frame.as_mut()?;
        let missing = header.length as usize - payload.len();
        let more = take(input, missing.min(input.len()));
        mask::apply(header.mask, payload.len(), more);
        grow(payload, more.len(), missing);
        payload.extend_from_slice(more);
        if more.len() < missing {
            return None;
        }
        self.frame.take()
    }

    fn next_header(&mut self, input: &mut &mut [u8]) -> Result<Option<Header>, Failure> {
        if self.start.length == 0
            && let Some((header, length)) = Header::read(input)?
        {
            take(input, length);
            return Ok(Some(header));
        }
        while !input.is_empty() {
            self.start.push(take(input, 1)[0]);
            if let Some((header, _)) = Header::read(self.start.bytes())? {
                self.start.length = 0;
                return Ok(Some(header));
            }
        }
        Ok(None)
    }

    /// What a header may not say at this place.
    fn check(&self, header: Header) -> Result<(), Failure> {
        if header.opcode.is_control() {
            return Ok(());
        }
        match (header.opcode, &self.message) {
            (Opcode::Continuation, None) => {
                return Err(Failure::Protocol("a continuation of nothing"));
            }
            (Opcode::Text | Opcode::Binary, Some(_)) => {
                return Err(Failure::Protocol("a message within a message"));
            }
            _ => {}
        }
        let before = self.message.as_ref().map_or(0, |(_, before)| before.len());
        if header.length > (self.longest - before) as u64 {
            return Err(Failure::TooLong);
        }
        Ok(())
    }

    fn receive(&mut self, header: Header, payload: Vec<u8>) -> Result<Option<Received>, Failure> {
        Ok(match header.opcode {
            Opcode::Ping => Some(Received::Ping(payload.into())),
            Opcode::Pong => Some(Received::Pong),
            Opcode::Close => Some(Received::Close(Close::read(&payload)?)),
            Opcode::Text | Opcode::Binary if header.is_final => {
                Some(whole(header.opcode, payload.into())?)
            }
            Opcode::Text | Opcode::Binary => {
                self.message = Some((header.opcode, payload));
                None
            }
            Opcode::Continuation => self.continued(header.is_final, &payload)?,
        })
    }

    fn continued(&mut self, is_final: bool, payload: &[u8]) -> Result<Option<Received>, Failure> {
        if let Some((_, message)) = &mut self.message {
            message.extend_from_slice(payload);
        }
        if !is_final {
            return Ok(None);
        }
        let message = self.message.take();
        message
            .map(|(opcode, mut message)| {
                message.shrink_to_fit();
                whole(opcode, message.into())
            })
            .transpose()
    }
}

impl Start {
    fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    fn push(&mut self, byte: u8) {
        self.bytes[usize::from(self.length)] = byte;
        self.length += 1;
    }
}

/// Makes room for `more` of what is `missing`: at most twice what is there, and never beyond the end.
fn grow(payload: &mut Vec<u8>, more: usize, missing: usize) {
    if payload.capacity() - payload.len() < more {
        payload.reserve_exact(missing.min(more.max(payload.len())));
    }
}

fn whole(opcode: Opcode, payload: Bytes) -> Result<Received, Failure> {
    Ok(Received::Message(match opcode {
        Opcode::Text => Carried::Text(ByteString::try_from(payload).map_err(|_| Failure::Utf8)?),
        _ => Carried::Binary(payload),
    }))
}

fn take<'a>(input: &mut &'a mut [u8], length: usize) -> &'a mut [u8] {
    let (taken, rest) = std::mem::take(input).split_at_mut(length);
    *input = rest;
    taken
}
