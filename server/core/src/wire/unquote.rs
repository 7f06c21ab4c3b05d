//! What a JSON string says, whose syntax was looked at before.
//!
//! Half of a surrogate pair that stands alone, which JavaScript has and Rust has not, becomes U+FFFD.

use crate::wire::json::{Quoted, plain};

/// The text between the quotes, with its escapes read.
pub(super) fn unquote(quoted: Quoted<'_>) -> String {
    let (mut text, _) = read(quoted.inside, quoted.longest());
    // It is kept, and units of UTF-16 may have been longer than what they stand for.
    text.shrink_to_fit();
    text
}

/// The text up to a quote, or to the end, with its escapes read, into memory for that many bytes; and where it ends.
pub(super) fn read(rest: &str, longest: usize) -> (String, usize) {
    let bytes = rest.as_bytes();
    let mut text = Vec::with_capacity(longest);
    let mut at = 0;
    loop {
        let count = plain(&bytes[at..]);
        copy_short(&bytes[at..], count, &mut text);
        at += count;
        match bytes[at..] {
            [b'\\', b'u', ..] => {
                let (character, behind) = unicode(&rest[at + 1..]);
                text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                at = bytes.len() - behind.len();
            }
            [b'\\', escaped, ..] => {
                text.push(short(escaped));
                at += 2;
            }
            _ => break,
        }
    }
    let text = String::from_utf8(text);
    (
        text.expect("it was cut where escapes are, and each is a character"),
        at,
    )
}

/// Copies so many of the bytes. Most pieces of a text are so short that eight are copied, and those behind taken back, where there is
/// room.
#[inline]
pub(super) fn copy_short(bytes: &[u8], count: usize, text: &mut Vec<u8>) {
    let length = text.len();
    match bytes.first_chunk::<8>() {
        Some(eight) if count <= 8 && length + 8 <= text.capacity() => {
            text.extend_from_slice(eight);
            text.truncate(length + count);
        }
        _ => text.extend_from_slice(&bytes[..count]),
    }
}

/// What an escape of two characters stands for.
const fn short(escaped: u8) -> u8 {
    match escaped {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'f' => 12,
        itself => itself,
    }
}

/// One unit of UTF-16, or two that belong together.
fn unicode(escape: &str) -> (char, &str) {
    let Some((first, rest)) = unit(escape) else {
        return (char::REPLACEMENT_CHARACTER, "");
    };
    let second = rest.strip_prefix('\\').and_then(unit);
    let pair = second.and_then(|(second, rest)| Some((join(first, second)?, rest)));
    pair.unwrap_or_else(|| {
        let alone = char::from_u32(first.into());
        (alone.unwrap_or(char::REPLACEMENT_CHARACTER), rest)
    })
}

/// Two halves of a surrogate pair.
fn join(high: u16, low: u16) -> Option<char> {
    match (high, low) {
        (0xd800..=0xdbff, 0xdc00..=0xdfff) => char::decode_utf16([high, low]).next()?.ok(),
        _ => None,
    }
}

/// The number behind a `u`, and what is behind that.
fn unit(escape: &str) -> Option<(u16, &str)> {
    let digits = escape.strip_prefix('u')?.get(..4)?;
    let unit = u16::from_str_radix(digits, 16).ok()?;
    Some((unit, &escape[5..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json::Walk;

    fn said(inside: &str) -> String {
        let json = format!("\"{inside}\"");
        let said = unquote(Walk::new(&json).string().unwrap());
        assert_eq!(said.capacity(), said.len());
        said
    }

    #[test]
    fn escapes_are_read_as_json_reads_them() {
        for inside in [
            "",
            "plain \u{e9}\u{6f22}",
            r#"\"\\\/\b\f\n\r\t"#,
            r"\u00e9\u6F22\ud83d\ude00x",
            r"a\u0000b\u2028",
        ] {
            let json: String = serde_json::from_str(&format!("\"{inside}\"")).unwrap();
            assert_eq!(said(inside), json, "{inside}");
        }
    }

    #[test]
    fn half_a_pair_becomes_a_replacement() {
        for (inside, text) in [
            (r"\ud83d", "\u{fffd}"),
            (r"\ude00\ud83d", "\u{fffd}\u{fffd}"),
            (r"\ud83dx", "\u{fffd}x"),
            (r"\ud83d\n", "\u{fffd}\n"),
            (r"\ud83d\ud83d\ude00", "\u{fffd}\u{1f600}"),
        ] {
            assert_eq!(said(inside), text, "{inside}");
        }
    }
}
