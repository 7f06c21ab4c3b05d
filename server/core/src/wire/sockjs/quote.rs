//! Texts as JSON strings, with more escapes than JSON asks for.
//!
//! Old browsers drop or change some characters on some transports, so that these never travel as they are: the
//! client's own list, as far as Rust's strings can hold it.

use crate::wire::json::short_escape;
use crate::wire::scan;
use std::fmt::{self, Write};

/// Appends the text as a JSON string.
pub(super) fn push(json: &mut impl Write, text: &str) -> fmt::Result {
    push_with(json, text, may_need_escape, needs_escape)
}

/// Appends what is JSON already, or a callback's argument, as a JSON string: with what JSON and scripts need.
pub(super) fn push_again(json: &mut impl Write, text: &str) -> fmt::Result {
    let may_be = |byte| may_need_escape(byte) | (byte == b'<');
    push_with(json, text, may_be, |character| {
        is_syntax(character) || matches!(character, '\u{2028}' | '\u{2029}' | '<')
    })
}

/// How many bytes the text has in escapes beyond its own, at least: as many as characters that JSON itself escapes.
pub(super) fn escapes(text: &str) -> usize {
    scan::count(text.as_bytes(), |byte| {
        (byte < b' ') | (byte == b'"') | (byte == b'\\')
    })
}

/// Bytes that may begin such a character are looked at; all between them is copied at once.
fn push_with(
    json: &mut impl Write,
    mut text: &str,
    may_be: impl Fn(u8) -> bool,
    is_special: impl Fn(char) -> bool,
) -> fmt::Result {
    json.write_str("\"")?;
    while let Some(at) = scan::find(text.as_bytes(), &may_be) {
        json.write_str(&text[..at])?;
        let mut rest = text[at..].chars();
        match rest.next() {
            Some(character) if is_special(character) => escape(json, character)?,
            Some(character) => json.write_char(character)?,
            None => {}
        }
        text = rest.as_str();
    }
    json.write_str(text)?;
    json.write_str("\"")
}

fn escape(json: &mut impl Write, character: char) -> fmt::Result {
    match u8::try_from(character).ok().and_then(short_escape) {
        Some(escape) => json.write_str(escape),
        // All of them have one unit of UTF-16.
        None => write!(json, "\\u{:04x}", u32::from(character)),
    }
}

/// Whether a character that needs an escape may begin with this byte of UTF-8: those beyond ASCII begin with one of two.
const fn may_need_escape(byte: u8) -> bool {
    (byte < b' ') | (byte == b'"') | (byte == b'\\') | (byte == 0xe2) | (byte == 0xef)
}

const fn is_syntax(character: char) -> bool {
    matches!(character, '\0'..='\x1f' | '"' | '\\')
}

const fn needs_escape(character: char) -> bool {
    let is_lost = matches!(character,
        '\u{200c}'..='\u{200f}'
        | '\u{2028}'..='\u{202f}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fff0}'..='\u{ffff}');
    is_lost || is_syntax(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: &str) -> String {
        let mut json = String::new();
        push(&mut json, text).unwrap();
        json
    }

    #[test]
    fn what_browsers_lose_is_escaped_in_lower_case() {
        for (text, json) in [
            ("plain", r#""plain""#),
            ("\"\\\n\r\t\0\x1f", r#""\"\\\n\r\t\u0000\u001f""#),
            ("\u{200c}\u{200f}", r#""\u200c\u200f""#),
            ("\u{2028}\u{202f}", r#""\u2028\u202f""#),
            ("\u{2060}\u{206f}", r#""\u2060\u206f""#),
            ("\u{fff0}\u{fffe}\u{ffff}", r#""\ufff0\ufffe\uffff""#),
        ] {
            assert_eq!(quoted(text), json);
        }
    }

    #[test]
    fn whatever_needs_an_escape_begins_with_a_byte_that_says_so() {
        for character in '\0'..=char::MAX {
            let first = character.to_string().as_bytes()[0];
            assert!(
                !needs_escape(character) || may_need_escape(first),
                "{character:?}"
            );
        }
    }

    #[test]
    fn all_else_travels_as_it_is() {
        for text in ["é", "漢", "\x7f", "\u{200b}", "\u{2010}", "😀", "<&'/"] {
            assert_eq!(quoted(text), format!("\"{text}\""));
        }
    }

    #[test]
    fn whatever_is_quoted_reads_back_as_it_was() {
        let every: String = (0..=0xffff).filter_map(char::from_u32).collect();
        assert_eq!(
            serde_json::from_str::<String>(&quoted(&every)).unwrap(),
            every
        );
        let mut again = String::new();
        push_again(&mut again, &every).unwrap();
        assert_eq!(serde_json::from_str::<String>(&again).unwrap(), every);
    }

    #[test]
    fn what_is_quoted_for_a_script_cannot_leave_it() {
        let mut json = String::new();
        push_again(&mut json, "a[\"</script>\u{2028}\"]").unwrap();
        assert_eq!(json, r#""a[\"\u003c/script>\u2028\"]""#);
    }
}
