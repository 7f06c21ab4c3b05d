//! The arguments of an event or of an answer, and the event itself.
//!
//! What came is kept as it came, as JSON text with attachments beside it: it is read only when a handler asks for
//! values, and sent on without being read.

use super::binary;
use super::error::EmitError;
use bytes::Bytes;
use bytestring::ByteString;
use serde::Serialize;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use throughline_core::wire::socketio::{Payload, is_reserved, readable};

/// Arguments as they travel: JSON text, with binary data beside it. A clone shares both.
///
/// As an argument of a handler it takes whatever came; as arguments to [`emit`](super::Socket::emit) or as a
/// [`Reply`](super::Reply) it sends that on.
///
/// ```
/// # use throughline::events::{Args, Namespace, Reply};
/// let echo = Namespace::new().on("echo", |args: Args| async move { Reply(args) });
/// # let _ = echo;
/// ```
#[derive(Clone)]
pub struct Args {
    /// A JSON array: the arguments, behind the event's name where they came with one.
    json: ByteString,
    /// Where the arguments begin in it.
    start: usize,
    is_named: bool,
    attachments: Vec<Bytes>,
}

impl Args {
    fn of_array(json: ByteString, attachments: Vec<Bytes>) -> Self {
        let start = json.find('[').map_or(0, |at| at + 1);
        Self {
            json,
            start,
            is_named: false,
            attachments,
        }
    }

    /// The arguments of an answer.
    pub(super) fn of_answer(payload: Payload) -> Self {
        let (json, attachments) = payload.into_parts();
        Self::of_array(json, attachments)
    }

    /// Reads them as a tuple: `(String, u64)`. More than the tuple has are passed over.
    ///
    /// # Errors
    /// What serde says of the first that is missing or of another type.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        binary::reading(&self.attachments, || {
            let json = readable(&self.json);
            let mut reader = serde_json::Deserializer::from_str(&json);
            reader.deserialize_seq(Rest {
                is_named: self.is_named,
                values: PhantomData,
            })
        })
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items().is_empty()
    }

    /// The binary data that came with them.
    #[must_use]
    pub fn attachments(&self) -> &[Bytes] {
        &self.attachments
    }

    /// The JSON text between the brackets.
    fn items(&self) -> &str {
        let rest = self.json[self.start..].trim_end();
        rest.strip_suffix(']').unwrap_or(rest).trim()
    }

    /// The payload of an answer with these arguments.
    pub(super) fn into_answer(self) -> Result<Payload, EmitError> {
        let json = format!("[{}]", self.items());
        Ok(Payload::written(json, self.attachments)?)
    }

    /// The payload of an event with this name and these arguments. It ends with its bracket.
    pub(super) fn into_event(self, name: &str) -> Result<Payload, EmitError> {
        if is_reserved(name) {
            return Err(EmitError::Reserved(name.to_owned()));
        }
        let items = self.items();
        let name = escaped(name)?;
        let comma = if items.is_empty() { "" } else { "," };
        let json = ["[\"", &name, "\"", comma, items, "]"].concat();
        Ok(Payload::written(json, self.attachments)?)
    }
}

impl fmt::Debug for Args {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Args[{}]", self.items())
    }
}

/// Reads what stands behind the name.
struct Rest<T> {
    is_named: bool,
    values: PhantomData<T>,
}

impl<'de, T: DeserializeOwned> Visitor<'de> for Rest<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("arguments")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<T, A::Error> {
        if self.is_named {
            items.next_element::<IgnoredAny>()?;
        }
        let values = T::deserialize(SeqAccessDeserializer::new(&mut items))?;
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(values)
    }
}

/// What can be sent with an event: a tuple of up to eight values that serde can write, or [`Args`].
///
/// One value is a tuple as well: `("words",)`.
pub trait IntoArgs {
    /// Writes them.
    ///
    /// # Errors
    /// [`EmitError::Arguments`]: serde cannot write them.
    fn into_args(self) -> Result<Args, EmitError>;
}

impl IntoArgs for Args {
    fn into_args(self) -> Result<Args, EmitError> {
        Ok(self)
    }
}

impl IntoArgs for &Args {
    fn into_args(self) -> Result<Args, EmitError> {
        Ok(self.clone())
    }
}

impl IntoArgs for () {
    fn into_args(self) -> Result<Args, EmitError> {
        Ok(Args::of_array(ByteString::from_static("[]"), Vec::new()))
    }
}

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<$($name: Serialize),+> IntoArgs for ($($name,)+) {
            fn into_args(self) -> Result<Args, EmitError> {
                let (json, attachments) = binary::write(&self)?;
                Ok(Args::of_array(json.into(), attachments))
            }
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);

/// An event that came: its name and its arguments.
#[derive(Clone)]
pub struct Event {
    name: Name,
    args: Args,
}

#[derive(Clone)]
enum Name {
    /// It stands there in the JSON.
    Written(Range<usize>),
    /// What the JSON says has another form there.
    Said(String),
}

impl Event {
    /// Takes an event's payload apart, which the decoder has found to be an array that starts with a name.
    pub(super) fn of(payload: Payload) -> Option<Self> {
        let (name, start) = payload.first()?;
        let (json, attachments) = payload.into_parts();
        let name = Name::of(&json, name)?;
        let args = Args {
            json,
            start,
            is_named: true,
            attachments,
        };
        Some(Self { name, args })
    }

    /// The name. The protocol allows a number, too: that is its digits here.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.name {
            Name::Written(range) => &self.args.json[range.clone()],
            Name::Said(name) => name,
        }
    }

    /// The arguments.
    #[must_use]
    pub const fn args(&self) -> &Args {
        &self.args
    }

    /// The arguments.
    #[must_use]
    pub fn into_args(self) -> Args {
        self.args
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("name", &self.name())
            .field("args", &self.args)
            .finish()
    }
}

impl Name {
    fn of(json: &str, value: Range<usize>) -> Option<Self> {
        let written = &json[value.clone()];
        if written.starts_with('"') && !written.contains('\\') {
            return Some(Self::Written(value.start + 1..value.end - 1));
        }
        let name = match serde_json::from_str(&readable(written)).ok()? {
            serde_json::Value::String(name) => name,
            serde_json::Value::Number(number) => number.to_string(),
            _ => return None,
        };
        Some(Self::Said(name))
    }
}

/// A name as it stands between the quotes of JSON. Hardly any has something to escape.
fn escaped(name: &str) -> serde_json::Result<Cow<'_, str>> {
    let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if name.bytes().all(is_plain) {
        return Ok(Cow::Borrowed(name));
    }
    let quoted = serde_json::to_string(name)?;
    Ok(Cow::Owned(quoted[1..quoted.len() - 1].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Binary;

    fn event(json: &str) -> Event {
        Event::of(Payload::new(json.to_owned(), Vec::new()).unwrap()).unwrap()
    }

    #[test]
    fn an_event_is_its_name_and_its_arguments() {
        for (json, name, items) in [
            (r#"["m"]"#, "m", ""),
            (r#"["m",1,"]"]"#, "m", r#"1,"]""#),
            (" [ \"a\\\"b\" , [1] ] ", "a\"b", "[1]"),
            ("[1,2]", "1", "2"),
            ("[1]", "1", ""),
        ] {
            let event = event(json);
            assert_eq!((event.name(), event.args.items()), (name, items), "{json}");
        }
    }

    #[test]
    fn arguments_are_read_as_a_tuple() {
        let args = event(r#"["m","a",2,{"more":true}]"#).into_args();
        assert_eq!(args.parse::<(String, u8)>().unwrap(), ("a".to_owned(), 2));
        assert!(args.parse::<(u8,)>().is_err());
        let missing = event(r#"["m","a"]"#).into_args();
        assert!(missing.parse::<(String, u8)>().is_err());
    }

    /// As JavaScript has them where it cuts a string inside an emoji.
    #[test]
    fn half_a_surrogate_pair_is_read_as_a_replacement_and_sent_on_as_it_is() {
        let event = event(r#"["\ud83d","\ude00"]"#);
        assert_eq!(event.name(), "\u{fffd}");
        let args = event.into_args();
        assert_eq!(args.parse::<(String,)>().unwrap().0, "\u{fffd}");
        let payload = args.into_event("m").unwrap();
        assert_eq!(payload.json(), r#"["m","\ude00"]"#);
    }

    #[test]
    fn what_came_is_sent_on_as_it_came() {
        let args = event(r#"["m", 12345678901234567890, {"a" : []}]"#).into_args();
        let payload = args.clone().into_event("n").unwrap();
        assert_eq!(payload.json(), r#"["n",12345678901234567890, {"a" : []}]"#);
        let payload = args.into_answer().unwrap();
        assert_eq!(payload.json(), r#"[12345678901234567890, {"a" : []}]"#);
        let none = event(r#"["m"]"#).into_args();
        assert_eq!(none.clone().into_event("n").unwrap().json(), r#"["n"]"#);
        assert_eq!(none.into_answer().unwrap().json(), "[]");
    }

    #[test]
    fn tuples_become_arguments() {
        let event = |args: Result<Args, EmitError>| args.unwrap().into_event("m").unwrap();
        assert_eq!(event(().into_args()).json(), r#"["m"]"#);
        assert_eq!(event((1, "a").into_args()).json(), r#"["m",1,"a"]"#);
        let binary = event((Binary(vec![7].into()),).into_args());
        assert_eq!(binary.attachments(), [vec![7]]);
        let read: (Binary,) = Event::of(binary).unwrap().args.parse().unwrap();
        assert_eq!(read.0.0, [7][..]);
    }

    #[test]
    fn a_name_is_written_as_json_writes_it() {
        for name in ["", "m", "\u{7f}é", "a\"", "\"\"", "\\", "\n\u{1}"] {
            let payload = ().into_args().unwrap().into_event(name).unwrap();
            assert_eq!(payload.json(), &*serde_json::to_string(&[name]).unwrap());
        }
    }

    #[test]
    fn a_reserved_name_is_refused() {
        let refused = ().into_args().unwrap().into_event("disconnect");
        assert_eq!(refused, Err(EmitError::Reserved("disconnect".to_owned())));
    }
}
