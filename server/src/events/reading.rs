//! Arguments that came, as serde reads them.
//!
//! Their text was found to be JSON when it came, so only what a handler asks for is read. Strings, which most arguments are,
//! are read here, and everything else by `serde_json`.

use serde::de::value::SeqAccessDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde_json::de::StrRead;
use serde_json::{Deserializer as Json, Error};
use std::borrow::Cow;
use throughline_core::wire::socketio::Values;

/// Reads what stands behind an array's bracket, or behind a comma in it, as a tuple. More than the tuple has are passed over.
pub(super) fn read<T: DeserializeOwned>(rest: &str) -> Result<T, Error> {
    T::deserialize(SeqAccessDeserializer::new(Items(Values::behind(rest))))
}

struct Items<'de>(Values<'de>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        match self.0.is_over() {
            true => Ok(None),
            false => seed.deserialize(Item(&mut self.0)).map(Some),
        }
    }
}

/// The next one.
struct Item<'a, 'de>(&'a mut Values<'de>);

impl<'de> Item<'_, 'de> {
    fn json(self) -> Json<StrRead<'de>> {
        Json::from_str(self.0.next().unwrap_or_default())
    }

    /// Gives a string to its visitor, or the value to serde_json.
    fn visit<V: Visitor<'de>>(
        self,
        visitor: V,
        other: impl FnOnce(&mut Json<StrRead<'de>>, V) -> Result<V::Value, Error>,
    ) -> Result<V::Value, Error> {
        match self.0.text() {
            Some(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
            Some(Cow::Owned(text)) => visitor.visit_string(text),
            None => other(&mut self.json(), visitor),
        }
    }
}

macro_rules! by_serde_json {
    ($($method:ident($($argument:ident: $type:ty),*);)+) => {$(
        fn $method<V: Visitor<'de>>(
            self,
            $($argument: $type,)*
            visitor: V,
        ) -> Result<V::Value, Error> {
            self.json().$method($($argument,)* visitor)
        }
    )+};
}

impl<'de> Deserializer<'de> for Item<'_, 'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit(visitor, |json, visitor| json.deserialize_any(visitor))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit(visitor, |json, visitor| json.deserialize_str(visitor))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit(visitor, |json, visitor| json.deserialize_string(visitor))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.skip_null() {
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    by_serde_json! {
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_newtype_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_map();
        deserialize_struct(name: &'static str, fields: &'static [&'static str]);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
        deserialize_ignored_any();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::Value as Any;
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    /// What serde_json reads from the whole array is read from its items, and what it refuses is refused.
    fn same<T: DeserializeOwned + PartialEq + Debug>(json: &str) {
        let whole = serde_json::from_str::<T>(json).ok();
        assert_eq!(read::<T>(&json[1..]).ok(), whole, "{json}");
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Wrapped(String);

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Colour {
        Red,
        Mixed(u8),
    }

    #[test]
    fn strings_are_read_as_serde_json_reads_them() {
        for json in [
            r#"["a"]"#,
            r#"["\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"]"#,
            r#"[ "é" ]"#,
            r#"["red"]"#,
            r#"["x"]"#,
            r#"[""]"#,
            "[null]",
            "[1]",
            r#"[{"mixed":3}]"#,
            "[true]",
            r#"[["a"]]"#,
            "[]",
        ] {
            same::<(String,)>(json);
            same::<(Option<String>,)>(json);
            same::<(Any,)>(json);
            same::<(Wrapped,)>(json);
            same::<(Option<Wrapped>,)>(json);
            same::<(char,)>(json);
            same::<(Colour,)>(json);
            same::<(Option<Colour>,)>(json);
            same::<((),)>(json);
            same::<(bool,)>(json);
            same::<(u8,)>(json);
            same::<(Vec<String>,)>(json);
            same::<(BTreeMap<String, u8>,)>(json);
        }
    }

    #[test]
    fn values_are_read_one_after_the_other() {
        let json = r#"["a", [1, 2] ,{"b":"c"},-1.5e3, 18446744073709551615]"#;
        same::<(String, Vec<u8>, BTreeMap<String, String>, f64, u64)>(json);
        same::<Vec<Any>>(json);
        assert_eq!(read::<(String,)>(&json[1..]).unwrap().0, "a");
        assert!(read::<(String, String)>(&json[1..]).is_err());
    }
}
