//! Walks over a payload once: whether it is JSON, what it starts with, and whether its placeholders name attachments.
//! Halves of surrogate pairs pass, as in JavaScript.
//!
//! Nothing is built on the way, so that a payload costs no more than its text, and its longest string once
//! more for a moment. Nesting is bounded by the depth that `serde_json` allows, 128.

use super::event::is_reserved;
use crate::wire::surrogates::readable;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// What a value is, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    /// An array that starts with a name, or with a number, which the reference takes for one.
    Event,
    Array,
    String,
    /// A string that no event may have as its name.
    Reserved,
    /// A number; what it is, where it is a whole one and not negative.
    Number(Option<u64>),
    True,
    Other,
}

/// What a member of an object is, as far as it matters here.
#[derive(Deserialize)]
#[serde(field_identifier)]
enum Member {
    #[serde(rename = "_placeholder")]
    Placeholder,
    #[serde(rename = "num")]
    Num,
    #[serde(other)]
    Other,
}

/// Why a walk ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    NotJson,
    Placeholder,
}

/// Looks at a whole JSON text, with so many attachments beside it.
pub(super) fn look(json: &str, attachments: usize) -> Result<Kind, Refused> {
    let mut walk = Walk {
        attachments,
        is_astray: false,
    };
    let json = readable(json);
    let mut reader = serde_json::Deserializer::from_str(&json);
    let kind = Value(&mut walk).deserialize(&mut reader);
    match kind.and_then(|kind| reader.end().map(|()| kind)) {
        Ok(kind) => Ok(kind),
        Err(_) if walk.is_astray => Err(Refused::Placeholder),
        Err(_) => Err(Refused::NotJson),
    }
}

struct Walk {
    attachments: usize,
    /// Whether it was a placeholder that ended the walk, and not the JSON.
    is_astray: bool,
}

struct Value<'a>(&'a mut Walk);

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = Kind;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Kind, E> {
        Ok(if value { Kind::True } else { Kind::Other })
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Kind, E> {
        Ok(Kind::Number(Some(value)))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Kind, E> {
        Ok(Kind::Number(None))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Kind, E> {
        Ok(Kind::Number(None))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Kind, E> {
        Ok(if is_reserved(value) {
            Kind::Reserved
        } else {
            Kind::String
        })
    }

    fn visit_unit<E: Error>(self) -> Result<Kind, E> {
        Ok(Kind::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Kind, A::Error> {
        let first = items.next_element_seed(Value(self.0))?;
        while items.next_element_seed(Value(self.0))?.is_some() {}
        Ok(match first {
            Some(Kind::String | Kind::Number(_)) => Kind::Event,
            _ => Kind::Array,
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Kind, A::Error> {
        let mut mark = Kind::Other;
        let mut num = Kind::Other;
        while let Some(member) = members.next_key()? {
            let value = members.next_value_seed(Value(self.0))?;
            match member {
                Member::Placeholder => mark = value,
                Member::Num => num = value,
                Member::Other => {}
            }
        }
        self.0.check(mark, num).map_err(A::Error::custom)?;
        Ok(Kind::Object)
    }
}

impl Walk {
    /// A placeholder is only one where there are attachments.
    fn check(&mut self, mark: Kind, num: Kind) -> Result<(), &'static str> {
        let is_there = matches!(num, Kind::Number(Some(num)) if num < self.attachments as u64);
        self.is_astray = mark == Kind::True && self.attachments > 0 && !is_there;
        if self.is_astray {
            return Err("a placeholder for nothing");
        }
        Ok(())
    }
}
