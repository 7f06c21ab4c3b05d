//! WebSocket frames, as thin as they get: whole messages, no fragments, no extensions.

use crate::Outcome;

pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

/// Not zero, since a server may see that and save itself the work.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// Adds a masked frame, as a client sends it. What it holds is written by `fill`.
pub(crate) fn write(opcode: u8, output: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = output.len();
    // The longest header that is used here; a short frame moves its bytes to the front.
    output.extend_from_slice(&[0; 8]);
    fill(output);
    let length = output.len() - start - 8;
    let header = match u16::try_from(length) {
        Ok(short) if short < 126 => {
            output.drain(start..start + 2);
            output[start + 1] = 0x80 | length as u8;
            6
        }
        Ok(long) => {
            output[start + 1] = 0x80 | 126;
            output[start + 2..start + 4].copy_from_slice(&long.to_be_bytes());
            8
        }
        Err(_) => panic!("the load sends no frame of {length} bytes"),
    };
    output[start] = 0x80 | opcode;
    output[start + header - 4..start + header].copy_from_slice(&MASK);
    mask(&mut output[start + header..], MASK);
}

/// A frame at the front of the input: its opcode, where its payload lies, and where it ends. Unmasks it where it is masked.
pub(crate) fn read(input: &mut [u8]) -> Outcome<Option<(u8, std::ops::Range<usize>)>> {
    let &mut [first, second, ..] = input else {
        return Ok(None);
    };
    if first & 0xf0 != 0x80 {
        return Err(format!("a frame starts with {first:#04x}").into());
    }
    let is_masked = second & 0x80 != 0;
    let extended = match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let start = 2 + extended + if is_masked { 4 } else { 0 };
    if input.len() < start {
        return Ok(None);
    }
    let length = match extended {
        0 => usize::from(second & 0x7f),
        _ => input[2..2 + extended]
            .iter()
            .fold(0, |length, byte| length << 8 | usize::from(*byte)),
    };
    let range = start..start + length;
    if input.len() < range.end {
        return Ok(None);
    }
    if is_masked {
        let key = [
            input[start - 4],
            input[start - 3],
            input[start - 2],
            input[start - 1],
        ];
        mask(&mut input[range.clone()], key);
    }
    Ok(Some((first & 0x0f, range)))
}

fn mask(bytes: &mut [u8], key: [u8; 4]) {
    let wide = u64::from_ne_bytes([
        key[0], key[1], key[2], key[3], key[0], key[1], key[2], key[3],
    ]);
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        for length in [0, 1, 125, 126, 4096, 65535] {
            let payload = vec![b'x'; length];
            let mut bytes = vec![];
            write(TEXT, &mut bytes, |output| {
                output.extend_from_slice(&payload);
            });
            let (opcode, range) = read(&mut bytes).unwrap().unwrap();
            assert_eq!((opcode, &bytes[range.clone()]), (TEXT, &payload[..]));
            assert_eq!(range.end, bytes.len());
        }
    }

    #[test]
    fn half_a_frame_is_none() {
        assert_eq!(read(&mut [0x81, 3, b'a', b'b']).unwrap(), None);
        assert_eq!(read(&mut [0x81]).unwrap(), None);
    }
}
