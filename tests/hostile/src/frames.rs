//! Where WebSocket frames begin and end (RFC 6455, section 5.2), and no more: nothing is unmasked, checked or
//! put together. Also how one frame is rewritten into what a fault makes of it.

use bytes::{Buf, BytesMut};

const FIN: u8 = 0x80;
const COMPRESSED: u8 = 0x40;
const RESERVED: u8 = 0x30;
const CONTROL: u8 = 0x08;
const MASKED: u8 = 0x80;
const LENGTH: u8 = 0x7f;
/// How much of a payload the first of two fragments takes. A multiple of the mask's length, so that both
/// fragments keep their mask.
pub(crate) const FIRST_FRAGMENT: u64 = 4;

/// Cuts a stream of bytes into heads and parts of payloads.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    before: u64,
    /// What is left of the payload.
    left: u64,
}

/// A part of a frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Head(Head),
    Payload(BytesMut),
}

/// The head of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// As it came.
    pub(crate) bytes: BytesMut,
    /// Frames before this one.
    pub(crate) before: u64,
    /// The payload's length.
    pub(crate) len: u64,
}

impl Frames {
    /// The next piece; what is not yet one stays in the buffer.
    pub(crate) fn next(&mut self, buffer: &mut BytesMut) -> Option<Piece> {
        if self.left == 0 {
            return self.head(buffer).map(Piece::Head);
        }
        let len = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        self.left -= u64::try_from(len).expect("a length fits into 64 bits");
        (len > 0).then(|| Piece::Payload(buffer.split_to(len)))
    }

    fn head(&mut self, buffer: &mut BytesMut) -> Option<Head> {
        let second = *buffer.get(1)?;
        let mut extended = &buffer[2..];
        let len = match second & LENGTH {
            126 => u64::from(extended.try_get_u16().ok()?),
            127 => extended.try_get_u64().ok()?,
            len => u64::from(len),
        };
        let mask = if second & MASKED == 0 { 0 } else { 4 };
        if extended.len() < mask {
            return None;
        }
        let head = Head {
            before: self.before,
            len,
            bytes: buffer.split_to(buffer.len() - extended.len() + mask),
        };
        self.before += 1;
        self.left = len;
        Some(head)
    }
}

impl Head {
    pub(crate) fn is_compressed(&self) -> bool {
        self.bytes[0] & COMPRESSED != 0
    }

    /// A head that no receiver may accept.
    pub(crate) fn corrupted(mut self) -> BytesMut {
        self.bytes[0] |= RESERVED;
        self.bytes
    }

    /// The heads of two fragments; `None` where the frame cannot be taken apart.
    pub(crate) fn split(&self) -> Option<(BytesMut, BytesMut)> {
        let first = self.bytes[0];
        if first & CONTROL != 0 || self.len <= FIRST_FRAGMENT {
            return None;
        }
        let begins = self.with(first & !FIN, FIRST_FRAGMENT);
        Some((begins, self.with(first & FIN, self.len - FIRST_FRAGMENT)))
    }

    /// This head with another first byte and length.
    fn with(&self, first: u8, len: u64) -> BytesMut {
        let masked = self.bytes[1] & MASKED;
        let mut bytes = BytesMut::from(&[first][..]);
        match (u8::try_from(len), u16::try_from(len)) {
            (Ok(len), _) if len < 126 => bytes.extend([masked | len]),
            (_, Ok(len)) => {
                bytes.extend([masked | 126]);
                bytes.extend(len.to_be_bytes());
            }
            _ => {
                bytes.extend([masked | 127]);
                bytes.extend(len.to_be_bytes());
            }
        }
        if masked != 0 {
            bytes.extend_from_slice(&self.bytes[self.bytes.len() - 4..]);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of an unmasked payload of this length, with this first byte.
    fn frame(first: u8, len: usize) -> BytesMut {
        let head = Head {
            bytes: BytesMut::from(&[first, 0][..]),
            before: 0,
            len: 0,
        };
        let mut bytes = head.with(first, len as u64);
        bytes.extend(vec![b'x'; len]);
        bytes
    }

    /// The lengths of the frames in these bytes, which come in steps of that many.
    fn lengths(bytes: &[u8], step: usize) -> Vec<u64> {
        let (mut frames, mut buffer, mut lengths) =
            (Frames::default(), BytesMut::new(), Vec::new());
        for bytes in bytes.chunks(step) {
            buffer.extend_from_slice(bytes);
            while let Some(piece) = frames.next(&mut buffer) {
                if let Piece::Head(head) = piece {
                    assert_eq!(head.before, lengths.len() as u64);
                    lengths.push(head.len);
                }
            }
        }
        assert!(buffer.is_empty());
        lengths
    }

    #[test]
    fn frames_are_found_however_their_bytes_come() {
        let lens = [0, 1, 125, 126, 127, 65_535, 65_536, 0, 5];
        let bytes: Vec<u8> = lens.iter().flat_map(|len| frame(0x82, *len)).collect();
        for step in [1, 2, 7, 1000, bytes.len()] {
            assert_eq!(
                lengths(&bytes, step),
                lens.map(|len| len as u64),
                "in steps of {step}"
            );
        }
    }

    #[test]
    fn a_masked_head_has_its_mask() {
        let mut buffer = BytesMut::from(&[0x81, 0x82, 1, 2, 3][..]);
        assert_eq!(Frames::default().next(&mut buffer), None);
        buffer.extend([4, 9, 9]);
        let Some(Piece::Head(head)) = Frames::default().next(&mut buffer) else {
            panic!("the head is complete")
        };
        assert_eq!((head.bytes.len(), head.len, buffer.len()), (6, 2, 2));
    }

    #[test]
    fn a_frame_is_taken_apart_into_two_that_carry_the_same() {
        let mut buffer = frame(0xc2, 70_000);
        let Some(Piece::Head(head)) = Frames::default().next(&mut buffer) else {
            panic!("the head is complete")
        };
        let (first, second) = head.split().unwrap();
        assert_eq!(first[..], [0x42, 4]);
        assert_eq!(second[..2], [0x80, 127]);
        assert_eq!(second[2..], 69_996_u64.to_be_bytes());
    }

    #[test]
    fn a_control_frame_is_never_taken_apart() {
        let mut buffer = frame(0x89, 20);
        let Some(Piece::Head(head)) = Frames::default().next(&mut buffer) else {
            panic!("the head is complete")
        };
        assert_eq!(head.split(), None);
    }
}
