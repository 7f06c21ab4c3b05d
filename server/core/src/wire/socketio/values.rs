//! The values of a JSON array whose syntax was looked at before, one by one. Nothing is made of them before it is asked for.

use super::look::Look;
use crate::wire::json::Quoted;
use crate::wire::unquote::unquote;
use std::borrow::Cow;

/// What is left of an array.
///
/// ```
/// use throughline_core::wire::socketio::Values;
///
/// let mut values = Values::behind(r#""a\n", {"b": 2}]"#);
/// let text = values.next().and_then(|value| value.text());
/// assert_eq!(text.as_deref(), Some("a\n"));
/// assert_eq!(values.next().map(|value| value.json()), Some(r#"{"b": 2}"#));
/// assert!(values.next().is_none());
/// ```
#[derive(Debug)]
pub struct Values<'a>(Look<'a>);

/// One value.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    json: &'a str,
    quoted: Option<Quoted<'a>>,
}

impl<'a> Values<'a> {
    /// Those behind an array's bracket, or behind a comma in it.
    #[must_use]
    pub const fn behind(rest: &'a str) -> Self {
        Self(Look::new(rest, 0))
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let Self(look) = self;
        look.walk.blank();
        let start = look.walk.at();
        let quoted = match look.walk.peek()? {
            b']' => return None,
            b'"' => Some(look.walk.string().ok()?),
            _ => {
                look.value().ok()?;
                None
            }
        };
        let json = look.walk.since(start);
        look.walk.blank();
        look.walk.skip(b',');
        Some(Value { json, quoted })
    }
}

impl<'a> Value<'a> {
    /// As it is written.
    #[must_use]
    pub const fn json(&self) -> &'a str {
        self.json
    }

    /// What it says, if it is a string. Half of a surrogate pair is U+FFFD.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'a, str>> {
        let quoted = self.quoted?;
        Some(match quoted.is_escaped() {
            true => Cow::Owned(unquote(quoted)),
            false => Cow::Borrowed(quoted.inside),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_is_read_value_by_value() {
        let json = r#" "a" , "\"b\ud83d" ,[1, "]"],{"c":[]} , -1.5e3,null ] "#;
        let values: Vec<_> = Values::behind(json).collect();
        let written: Vec<_> = values.iter().map(Value::json).collect();
        let expected = [
            r#""a""#,
            r#""\"b\ud83d""#,
            r#"[1, "]"]"#,
            r#"{"c":[]}"#,
            "-1.5e3",
            "null",
        ];
        assert_eq!(written, expected);
        let texts: Vec<_> = values.iter().filter_map(Value::text).collect();
        assert_eq!(texts, ["a", "\"b\u{fffd}"]);
        assert!(Values::behind("]").next().is_none());
    }
}
