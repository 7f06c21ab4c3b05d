//! Numbers on the wire: unsigned LEB128, in the shortest form, at most 2^53-1 (spec NUM-1).
//!
//! Each number has exactly one form, so that whatever was accepted can be repeated byte for byte.

use super::Malformed;
use bytes::BufMut;

/// The largest number: what a JavaScript number holds exactly.
pub const MAX: u64 = (1 << 53) - 1;

/// Seven bits a byte: 2^53-1 needs eight of them.
pub(super) const LONGEST: usize = 8;

/// How many bytes the number takes.
pub(super) const fn len(number: u64) -> usize {
    let bits = u64::BITS - number.leading_zeros();
    if bits == 0 {
        1
    } else {
        bits.div_ceil(7) as usize
    }
}

pub(super) fn write(mut number: u64, out: &mut impl BufMut) {
    debug_assert!(number <= MAX, "numbers on the wire are at most 2^53-1");
    while number >= 0x80 {
        out.put_u8((number as u8 & 0x7f) | 0x80);
        number >>= 7;
    }
    out.put_u8(number as u8);
}

/// Reads a number and moves `input` behind it. Most have one byte.
#[inline]
pub(super) fn read(input: &mut &[u8]) -> Result<u64, Malformed> {
    match *input {
        [number @ 0..0x80, rest @ ..] => {
            *input = rest;
            Ok(u64::from(*number))
        }
        _ => read_any(input),
    }
}

fn read_any(input: &mut &[u8]) -> Result<u64, Malformed> {
    let mut number = 0;
    for (index, byte) in input.iter().copied().enumerate() {
        if index == LONGEST {
            return Err(Malformed::LargeNumber);
        }
        number |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            *input = &input[index + 1..];
            return check(number, byte == 0 && index > 0);
        }
    }
    Err(Malformed::Cut("a number"))
}

/// A last byte of zero adds nothing: a shorter form exists.
fn check(number: u64, superfluous: bool) -> Result<u64, Malformed> {
    if superfluous {
        Err(Malformed::LongNumber)
    } else if number > MAX {
        Err(Malformed::LargeNumber)
    } else {
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(number: u64) -> Vec<u8> {
        let mut out = Vec::new();
        write(number, &mut out);
        out
    }

    proptest! {
        // spec: NUM-1
        #[test]
        fn a_number_survives_the_wire(shift in 0..54u32, bits in 0..=MAX) {
            let number = bits.checked_shr(shift).unwrap_or(0);
            let bytes = written(number);
            prop_assert_eq!(bytes.len(), len(number));
            let mut input = &bytes[..];
            prop_assert_eq!(read(&mut input), Ok(number));
            prop_assert!(input.is_empty());
        }

        // spec: NUM-1
        #[test]
        fn a_longer_form_is_rejected(number in 0..=MAX >> 14, superfluous in 1..3usize) {
            let mut bytes = written(number);
            *bytes.last_mut().unwrap() |= 0x80;
            bytes.extend(std::iter::repeat_n(0x80, superfluous - 1));
            bytes.push(0);
            prop_assert_eq!(read(&mut &bytes[..]), Err(Malformed::LongNumber));
        }
    }

    // spec: NUM-1
    #[test]
    fn the_largest_number_is_two_to_the_53_less_one() {
        assert_eq!(read(&mut &written(MAX)[..]), Ok(MAX));
        let above = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10];
        assert_eq!(read(&mut &above[..]), Err(Malformed::LargeNumber));
        assert_eq!(read(&mut &[0xff; 12][..]), Err(Malformed::LargeNumber));
    }

    // spec: NUM-1
    #[test]
    fn a_number_cut_short_is_rejected() {
        assert_eq!(read(&mut &[][..]), Err(Malformed::Cut("a number")));
        assert_eq!(read(&mut &[0x80][..]), Err(Malformed::Cut("a number")));
    }
}
