//! Walks over a payload once: whether it is JSON, what it starts with, and whether its placeholders name attachments.
//! Halves of surrogate pairs pass, as in JavaScript.
//!
//! Nothing is built on the way, so that a payload costs no more than its text. Nesting is bounded by the depth that
//! `serde_json` allows, which reads it later.

use super::event::is_reserved;
use crate::wire::json::{Broken, Quoted, Walk};
use crate::wire::unquote::unquote;
use std::borrow::Cow;
use std::ops::Range;

/// As deep a value may be nested.
pub(super) const DEPTH: usize = 127;

/// What a value is, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    /// An array that starts with a name, or with a number, which the reference takes for one.
    Event,
    Array,
    String,
    /// A number; what it is, where it may be that of an attachment.
    Number(Option<u8>),
    True,
    Other,
}

/// Why a walk ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    NotJson,
    Placeholder,
}

impl From<Broken> for Refused {
    fn from(_: Broken) -> Self {
        Self::NotJson
    }
}

/// What a whole JSON text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) kind: Kind,
    pub(super) array: Array,
}

/// What there is to know of an array without reading it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Array {
    /// Where its first value is; nowhere, where there is none.
    pub(super) first: Range<usize>,
    /// Whether that is a string without escapes.
    pub(super) has_plain_name: bool,
    /// Where it goes on: behind a comma, or at its end.
    pub(super) rest: usize,
    /// Whether there are units of UTF-16 in escapes.
    pub(super) has_units: bool,
}

/// Looks at a JSON text, with so many attachments beside it. It is all that is in this text from there on.
pub(super) fn look(text: &str, start: usize, attachments: usize) -> Result<Seen, Refused> {
    let mut look = Look::new(text, attachments);
    look.walk.step(start);
    let kind = look.value()?;
    if !look.walk.is_over() {
        return Err(Refused::NotJson);
    }
    let array = Array {
        first: look.first,
        has_plain_name: look.has_plain_name,
        rest: look.rest,
        has_units: look.walk.has_units(),
    };
    Ok(Seen { kind, array })
}

#[derive(Debug)]
pub(super) struct Look<'a> {
    pub(super) walk: Walk<'a>,
    attachments: usize,
    /// So much deeper may it go.
    left: usize,
    /// Of the outermost array; see [`Array`].
    first: Range<usize>,
    has_plain_name: bool,
    rest: usize,
}

impl<'a> Look<'a> {
    pub(super) const fn new(json: &'a str, attachments: usize) -> Self {
        Self {
            walk: Walk::new(json),
            attachments,
            left: DEPTH,
            first: 0..0,
            has_plain_name: false,
            rest: 0,
        }
    }

    /// Steps over a value.
    pub(super) fn value(&mut self) -> Result<Kind, Refused> {
        self.walk.blank();
        Ok(match self.walk.peek() {
            Some(b'"') => {
                self.walk.string()?;
                Kind::String
            }
            Some(b'[') => self.nested(Self::array)?,
            Some(b'{') => self.nested(Self::object)?,
            Some(b't') => self.walk.word("true").map(|()| Kind::True)?,
            Some(b'f') => self.walk.word("false").map(|()| Kind::Other)?,
            Some(b'n') => self.walk.word("null").map(|()| Kind::Other)?,
            _ => Kind::Number(self.walk.number()?.parse().ok()),
        })
    }

    /// Steps over what a bracket opens.
    fn nested(
        &mut self,
        inside: impl FnOnce(&mut Self) -> Result<Kind, Refused>,
    ) -> Result<Kind, Refused> {
        self.left = self.left.checked_sub(1).ok_or(Refused::NotJson)?;
        let kind = inside(self)?;
        self.left += 1;
        Ok(kind)
    }

    fn array(&mut self) -> Result<Kind, Refused> {
        self.walk.expect(b'[')?;
        self.walk.blank();
        if self.walk.skip(b']') {
            return Ok(Kind::Array);
        }
        let start = self.walk.at();
        let (kind, has_plain_name) = self.first()?;
        let first = start..self.walk.at();
        let mut goes_on = self.goes_on(b']')?;
        if self.left == DEPTH - 1 {
            (self.first, self.has_plain_name) = (first, has_plain_name);
            self.rest = self.walk.at() - usize::from(!goes_on);
        }
        while goes_on {
            self.value()?;
            goes_on = self.goes_on(b']')?;
        }
        Ok(kind)
    }

    /// What an array is that starts with what is next, and whether that is a string without escapes.
    fn first(&mut self) -> Result<(Kind, bool), Refused> {
        if self.walk.peek() == Some(b'"') {
            let name = self.walk.string()?;
            let kind = match is_reserved(&said(name)) {
                true => Kind::Array,
                false => Kind::Event,
            };
            return Ok((kind, !name.is_escaped()));
        }
        let kind = match self.value()? {
            Kind::Number(_) => Kind::Event,
            _ => Kind::Array,
        };
        Ok((kind, false))
    }

    fn object(&mut self) -> Result<Kind, Refused> {
        self.walk.expect(b'{')?;
        self.walk.blank();
        if self.walk.skip(b'}') {
            return Ok(Kind::Object);
        }
        let (mut mark, mut num) = (Kind::Other, Kind::Other);
        loop {
            let (member, value) = self.member()?;
            // Without attachments, a placeholder is ordinary data.
            if self.attachments > 0 {
                match &*said(member) {
                    "_placeholder" => mark = value,
                    "num" => num = value,
                    _ => {}
                }
            }
            if !self.goes_on(b'}')? {
                break;
            }
        }
        self.check(mark, num)?;
        Ok(Kind::Object)
    }

    fn member(&mut self) -> Result<(Quoted<'a>, Kind), Refused> {
        self.walk.blank();
        let name = self.walk.string()?;
        self.walk.blank();
        self.walk.expect(b':')?;
        Ok((name, self.value()?))
    }

    /// Steps over what stands behind a value: a comma, or the bracket that ends it all.
    #[inline]
    fn goes_on(&mut self, end: u8) -> Result<bool, Broken> {
        self.walk.blank();
        if self.walk.skip(b',') {
            return Ok(true);
        }
        self.walk.expect(end).map(|()| false)
    }

    fn check(&self, mark: Kind, num: Kind) -> Result<(), Refused> {
        let is_there =
            matches!(num, Kind::Number(Some(num)) if usize::from(num) < self.attachments);
        if mark == Kind::True && !is_there {
            return Err(Refused::Placeholder);
        }
        Ok(())
    }
}

/// What a string says. Names hardly ever have escapes.
fn said(name: Quoted<'_>) -> Cow<'_, str> {
    if !name.is_escaped() {
        return Cow::Borrowed(name.inside);
    }
    Cow::Owned(unquote(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(json: &str, attachments: usize) -> Result<Kind, Refused> {
        look(json, 0, attachments).map(|seen| seen.kind)
    }

    /// serde_json reads what has passed, and nothing else, but for halves of surrogate pairs.
    #[test]
    fn what_passes_is_json() {
        let long = format!("[\"{}\\n\"]", "x".repeat(50));
        for json in [
            "",
            " ",
            "1",
            " [ ] ",
            "[1 ,2]",
            "[,]",
            "[1,]",
            "[1 2]",
            "{}",
            "{ }",
            r#"{"a":1}"#,
            r#"{"a":1,}"#,
            r#"{"a" : [ {} , null ] }"#,
            r#"{"a"}"#,
            r#"{a:1}"#,
            r#"{"a":}"#,
            "{1:2}",
            "tru",
            "true",
            "falsey",
            "null,",
            "nul",
            "[true,false,null]",
            "[-]",
            "[01]",
            "[\"a\" \"b\"]",
            "\u{a0}1",
            "[1}",
            "{]",
            "[\"\u{7f}\"]",
            "[\"\t\"]",
            r#"["\u00e9\ud83d\ude00"]"#,
            r#"["\u00g9"]"#,
            &long,
        ] {
            let is_json = serde_json::from_str::<serde_json::Value>(json).is_ok();
            assert_eq!(look(json, 0, 0).is_ok(), is_json, "{json}");
        }
        assert_eq!(kind(r#"["m","\ud83d"]"#, 0), Ok(Kind::Event));
    }

    #[test]
    fn names_are_compared_by_what_they_say() {
        assert_eq!(kind(r#"["\u0063onnect"]"#, 0), Ok(Kind::Array));
        let astray = r#"["m",{"\u005fplaceholder":true,"num":0,"num":1}]"#;
        assert_eq!(kind(astray, 1), Err(Refused::Placeholder));
        assert_eq!(kind(astray, 2), Ok(Kind::Event));
    }
}
