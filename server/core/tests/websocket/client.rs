//! What a client writes, and how a server under test reads it.

use throughline_core::wire::websocket::{Decoder, Failure, Received};

/// The longest message that the decoders of these tests take.
pub(super) const LONGEST: usize = 1000;
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame: the first byte, and the payload under a mask.
pub(super) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        short @ 0..=125 => frame.push(0x80 | short as u8),
        medium @ 126..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&(medium as u16).to_be_bytes());
        }
        long => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&MASK);
    let masked = payload.iter().zip(MASK.iter().cycle());
    frame.extend(masked.map(|(byte, key)| byte ^ key));
    frame
}

/// Reads what arrives in these pieces, until a close or a failure.
pub(super) fn read<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Received>, Result<(), Failure>) {
    let mut decoder = Decoder::new(LONGEST);
    let mut all = Vec::new();
    for piece in pieces {
        let mut bytes = piece.to_vec();
        let mut rest = &mut bytes[..];
        loop {
            match decoder.decode(&mut rest) {
                Ok(Some(received)) => all.push(received),
                Ok(None) => break,
                Err(failure) => return (all, Err(failure)),
            }
            if matches!(all.last(), Some(Received::Close(_))) {
                return (all, Ok(()));
            }
        }
        assert!(rest.is_empty(), "what is not whole is kept");
    }
    (all, Ok(()))
}

/// Reads the same in one piece, in single bytes, and in pieces of three: it makes no difference.
pub(super) fn read_in_all_ways(bytes: &[u8]) -> (Vec<Received>, Result<(), Failure>) {
    let whole = read([bytes]);
    assert_eq!(read(bytes.chunks(1)), whole);
    assert_eq!(read(bytes.chunks(3)), whole);
    whole
}
