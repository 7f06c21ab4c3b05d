//! Halves of surrogate pairs in JSON, which JavaScript has in strings and Rust does not.
//!
//! A string that was cut in the middle of an emoji is written with one half of it as an escape. It is passed on
//! as it is; whoever reads it in Rust finds U+FFFD in its place, as an encoder to UTF-8 writes.

use std::borrow::Cow;

/// The length of an escape such as `\ud83d`.
const ESCAPE: usize = 6;
const REPLACEMENT: &str = "\\ufffd";

/// A JSON text of JavaScript as Rust can read it: each half of a surrogate pair that stands alone is U+FFFD. The text is
/// copied only where there is one.
///
/// ```
/// use throughline_core::wire::socketio::readable;
///
/// assert_eq!(readable(r#"["\ud83d"]"#), r#"["\ufffd"]"#);
/// ```
#[must_use]
pub fn readable(json: &str) -> Cow<'_, str> {
    if !json.contains("\\u") {
        return Cow::Borrowed(json);
    }
    let mut mended = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = json[at..].find('\\') {
        let start = at + found;
        at = start + skip(&json[start..]);
        if is_lone_half(&json[start..]) {
            mended.push_str(&json[copied..start]);
            mended.push_str(REPLACEMENT);
            copied = at;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    mended.push_str(&json[copied..]);
    Cow::Owned(mended)
}

/// How much of the text belongs to the escape that it starts with.
fn skip(text: &str) -> usize {
    match unit(text) {
        Some(_) if is_pair(text) => 2 * ESCAPE,
        Some(_) => ESCAPE,
        // The escaped character may be a backslash, and is ASCII in any JSON.
        None if text.is_char_boundary(2) => 2,
        None => text.len().min(1),
    }
}

fn is_lone_half(text: &str) -> bool {
    unit(text).is_some_and(|unit| (0xd800..=0xdfff).contains(&unit)) && !is_pair(text)
}

fn is_pair(text: &str) -> bool {
    let high = unit(text).is_some_and(|unit| (0xd800..=0xdbff).contains(&unit));
    let low = || text.get(ESCAPE..).and_then(unit);
    high && low().is_some_and(|unit| (0xdc00..=0xdfff).contains(&unit))
}

/// The UTF-16 unit of the escape that the text starts with.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u16::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_halves_are_replaced_and_nothing_else_is() {
        for (json, expected) in [
            (r#"["\ud83d"]"#, r#"["\ufffd"]"#),
            (r#"["a\uDE00b\ud83d"]"#, r#"["a\ufffdb\ufffd"]"#),
            (r#"["\ud83d\ud83d\ude00"]"#, r#"["\ufffd\ud83d\ude00"]"#),
        ] {
            assert_eq!(readable(json), expected);
        }
        for whole in [
            r#"["\ud83d\ude00"]"#,
            r#"["\\ud83d"]"#,
            r#"["\n\u00e9\"\\"]"#,
            "[\"\u{1f980}\"]",
            r"\",
            r"\ud8",
            "\\\u{1f980}",
            "",
        ] {
            assert!(matches!(readable(whole), Cow::Borrowed(_)), "{whole}");
        }
    }
}
