//! Looks for bytes in long texts, many at a time.
//!
//! A chunk is looked at without a branch, which compilers turn into a few instructions for all of it. Whoever asks must be
//! without branches, too: with `|` in place of `||`.

/// As many bytes are looked at at once.
const CHUNK: usize = 16;

/// Where the first byte is for which this holds.
pub(super) fn find(bytes: &[u8], is: impl Fn(u8) -> bool) -> Option<usize> {
    let passed = pass(bytes, &is);
    let found = bytes[passed..].iter().position(|byte| is(*byte));
    found.map(|at| passed + at)
}

/// How many bytes come before the chunk with the first for which this holds.
pub(super) fn pass(bytes: &[u8], is: impl Fn(u8) -> bool) -> usize {
    let has_none = |chunk: &&[u8]| !chunk.iter().fold(false, |any, byte| any | is(*byte));
    bytes.chunks_exact(CHUNK).take_while(has_none).count() * CHUNK
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
                assert_eq!(count(&bytes, is), length - at);
            }
        }
    }
}
