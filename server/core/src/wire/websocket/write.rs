//! Writing frames: each message is one, without a mask, behind whatever is in the buffer already.

use super::header;
pub use super::header::Opcode;
use super::{Close, header::LONGEST_CONTROL};
use crate::wire::Carried;
use std::fmt;

/// What a status code takes of a close.
const CODE: usize = 2;

/// A message.
pub fn message(carried: &Carried, out: &mut Vec<u8>) {
    match carried {
        Carried::Text(text) => payload(Opcode::Text, [text.as_bytes()], out),
        Carried::Binary(bytes) => payload(Opcode::Binary, [bytes], out),
    }
}

/// A message of several parts, which nobody has to put together first. The parts of a text are UTF-8 together.
pub fn payload<const N: usize>(opcode: Opcode, parts: [&[u8]; N], out: &mut Vec<u8>) {
    let length = parts.iter().map(|part| part.len()).sum();
    header::of(opcode, length, |header| out.extend_from_slice(header));
    for part in parts {
        out.extend_from_slice(part);
    }
}

/// A text that is written where it goes, before its length is known.
#[derive(Debug)]
pub struct Text<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
}

/// As much is left for the header: what a longer text needs is not moved then, and a short one is quickly moved.
const HEADER: usize = 4;

impl<'a> Text<'a> {
    /// An empty one, behind whatever is there. It is no frame before its [end](Self::end).
    pub fn begin(out: &'a mut Vec<u8>) -> Self {
        out.extend_from_slice(&[0; HEADER]);
        let start = out.len();
        Self { out, start }
    }

    /// How many bytes it has so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.out.len() - self.start
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes room for so many bytes.
    pub fn reserve(&mut self, bytes: usize) {
        self.out.reserve(bytes);
    }

    /// Makes it a frame.
    pub fn end(self) {
        let (out, left) = (self.out, self.start - HEADER..self.start);
        header::of(Opcode::Text, out.len() - self.start, |header| {
            out.splice(left, header.iter().copied());
        });
    }
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.out.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// An empty ping.
pub fn ping(out: &mut Vec<u8>) {
    payload(Opcode::Ping, [], out);
}

/// The answer to a ping, which repeats what it said.
pub fn pong(said: &[u8], out: &mut Vec<u8>) {
    payload(Opcode::Pong, [said], out);
}

/// The last frame. Of a reason that is too long, as much is written as a close can hold.
pub fn close(close: Option<&Close>, out: &mut Vec<u8>) {
    let Some(Close { code, reason }) = close else {
        return payload(Opcode::Close, [], out);
    };
    let end = reason.floor_char_boundary(LONGEST_CONTROL as usize - CODE);
    let parts = [&code.to_be_bytes(), reason[..end].as_bytes()];
    payload(Opcode::Close, parts, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_become_one_frame() {
        let mut out = Vec::new();
        payload(Opcode::Text, [b"A", b"", b"BC"], &mut out);
        assert_eq!(out, b"\x81\x03ABC");
    }

    #[test]
    fn a_text_that_is_written_in_place_is_the_same_frame() {
        for len in [0, 125, 126, 65_535, 65_536] {
            let text = "a".repeat(len);
            let (mut out, mut expected) = (b"before".to_vec(), b"before".to_vec());
            let mut frame = Text::begin(&mut out);
            frame.reserve(len);
            fmt::Write::write_str(&mut frame, &text).unwrap();
            assert_eq!((frame.len(), frame.is_empty()), (len, len == 0));
            frame.end();
            payload(Opcode::Text, [text.as_bytes()], &mut expected);
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn a_reason_is_cut_between_characters() {
        let mut out = Vec::new();
        let reason = "é".repeat(62).into();
        close(Some(&Close { code: 1000, reason }), &mut out);
        assert_eq!(out[..4], [0x88, 124, 0x03, 0xe8]);
        assert_eq!(out.len(), 126);
        assert!(std::str::from_utf8(&out[4..]).is_ok());
    }
}
