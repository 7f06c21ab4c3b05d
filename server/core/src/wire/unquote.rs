//! What a JSON string says, whose syntax was looked at before.
//!
//! Half of a surrogate pair that stands alone, which JavaScript has and Rust has not, becomes U+FFFD.

use crate::wire::json::{Quoted, plain};

/// The text between the quotes, with its escapes read.
pub(super) fn unquote(quoted: Quoted<'_>) -> String {
    let mut text = String::with_capacity(quoted.longest());
    let mut rest = quoted.inside;
    loop {
        let (plain, behind) = rest.split_at(plain(rest.as_bytes()));
        text.push_str(plain);
        let Some(escaped) = behind.strip_prefix('\\') else {
            break;
        };
        let character;
        (character, rest) = escape(escaped);
        text.push(character);
    }
    // It is kept, and units of UTF-16 may have been longer than what they stand for.
    text.shrink_to_fit();
    text
}

/// The character that an escape stands for, and what is behind it.
fn escape(escape: &str) -> (char, &str) {
    let mut rest = escape.chars();
    let character = match rest.next() {
        Some('u') => return unicode(escape),
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some(itself) => itself,
        None => char::REPLACEMENT_CHARACTER,
    };
    (character, rest.as_str())
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
