//! The header of a frame (RFC 6455, section 5.2): what it says, and what it may not say.

use super::Failure;

/// The longest header that a client can write: two bytes, eight of the length, four of the mask.
pub(super) const LONGEST: usize = 14;
/// The longest payload of a control frame.
pub(super) const LONGEST_CONTROL: u64 = 125;

const FIN: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// More of the message whose first frame came before.
    Continuation,
    /// The first frame of a text.
    Text,
    /// The first frame of a binary message.
    Binary,
    /// The end of the connection.
    Close,
    /// A question for a sign of life.
    Ping,
    /// The answer.
    Pong,
}

impl Opcode {
    const fn of(bits: u8) -> Option<Self> {
        Some(match bits {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xa => Self::Pong,
            _ => return None,
        })
    }

    pub(super) const fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0x0,
            Self::Text => 0x1,
            Self::Binary => 0x2,
            Self::Close => 0x8,
            Self::Ping => 0x9,
            Self::Pong => 0xa,
        }
    }

    pub(super) const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// The header of a frame from a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Whether its message ends with it.
    pub(super) is_final: bool,
    pub(super) opcode: Opcode,
    pub(super) mask: [u8; 4],
    /// Of the payload.
    pub(super) length: u64,
}

impl Header {
    /// Reads a header that lies at the start, and says how long it is; `None` while it is not whole.
    pub(super) fn read(bytes: &[u8]) -> Result<Option<(Self, usize)>, Failure> {
        let &[first, second, ref rest @ ..] = bytes else {
            return Ok(None);
        };
        let opcode = check(first, second)?;
        let Some((length, rest)) = length(second & !MASKED, rest) else {
            return Ok(None);
        };
        let Some((mask, rest)) = rest.split_first_chunk() else {
            return Ok(None);
        };
        let header = Self {
            is_final: first & FIN != 0,
            opcode,
            mask: *mask,
            length,
        };
        header.check()?;
        Ok(Some((header, bytes.len() - rest.len())))
    }

    fn check(self) -> Result<(), Failure> {
        if self.length > u64::MAX >> 1 {
            return Err(Failure::Protocol("a length of 64 bits"));
        }
        if self.opcode.is_control() && self.length > LONGEST_CONTROL {
            return Err(Failure::Protocol("a control frame of more than 125 bytes"));
        }
        Ok(())
    }
}

/// The opcode, unless two bytes say what is wrong in any case, so that nothing is waited for.
fn check(first: u8, second: u8) -> Result<Opcode, Failure> {
    if first & RESERVED != 0 {
        return Err(Failure::Protocol("a reserved bit"));
    }
    let opcode = Opcode::of(first & 0x0f).ok_or(Failure::Protocol("a reserved opcode"))?;
    if opcode.is_control() && first & FIN == 0 {
        return Err(Failure::Protocol("a control frame in pieces"));
    }
    if second & MASKED == 0 {
        return Err(Failure::Protocol("a client's frame without a mask"));
    }
    Ok(opcode)
}

/// The length of the payload, and what follows it; `None` while it is not whole.
fn length(short: u8, rest: &[u8]) -> Option<(u64, &[u8])> {
    match short {
        126 => rest
            .split_first_chunk()
            .map(|(length, rest)| (u64::from(u16::from_be_bytes(*length)), rest)),
        127 => rest
            .split_first_chunk()
            .map(|(length, rest)| (u64::from_be_bytes(*length), rest)),
        short => Some((u64::from(short), rest)),
    }
}

/// Hands out the header of a whole message from a server, which wears no mask.
pub(super) fn of<R>(opcode: Opcode, length: usize, take: impl FnOnce(&[u8]) -> R) -> R {
    let first = FIN | opcode.bits();
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ 0..=125), _) => take(&[first, short]),
        (_, Ok(medium)) => {
            let [a, b] = medium.to_be_bytes();
            take(&[first, 126, a, b])
        }
        (_, Err(_)) => {
            let [a, b, c, d, e, f, g, h] = (length as u64).to_be_bytes();
            take(&[first, 127, a, b, c, d, e, f, g, h])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_once_it_is_whole() {
        let mask = [1, 2, 3, 4];
        for (start, length) in [
            (&[0x82, 0x80 | 125][..], 125),
            (&[0x82, 0x80 | 126, 0x01, 0x00], 256),
            (&[0x82, 0x80 | 127, 0, 0, 0, 0, 0, 1, 0, 0], 65536),
        ] {
            let bytes = [start, &mask].concat();
            for cut in 0..bytes.len() {
                assert_eq!(Header::read(&bytes[..cut]), Ok(None));
            }
            let header = Header {
                is_final: true,
                opcode: Opcode::Binary,
                mask,
                length,
            };
            assert_eq!(Header::read(&bytes), Ok(Some((header, bytes.len()))));
        }
    }

    #[test]
    fn what_is_written_says_its_length_in_as_few_bytes_as_can_be() {
        for (length, header) in [
            (0, &[0x81, 0][..]),
            (125, &[0x81, 125]),
            (126, &[0x81, 126, 0, 126]),
            (65535, &[0x81, 126, 0xff, 0xff]),
            (65536, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            of(Opcode::Text, length, |written| assert_eq!(written, header));
        }
    }

    #[test]
    fn what_may_not_be_is_known_by_two_bytes() {
        for (first, second) in [
            (0xc1, 0x80),
            (0x91, 0x80),
            (0x83, 0x80),
            (0x8b, 0x80),
            (0x09, 0x80),
            (0x81, 0x00),
        ] {
            let failed = Header::read(&[first, second]);
            assert!(matches!(failed, Err(Failure::Protocol(_))), "{first:x}");
        }
    }
}
