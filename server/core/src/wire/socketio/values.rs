//! The values of a JSON array whose syntax was looked at before, one by one. Nothing is made of them before it is asked for.

use super::look::Look;
use crate::wire::json::plain;
use crate::wire::unquote::{read, unquote};
use std::borrow::Cow;

/// Where so little is left, the memory for a text is not measured before it is read.
const SHORT: usize = 512;

/// What is left of an array.
///
/// ```
/// use throughline_core::wire::socketio::Values;
///
/// let mut values = Values::behind(r#""a\n", {"b": 2}]"#);
/// assert_eq!(values.text().as_deref(), Some("a\n"));
/// assert_eq!(values.text(), None);
/// assert_eq!(values.next(), Some(r#"{"b": 2}"#));
/// assert_eq!(values.next(), None);
/// ```
#[derive(Debug)]
pub struct Values<'a>(Look<'a>);

impl<'a> Values<'a> {
    /// Those behind an array's bracket, or behind a comma in it.
    #[must_use]
    pub const fn behind(rest: &'a str) -> Self {
        Self(Look::new(rest, 0))
    }

    /// Whether there are no more.
    pub fn is_over(&mut self) -> bool {
        self.0.walk.blank();
        matches!(self.0.walk.peek(), None | Some(b']'))
    }

    /// What the next one says, if it is a string. Half of a surrogate pair is U+FFFD.
    pub fn text(&mut self) -> Option<Cow<'a, str>> {
        let walk = &mut self.0.walk;
        walk.blank();
        let inside = walk.left().strip_prefix('"')?;
        let end = plain(inside.as_bytes());
        let text = if inside.as_bytes().get(end) == Some(&b'"') {
            walk.step(end + 2);
            Cow::Borrowed(&inside[..end])
        } else if inside.len() > SHORT {
            Cow::Owned(unquote(walk.string().ok()?))
        } else {
            let (text, end) = read(inside, inside.len());
            walk.step(end + 2);
            Cow::Owned(text)
        };
        self.go_on();
        Some(text)
    }

    /// Steps over the next one if it is `null`, and says so.
    pub fn skip_null(&mut self) -> bool {
        let is_null = !self.is_over() && self.0.walk.word("null").is_ok();
        if is_null {
            self.go_on();
        }
        is_null
    }

    /// Steps over a comma.
    fn go_on(&mut self) {
        self.0.walk.blank();
        self.0.walk.skip(b',');
    }
}

/// Each as it is written.
impl<'a> Iterator for Values<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.is_over() {
            return None;
        }
        let start = self.0.walk.at();
        self.0.value().ok()?;
        let value = self.0.walk.since(start);
        self.go_on();
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_is_read_value_by_value() {
        let json = r#" "a" , "\"b\ud83d" ,[1, "]"],{"c":[]} , -1.5e3,null ] "#;
        let written: Vec<_> = Values::behind(json).collect();
        let expected = [
            r#""a""#,
            r#""\"b\ud83d""#,
            r#"[1, "]"]"#,
            r#"{"c":[]}"#,
            "-1.5e3",
            "null",
        ];
        assert_eq!(written, expected);
        assert!(Values::behind("]").is_over());
    }

    #[test]
    fn a_text_is_read_whatever_is_behind_it() {
        for behind in ["]".to_owned(), format!(",{}]", "1,".repeat(SHORT))] {
            for (written, said) in [
                (r#""a""#, "a"),
                (r#" "" "#, ""),
                (r#""\"b\ud83d" "#, "\"b\u{fffd}"),
                (r#""\u00e9\\""#, "é\\"),
            ] {
                let json = format!("{written}{behind}");
                let mut values = Values::behind(&json);
                assert_eq!(values.text().as_deref(), Some(said), "{json}");
                assert_eq!(values.text(), None);
                assert_eq!(values.is_over(), behind == "]");
            }
        }
    }
}
