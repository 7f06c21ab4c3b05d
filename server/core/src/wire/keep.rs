//! How a decoder keeps a part of what arrived.
//!
//! A part that is kept pins at most about twice its own memory, so that byte bounds count what is really there.

use bytes::Bytes;
use bytestring::ByteString;

/// Parts up to this size are copied in any case. Small messages of WebSockets lie in one piece of memory of a few KiB, so a
/// retained message of ten bytes would pin all of it.
const COPIED: usize = 4096;

/// All payloads of a body share its buffer, so a small one would pin a large buffer. A part that is half
/// of the whole or more may pin the rest: copying it would cost more than it saves.
fn is_copied(whole: usize, part: usize) -> bool {
    part <= COPIED || part < whole / 2
}

/// Keeps a part of this text.
pub(super) fn text(whole: &ByteString, part: &str) -> ByteString {
    if is_copied(whole.len(), part.len()) {
        part.into()
    } else {
        whole.slice_ref(part)
    }
}

/// Keeps a part of these bytes.
pub(super) fn bytes(whole: &Bytes, part: &[u8]) -> Bytes {
    if is_copied(whole.len(), part.len()) {
        Bytes::copy_from_slice(part)
    } else {
        whole.slice_ref(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_is_large_in_itself_and_small_in_its_whole_owns_its_memory() {
        for (whole, part, is_shared) in [
            (8193, 8192, true),
            (1_000_000, 500_000, true),
            (1_000_000, 499_999, false),
            (1_000_000, COPIED + 1, false),
            (COPIED + 1, COPIED, false),
        ] {
            let whole_bytes = Bytes::from(vec![b'a'; whole]);
            let kept = bytes(&whole_bytes, &whole_bytes[whole - part..]);
            assert_eq!(
                whole_bytes.as_ptr_range().contains(&kept.as_ptr()),
                is_shared
            );
            let whole_text = ByteString::try_from(whole_bytes).unwrap();
            let kept = text(&whole_text, &whole_text[whole - part..]);
            let range = whole_text.as_bytes().as_ptr_range();
            assert_eq!(
                range.contains(&kept.as_ptr()),
                is_shared,
                "{part} of {whole}"
            );
        }
    }
}
