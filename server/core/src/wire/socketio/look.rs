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
    /// A number; what it is, where it is a whole one and not negative.
    Number(Option<u64>),
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
    /// Where the first value of an array is.
    pub(super) first: Range<usize>,
    /// Whether there are units of UTF-16 in escapes.
    pub(super) has_units: bool,
}

/// Looks at a whole JSON text, with so many attachments beside it.
pub(super) fn look(json: &str, attachments: usize) -> Result<Seen, Refused> {
    let mut look = Look::new(json, attachments);
    let kind = look.value()?;
    if !look.walk.is_over() {
        return Err(Refused::NotJson);
    }
    Ok(Seen {
        kind,
        first: look.first,
        has_units: look.walk.has_units(),
    })
}

#[derive(Debug)]
pub(super) struct Look<'a> {
    pub(super) walk: Walk<'a>,
    attachments: usize,
    /// So much deeper may it go.
    left: usize,
    /// Where the first value of the outermost array is.
    first: Range<usize>,
}

impl<'a> Look<'a> {
    pub(super) const fn new(json: &'a str, attachments: usize) -> Self {
        Self {
            walk: Walk::new(json),
            attachments,
            left: DEPTH,
            first: 0..0,
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
        let kind = self.first()?;
        if self.left == DEPTH - 1 && self.first.is_empty() {
            self.first = start..self.walk.at();
        }
        while self.goes_on(b']')? {
            self.value()?;
        }
        Ok(kind)
    }

    /// What an array is that starts with what is next.
    fn first(&mut self) -> Result<Kind, Refused> {
        if self.walk.peek() == Some(b'"') {
            let name = self.walk.string()?;
            return Ok(match is_reserved(&said(name)) {
                true => Kind::Array,
                false => Kind::Event,
            });
        }
        Ok(match self.value()? {
            Kind::Number(_) => Kind::Event,
            _ => Kind::Array,
        })
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
    fn goes_on(&mut self, end: u8) -> Result<bool, Broken> {
        self.walk.blank();
        if self.walk.skip(b',') {
            return Ok(true);
        }
        self.walk.expect(end).map(|()| false)
    }

    fn check(&self, mark: Kind, num: Kind) -> Result<(), Refused> {
        let is_there = matches!(num, Kind::Number(Some(num)) if num < self.attachments as u64);
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
        look(json, attachments).map(|seen| seen.kind)
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
            assert_eq!(look(json, 0).is_ok(), is_json, "{json}");
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
