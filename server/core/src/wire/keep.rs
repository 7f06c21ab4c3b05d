//! How a decoder keeps a part of what arrived.
//!
//! A part that is kept pins at most about twice its own memory, so that byte bounds count what is really there.

use bytes::{Buf, Bytes};
use bytestring::ByteString;

/// Parts up to this size are copied in any case: that costs no more than to share them.
const COPIED: usize = 1024;
/// A text up to this length is looked at once more rather than shared with its head.
const SHORT: usize = 256;

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

/// Keeps what stands behind a head of a few bytes, which ends where a character does. The head's memory is not worth a copy.
pub(super) fn behind(text: ByteString, head: usize) -> ByteString {
    if text.len() > SHORT {
        return text.slice_ref(&text[head..]);
    }
    let mut bytes = text.into_bytes();
    bytes.advance(head);
    bytes
        .try_into()
        .expect("a head ends where a character does")
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

    #[test]
    fn what_stands_behind_a_head_is_no_copy() {
        for len in [0, 1, SHORT, SHORT + 1] {
            let text = ByteString::from(format!("4{}", "é".repeat(len)));
            let end = text.as_bytes().as_ptr_range().end;
            let rest = behind(text, 1);
            assert_eq!(rest, "é".repeat(len));
            assert!(len == 0 || rest.as_bytes().as_ptr_range().end == end);
        }
    }
}
