//! Arguments that are sent, as serde writes them: each behind the one before, into the text of their packet.
//!
//! Strings, which most arguments are, are written here, and everything else by `serde_json`.

use super::binary;
use super::error::EmitError;
use bytes::Bytes;
use serde::{Serialize, Serializer};
use serde_json::{Error, Serializer as Json};
use std::cell::RefCell;
use std::io;
use throughline_core::wire::socketio::quote;

/// The items of an array of JSON, as they are written behind others.
#[derive(Debug)]
pub struct Items {
    json: RefCell<Vec<u8>>,
    /// What stands before the next one: a comma, or the array's bracket.
    lead: u8,
    attachments: Vec<Bytes>,
}

impl Items {
    /// Behind what is there.
    pub(super) const fn new(json: Vec<u8>, lead: u8) -> Self {
        Self {
            json: RefCell::new(json),
            lead,
            attachments: Vec::new(),
        }
    }

    /// Writes some, with what travels beside them.
    pub(super) fn collect(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<(), EmitError> {
        let (written, attachments) = binary::writing(|| write(self));
        if let Some(attachments) = attachments {
            self.attachments = attachments;
        }
        Ok(written?)
    }

    /// Writes one.
    pub(super) fn push(&mut self, value: &impl Serialize) -> Result<(), Error> {
        self.json.get_mut().push(self.lead);
        self.lead = b',';
        let json = &mut Json::new(Writer(&self.json));
        value.serialize(Item {
            json,
            text: &self.json,
        })
    }

    /// Takes over some that are written already.
    pub(super) fn push_written(&mut self, items: &str, attachments: Vec<Bytes>) {
        if !items.is_empty() {
            let json = self.json.get_mut();
            json.push(self.lead);
            json.extend_from_slice(items.as_bytes());
            self.lead = b',';
        }
        self.attachments = attachments;
    }

    /// The whole array, and what travels beside it.
    pub(super) fn finish(self) -> (Vec<u8>, Vec<Bytes>) {
        let mut json = self.json.into_inner();
        if self.lead == b'[' {
            json.push(b'[');
        }
        json.push(b']');
        (json, self.attachments)
    }
}

struct Writer<'a>(&'a RefCell<Vec<u8>>);

impl io::Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes one.
struct Item<'a, 'b> {
    json: &'a mut Json<Writer<'b>>,
    text: &'b RefCell<Vec<u8>>,
}

type Inner<'a, 'b> = &'a mut Json<Writer<'b>>;

macro_rules! by_serde_json {
    ($($method:ident($($argument:ident: $type:ty),*) $(-> $part:ident)?;)+) => {$(
        fn $method(self, $($argument: $type),*) -> by_serde_json!(@ $($part)?) {
            self.json.$method($($argument),*)
        }
    )+};
    (@) => { Result<(), Error> };
    (@ $part:ident) => { Result<Self::$part, Error> };
}

impl<'a, 'b> Serializer for Item<'a, 'b> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = <Inner<'a, 'b> as Serializer>::SerializeSeq;
    type SerializeTuple = <Inner<'a, 'b> as Serializer>::SerializeTuple;
    type SerializeTupleStruct = <Inner<'a, 'b> as Serializer>::SerializeTupleStruct;
    type SerializeTupleVariant = <Inner<'a, 'b> as Serializer>::SerializeTupleVariant;
    type SerializeMap = <Inner<'a, 'b> as Serializer>::SerializeMap;
    type SerializeStruct = <Inner<'a, 'b> as Serializer>::SerializeStruct;
    type SerializeStructVariant = <Inner<'a, 'b> as Serializer>::SerializeStructVariant;

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        quote(&mut self.text.borrow_mut(), text);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.json.serialize_newtype_struct(name, value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.json
            .serialize_newtype_variant(name, index, variant, value)
    }

    by_serde_json! {
        serialize_bool(value: bool);
        serialize_i8(value: i8);
        serialize_i16(value: i16);
        serialize_i32(value: i32);
        serialize_i64(value: i64);
        serialize_i128(value: i128);
        serialize_u8(value: u8);
        serialize_u16(value: u16);
        serialize_u32(value: u32);
        serialize_u64(value: u64);
        serialize_u128(value: u128);
        serialize_f32(value: f32);
        serialize_f64(value: f64);
        serialize_char(value: char);
        serialize_bytes(value: &[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(name: &'static str);
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str);
        serialize_seq(len: Option<usize>) -> SerializeSeq;
        serialize_tuple(len: usize) -> SerializeTuple;
        serialize_tuple_struct(name: &'static str, len: usize) -> SerializeTupleStruct;
        serialize_tuple_variant(
            name: &'static str,
            index: u32,
            variant: &'static str,
            len: usize
        ) -> SerializeTupleVariant;
        serialize_map(len: Option<usize>) -> SerializeMap;
        serialize_struct(name: &'static str, len: usize) -> SerializeStruct;
        serialize_struct_variant(
            name: &'static str,
            index: u32,
            variant: &'static str,
            len: usize
        ) -> SerializeStructVariant;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    /// It is written as serde_json writes it.
    fn same(value: &impl Serialize) {
        let mut items = Items::new(b"42".to_vec(), b'[');
        items.collect(|items| items.push(value)).unwrap();
        let expected = format!("42{}", serde_json::to_string(&[value]).unwrap());
        assert_eq!(String::from_utf8(items.finish().0).unwrap(), expected);
    }

    #[derive(Serialize)]
    struct Wrapped(&'static str);

    #[derive(Serialize)]
    struct Pair(u8, &'static str);

    #[derive(Serialize)]
    struct Unit;

    #[derive(Serialize)]
    enum Shape {
        Plain,
        New(&'static str),
        Tuple(u8, u8),
        Struct { a: &'static str },
    }

    #[test]
    fn values_are_written_as_serde_json_writes_them() {
        same(&"a\"\n\u{1}é");
        same(&'"');
        same(&Some("a"));
        same(&None::<u8>);
        same(&(1_u8, -2_i64, 1.5, u128::MAX, true, ()));
        same(&[1.5_f32]);
        same(&7);
        same(&BTreeMap::from([("a", vec![1, 2])]));
        same(&json!({"a": [null, "b"]}));
        same(&json!("a"));
        same(&format_args!("{}-{}", 1, '"'));
        same(&Wrapped("a"));
        same(&Pair(1, "a"));
        same(&Unit);
        same(&[Shape::Plain, Shape::New("a")]);
        same(&Shape::Plain);
        same(&Shape::New("a"));
        same(&Shape::Tuple(1, 2));
        same(&Shape::Struct { a: "b" });
    }

    #[test]
    fn items_stand_behind_each_other() {
        let mut items = Items::new(b"[0".to_vec(), b',');
        let written = items.collect(|items| {
            items.push(&"a")?;
            items.push(&1)
        });
        written.unwrap();
        items.push_written("true", Vec::new());
        assert_eq!(items.finish().0, br#"[0,"a",1,true]"#);
        assert_eq!(Items::new(Vec::new(), b'[').finish().0, b"[]");
    }
}
