//! Writing frames: each message is one, without a mask, behind whatever is in the buffer already.

use super::header;
pub use super::header::Opcode;
use super::{Close, header::LONGEST_CONTROL};
use crate::wire::Carried;

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
    header::write(opcode, parts.iter().map(|part| part.len()).sum(), out);
    for part in parts {
        out.extend_from_slice(part);
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
    fn a_reason_is_cut_between_characters() {
        let mut out = Vec::new();
        let reason = "é".repeat(62).into();
        close(Some(&Close { code: 1000, reason }), &mut out);
        assert_eq!(out[..4], [0x88, 124, 0x03, 0xe8]);
        assert_eq!(out.len(), 126);
        assert!(std::str::from_utf8(&out[4..]).is_ok());
    }
}
