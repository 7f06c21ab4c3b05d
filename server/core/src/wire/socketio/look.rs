//! Walks over a payload once: whether it is JSON, what it starts with, and whether its placeholders name attachments.
//!
//! Nothing is built on the way, so that a payload costs no more memory than its text. Nesting is bounded
//! by the depth that `serde_json` allows, 128.

use super::event::is_reserved;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// What a value is, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    True,
    Number(Option<u64>),
    Name,
    Reserved,
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

/// What a payload turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    /// An array that starts with a name, or a number, which the reference takes for one.
    Event,
    Array,
    String,
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
        top: None,
    };
    let mut reader = serde_json::Deserializer::from_str(json);
    let seen = Value(&mut walk, true)
        .deserialize(&mut reader)
        .and_then(|seen| reader.end().map(|()| seen));
    match (seen, walk.top) {
        (Err(_), _) if walk.is_astray => Err(Refused::Placeholder),
        (Err(_), _) => Err(Refused::NotJson),
        (Ok(_), Some(kind)) => Ok(kind),
        (Ok(Seen::Name | Seen::Reserved), None) => Ok(Kind::String),
        (Ok(_), None) => Ok(Kind::Other),
    }
}

struct Walk {
    attachments: usize,
    is_astray: bool,
    /// What the outermost array or object is.
    top: Option<Kind>,
}

/// A value, and whether it is the outermost one.
struct Value<'a>(&'a mut Walk, bool);

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = Seen;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Seen, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = Seen;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Seen, E> {
        Ok(if value { Seen::True } else { Seen::Other })
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Seen, E> {
        Ok(Seen::Number(Some(value)))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Seen, E> {
        Ok(Seen::Number(None))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Seen, E> {
        Ok(Seen::Number(None))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Seen, E> {
        Ok(if is_reserved(value) {
            Seen::Reserved
        } else {
            Seen::Name
        })
    }

    fn visit_unit<E: Error>(self) -> Result<Seen, E> {
        Ok(Seen::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Seen, A::Error> {
        let Self(walk, is_outermost) = self;
        let first = items.next_element_seed(Value(walk, false))?;
        while items.next_element_seed(Value(walk, false))?.is_some() {}
        if is_outermost {
            walk.top = Some(match first {
                Some(Seen::Name | Seen::Number(_)) => Kind::Event,
                _ => Kind::Array,
            });
        }
        Ok(Seen::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Seen, A::Error> {
        let Self(walk, is_outermost) = self;
        let mut marked = Seen::Other;
        let mut number = Seen::Other;
        while let Some(member) = members.next_key()? {
            let value = members.next_value_seed(Value(walk, false))?;
            match member {
                Member::Placeholder => marked = value,
                Member::Num => number = value,
                Member::Other => {}
            }
        }
        if is_outermost {
            walk.top = Some(Kind::Object);
        }
        walk.check(marked, number).map_err(A::Error::custom)?;
        Ok(Seen::Other)
    }
}

impl Walk {
    /// A placeholder is only one where there are attachments.
    fn check(&mut self, marked: Seen, number: Seen) -> Result<(), &'static str> {
        let is_there =
            matches!(number, Seen::Number(Some(number)) if number < self.attachments as u64);
        if marked != Seen::True || self.attachments == 0 || is_there {
            return Ok(());
        }
        self.is_astray = true;
        Err("a placeholder for nothing")
    }
}
