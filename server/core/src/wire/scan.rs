//! Looks for bytes in long texts, many at a time.
//!
//! A chunk is looked at without a branch, which compilers turn into a few instructions for all of it. Whoever asks must be
//! without branches, too: with `|` in place of `||`.

/// As many bytes are looked at at once.
const CHUNK: usize = 16;

/// Where the first byte is for which this holds.
pub(super) fn find(bytes: &[u8], is: impl Fn(u8) -> bool) -> Option<usize> {
    let (chunks, _) = bytes.as_chunks();
    let has_one = |chunk: &[u8; CHUNK]| chunk.iter().fold(false, |any, byte| any | is(*byte));
    let (passed, chunk) = match (chunks.iter().position(has_one), bytes.last_chunk()) {
        (Some(number), _) => (number * CHUNK, &chunks[number]),
        // The end is looked at together with what has been passed, so that it is a whole chunk as well.
        (None, Some(last)) => (bytes.len() - CHUNK, last),
        (None, None) => return bytes.iter().position(|byte| is(*byte)),
    };
    let at = passed + first(chunk, &is);
    (at < bytes.len()).then_some(at)
}

/// Where the first is in a chunk, or the chunk's length.
fn first(chunk: &[u8; CHUNK], is: impl Fn(u8) -> bool) -> usize {
    let mut marks = [0; CHUNK];
    for (mark, byte) in marks.iter_mut().zip(chunk) {
        *mark = if is(*byte) { 0xff } else { 0 };
    }
    (u128::from_le_bytes(marks).trailing_zeros() / 8) as usize
}

/// For how many bytes it holds.
pub(super) fn count(bytes: &[u8], is: impl Fn(u8) -> bool) -> usize {
    let count = |chunk: &[u8]| chunk.iter().map(|byte| u8::from(is(*byte))).sum::<u8>();
    bytes
        .chunks(CHUNK)
        .map(|chunk| usize::from(count(chunk)))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_found_and_counted() {
        for length in 0..100 {
            let mut bytes = vec![b'a'; length];
            let is = |byte| (byte == b'x') | (byte == b'y');
            assert_eq!(find(&bytes, is), None);
            for at in (0..length).rev() {
                bytes[at] = if at % 2 == 0 { b'x' } else { b'y' };
                assert_eq!(find(&bytes, is), Some(at));
                assert_eq!(find(&bytes[..at], is), None);
                assert_eq!(count(&bytes, is), length - at);
            }
        }
    }
}
