//! Walks over JSON text: whether it is JSON, and where its strings end. Nothing is built on the way, and each byte is
//! looked at once.
//!
//! What passes is what `serde_json` lets pass, but halves of surrogate pairs that stand alone pass as well, as in
//! JavaScript.

use crate::wire::scan;

/// What is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken;

/// A place in a JSON text.
#[derive(Clone, Debug)]
pub(super) struct Walk<'a> {
    text: &'a str,
    at: usize,
    /// How many units of UTF-16 were in what it has passed.
    units: usize,
}

/// A string, as it is written between its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quoted<'a> {
    pub(super) inside: &'a str,
    /// Escapes of two characters.
    short: usize,
    /// Escapes of six, each a unit of UTF-16.
    units: usize,
}

impl Quoted<'_> {
    pub(super) const fn is_escaped(&self) -> bool {
        self.short + self.units > 0
    }

    /// How many bytes the text has that it stands for, at most; exactly, where it has no units.
    pub(super) const fn longest(&self) -> usize {
        self.inside.len() - self.short - 3 * self.units
    }
}

impl<'a> Walk<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            units: 0,
        }
    }

    /// Whether strings that it has passed had units of UTF-16 in escapes.
    pub(super) const fn has_units(&self) -> bool {
        self.units > 0
    }

    /// What it has passed since it was there.
    pub(super) fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    /// How far it has come, in bytes.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Steps over this byte, where it is next.
    pub(super) fn skip(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Steps over this byte, which has to be next.
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), Broken> {
        self.skip(byte).then_some(()).ok_or(Broken)
    }

    pub(super) fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// Whether nothing is left but blanks.
    pub(super) fn is_over(&mut self) -> bool {
        self.blank();
        self.at == self.text.len()
    }

    /// Steps over `true`, `false` or `null`.
    pub(super) fn word(&mut self, word: &str) -> Result<(), Broken> {
        let is_next = self.rest().starts_with(word.as_bytes());
        self.at += if is_next { word.len() } else { 0 };
        is_next.then_some(()).ok_or(Broken)
    }

    fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    /// What it has not come to.
    pub(super) fn left(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Steps over so many bytes.
    pub(super) const fn step(&mut self, count: usize) {
        self.at += count;
    }

    /// Steps over a string.
    pub(super) fn string(&mut self) -> Result<Quoted<'a>, Broken> {
        self.expect(b'"')?;
        let (bytes, start) = (self.text.as_bytes(), self.at);
        let mut at = start + plain(&bytes[start..]);
        let (mut short, mut units) = (0, 0);
        while bytes.get(at) != Some(&b'"') {
            match bytes[at..] {
                [b'\\', escaped, ..] if is_short(escaped) => {
                    at += 2;
                    short += 1;
                }
                [b'\\', b'u', ref digits @ ..] if is_hex(digits) => {
                    at += 6;
                    units += 1;
                }
                _ => return Err(Broken),
            }
            at += plain(&bytes[at..]);
        }
        self.at = at + 1;
        self.units += units;
        Ok(Quoted {
            inside: &self.text[start..at],
            short,
            units,
        })
    }

    /// Steps over a number, and gives it as it is written. One that no `f64` can hold is broken.
    pub(super) fn number(&mut self) -> Result<&'a str, Broken> {
        let start = self.at;
        self.skip(b'-');
        if !self.skip(b'0') {
            self.digits()?;
        }
        if self.skip(b'.') {
            self.digits()?;
        }
        let has_exponent = self.skip(b'e') || self.skip(b'E');
        if has_exponent {
            let _sign = self.skip(b'+') || self.skip(b'-');
            self.digits()?;
        }
        let number = &self.text[start..self.at];
        let may_be_huge = has_exponent || number.len() > LONGEST_FINITE;
        if may_be_huge && !number.parse().is_ok_and(f64::is_finite) {
            return Err(Broken);
        }
        Ok(number)
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<(), Broken> {
        let count = self.rest().iter().take_while(|byte| byte.is_ascii_digit());
        let count = count.count();
        self.at += count;
        if count > 0 { Ok(()) } else { Err(Broken) }
    }
}

/// Whatever is so short is finite, if it has no exponent.
const LONGEST_FINITE: usize = 300;

/// Whether an escape of two characters has this behind its backslash.
const fn is_short(escaped: u8) -> bool {
    matches!(
        escaped,
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't'
    )
}

fn is_hex(digits: &[u8]) -> bool {
    let unit = digits.first_chunk::<4>();
    unit.is_some_and(|unit| unit.iter().all(u8::is_ascii_hexdigit))
}

/// How many bytes come before the first that ends a string or has a meaning in it. Many such pieces are short: those are
/// measured right where they are read.
#[inline]
pub(super) fn plain(bytes: &[u8]) -> usize {
    match bytes.first_chunk().map(plain_of) {
        Some(8) => plain_of_many(bytes),
        Some(count) => count,
        None => plain_bytes(bytes),
    }
}

#[inline]
const fn plain_of(eight: &[u8; 8]) -> usize {
    (odd(u64::from_le_bytes(*eight)).trailing_zeros() / 8) as usize
}

fn plain_bytes(bytes: &[u8]) -> usize {
    let is_plain = |byte: &&u8| !matches!(byte, 0..b' ' | b'"' | b'\\');
    bytes.iter().take_while(is_plain).count()
}

/// The same where the first eight are plain, so that more probably are.
#[inline(never)]
fn plain_of_many(bytes: &[u8]) -> usize {
    match bytes.last_chunk() {
        Some(eight) if bytes.len() <= 16 => bytes.len() - 8 + plain_of(eight),
        _ => scan::find(bytes, is_odd).unwrap_or(bytes.len()),
    }
}

/// Without branches, and in a form that takes few instructions for many bytes at once.
fn is_odd(byte: u8) -> bool {
    // Each is zero for what it looks for: control characters, quotes, backslashes.
    (byte & 0xe0).min(byte ^ b'"').min(byte ^ b'\\') == 0
}

/// Marks the lowest of eight bytes that is a quote, a backslash or a control character with its highest bit. Above that
/// one, what is marked means nothing, since subtracting borrows.
const fn odd(eight: u64) -> u64 {
    let quotes = eight ^ each(b'"');
    let backslashes = eight ^ each(b'\\');
    let quotes = quotes.wrapping_sub(each(1)) & !quotes;
    let backslashes = backslashes.wrapping_sub(each(1)) & !backslashes;
    let controls = eight.wrapping_sub(each(b' ')) & !eight;
    (quotes | backslashes | controls) & each(0x80)
}

/// Eight times that byte.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The escape of two characters for a byte that has one.
pub(super) const fn short_escape(byte: u8) -> Option<&'static str> {
    Some(match byte {
        b'"' => "\\\"",
        b'\\' => "\\\\",
        b'\n' => "\\n",
        b'\r' => "\\r",
        b'\t' => "\\t",
        8 => "\\b",
        12 => "\\f",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> Result<(&str, bool), Broken> {
        let mut walk = Walk::new(text);
        let quoted = walk.string()?;
        assert_eq!(walk.at(), text.len());
        Ok((quoted.inside, quoted.is_escaped()))
    }

    #[test]
    fn what_is_plain_ends_at_the_first_odd_byte() {
        for odd in [0, 1, 0x1f, b'"', b'\\'] {
            for other in [b' ', b'!', b'#', b'[', b']', 0x7f, 0x80, 0xff] {
                for at in 0..250 {
                    let mut bytes = [other; 250];
                    assert_eq!(plain(&bytes), 250);
                    bytes[at] = odd;
                    assert_eq!(plain(&bytes), at, "{odd} among {other}");
                }
            }
        }
    }

    #[test]
    fn a_string_ends_at_its_quote() {
        for inside in ["", "a", "\u{7f}é\u{1f980}", &"x".repeat(100)] {
            let text = format!("\"{inside}\"");
            assert_eq!(string(&text), Ok((inside, false)));
        }
        for inside in [r#"\""#, r"\\", r"\/\b\f\n\r\t", r"\ud83dx", r#"\u00e9\""#] {
            let text = format!("\"{}{inside}\"", "x".repeat(20));
            assert_eq!(string(&text).map(|(_, is_escaped)| is_escaped), Ok(true));
        }
    }

    #[test]
    fn what_is_no_string_is_broken() {
        for text in [
            "",
            "x",
            "\"",
            "\"x",
            "\"\u{1}\"",
            "\"\n\"",
            r#""\""#,
            r#""\x""#,
            r#""\u12g4""#,
            r#""\u12"#,
        ] {
            assert_eq!(string(text), Err(Broken), "{text}");
        }
    }

    #[test]
    fn numbers_are_those_of_serde_json() {
        for text in [
            "0",
            "-0",
            "10",
            "01",
            "-",
            "1.",
            ".5",
            "1.5",
            "1e5",
            "1E+5",
            "1e",
            "1e+",
            "-1.5e-3",
            "1e308",
            "1e309",
            "-1e999",
            "0e999",
            "1e-999",
            "+1",
            "18446744073709551616",
            "1x",
        ] {
            let is_number = serde_json::from_str::<serde_json::Value>(text).is_ok();
            let mut walk = Walk::new(text);
            assert_eq!(walk.number().is_ok() && walk.is_over(), is_number, "{text}");
        }
        for zeros in [200, 300, 400] {
            let text = format!("1{}", "0".repeat(zeros));
            assert_eq!(Walk::new(&text).number().is_ok(), zeros < 309);
        }
    }
}
