//! Many frames as one HTTP body: magic, frames with their lengths, end mark (spec §4.2).
//!
//! A body is whole or it is nothing. `Request` and `Response` are the only two shapes that a batch may
//! have; they are parsed once, here, so that nobody checks the order of frames or their numbers again.

mod request;
mod response;

use super::body::{self, BEGIN};
use super::frame::{Frame, Item};
use super::{Malformed, varint};
use crate::wire::keep;
use bytes::{BufMut, Bytes};

pub use request::{PollRequest, Request};
pub use response::{AnswerBatch, Response};

/// How every batch starts: "TL1", and a byte that no text has.
const MAGIC: [u8; 4] = [0x54, 0x4c, 0x31, 0xff];
/// How every batch ends, followed by the number of frames.
const END: u8 = 0;

/// The most that a batch weighs apart from its sequenced frames and tokens: magic, the longest `poll` or
/// `answer`, end mark. Whoever fills a batch up to a size starts from here.
pub const ENVELOPE: usize = MAGIC.len() + 3 + 65 + 33 + 8 * varint::LONGEST + 1 + varint::LONGEST;

impl Item {
    /// How many bytes the frame takes in a batch: header, length and body.
    #[must_use]
    pub fn wire_len(&self) -> usize {
        let body = match self {
            Self::Message(message) => message.len(),
            Self::Close(_) => frame_body(&Frame::Sequenced(0, self.clone())).len(),
        };
        framed_len(body)
    }
}

/// How many bytes a frame takes in a batch whose body has so many.
pub(crate) const fn framed_len(body: usize) -> usize {
    1 + varint::len(body as u64) + body
}

/// Writes a batch frame by frame, within a budget of bytes.
#[derive(Debug)]
pub struct Writer {
    out: Vec<u8>,
    frames: u64,
    budget: usize,
}

impl Writer {
    /// Starts a batch that should not exceed `budget` bytes, all told.
    #[must_use]
    pub fn new(budget: usize) -> Self {
        Self::with_room(budget, ENVELOPE)
    }

    /// A batch that has room for so many bytes, all told.
    fn with_room(budget: usize, room: usize) -> Self {
        let mut out = Vec::with_capacity(room);
        out.put_slice(&MAGIC);
        Self {
            out,
            frames: 0,
            budget,
        }
    }

    /// How long the batch would be if it ended here.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "a batch is never empty: it has its magic"
    )]
    pub fn len(&self) -> usize {
        self.out.len() + 1 + varint::len(self.frames)
    }

    /// How many frames it has.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Whether a sequenced frame more would keep to the budget.
    #[must_use]
    pub fn fits(&self, item: &Item) -> bool {
        self.out.len() + item.wire_len() + 1 + varint::len(self.frames + 1) <= self.budget
    }

    /// Appends a frame, whether or not it fits: a single one always may go (spec NET-2).
    pub fn push(&mut self, frame: &Frame) {
        match frame {
            Frame::Sequenced(seq_mod, item) => self.push_item(*seq_mod, item),
            _ => self.push_frame(body::header(frame), frame),
        }
    }

    /// Its body is written in place, before it is known how long it is: mostly a byte is enough to say so.
    fn push_frame(&mut self, header: u8, frame: &Frame) {
        self.out.put_slice(&[header, 0]);
        let start = self.out.len();
        body::write(frame, &mut self.out);
        let len = (self.out.len() - start) as u64;
        let mut written = [0; varint::LONGEST];
        varint::write(len, &mut &mut written[..]);
        match &written[..varint::len(len)] {
            [byte] => self.out[start - 1] = *byte,
            bytes => drop(self.out.splice(start - 1..start, bytes.iter().copied())),
        }
        self.frames += 1;
    }

    fn push_item(&mut self, seq_mod: u8, item: &Item) {
        let header = body::item_header(seq_mod, item);
        match item {
            Item::Message(message) => self.push_body(header, message.as_bytes()),
            Item::Close(_) => {
                self.push_body(
                    header,
                    &frame_body(&Frame::Sequenced(seq_mod, item.clone())),
                );
            }
        }
    }

    /// Appends sequenced frames, numbered from `first` on.
    fn push_items(&mut self, first: u64, items: &[Item]) {
        for (seq, item) in (first..).zip(items) {
            self.push_item(body::modulo(seq), item);
        }
    }

    fn push_body(&mut self, header: u8, body: &[u8]) {
        self.out.put_u8(header);
        varint::write(body.len() as u64, &mut self.out);
        self.out.put_slice(body);
        self.frames += 1;
    }

    /// Ends the batch.
    #[must_use]
    pub fn finish(mut self) -> Bytes {
        self.out.put_u8(END);
        varint::write(self.frames, &mut self.out);
        self.out.into()
    }
}

fn frame_body(frame: &Frame) -> Vec<u8> {
    let mut out = Vec::new();
    body::write(frame, &mut out);
    out
}

/// Reads a whole batch.
///
/// # Errors
/// [`Malformed`]: the body is to be discarded whole.
pub fn decode(body: &Bytes) -> Result<Vec<Frame>, Malformed> {
    Reader::new(body)?.collect()
}

/// Gives the frames of a batch one by one, and the error where it is not whole.
struct Reader<'a> {
    body: &'a Bytes,
    rest: &'a [u8],
    frames: u64,
    done: bool,
}

impl<'a> Reader<'a> {
    fn new(body: &'a Bytes) -> Result<Self, Malformed> {
        let rest = body.strip_prefix(&MAGIC).ok_or(Malformed::Magic)?;
        Ok(Self {
            body,
            rest,
            frames: 0,
            done: false,
        })
    }

    fn read(&mut self) -> Result<Option<Frame>, Malformed> {
        let (&header, rest) = self.rest.split_first().ok_or(Malformed::Cut("a batch"))?;
        self.rest = rest;
        if header == END {
            return self.end().map(|()| None);
        }
        if header == BEGIN {
            return Err(Malformed::Header(header));
        }
        let len = usize::try_from(varint::read(&mut self.rest)?).unwrap_or(usize::MAX);
        let split = self.rest.split_at_checked(len);
        let (body, rest) = split.ok_or(Malformed::Cut("a frame's body"))?;
        self.rest = rest;
        self.frames += 1;
        body::parse(header, body, || keep::bytes(self.body, body)).map(Some)
    }

    fn end(&mut self) -> Result<(), Malformed> {
        if varint::read(&mut self.rest)? != self.frames {
            return Err(Malformed::Count);
        }
        if !self.rest.is_empty() {
            return Err(Malformed::Trailing);
        }
        Ok(())
    }
}

impl Iterator for Reader<'_> {
    type Item = Result<Frame, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let read = self.read().transpose();
        self.done = !matches!(read, Some(Ok(_)));
        read
    }
}

fn alone<T>(mut frames: Reader<'_>, shape: T) -> Result<T, Malformed> {
    match frames.next().transpose()? {
        None => Ok(shape),
        Some(_) => Err(Malformed::Shape("this frame stands alone in its batch")),
    }
}

/// The number that the next sequenced frame of a batch must have.
struct Numbers(u64);

impl Numbers {
    fn check(&mut self, seq_mod: u8) -> Result<(), Malformed> {
        if seq_mod != body::modulo(self.0) {
            return Err(Malformed::Number);
        }
        self.0 += 1;
        Ok(())
    }
}
