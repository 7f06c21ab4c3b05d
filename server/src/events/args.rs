//! The arguments of an event or of an answer, and the event itself.
//!
//! What came is kept as it came, as JSON text with attachments beside it: it is read only when a handler asks for
//! values, and sent on without being read.

use super::binary;
use super::error::EmitError;
use super::reading;
use super::writing::Items;
use bytes::Bytes;
use bytestring::ByteString;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use throughline_core::wire::socketio::{Payload, readable};

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
    /// It ends with a JSON array: the arguments, behind the event's name where they came with one.
    text: ByteString,
    /// Where the arguments begin in it.
    start: usize,
    /// Whether there may be halves of surrogate pairs in it.
    may_have_halves: bool,
    attachments: Vec<Bytes>,
}

impl Args {
    /// Those that an array has, right behind its bracket.
    fn of_array(json: ByteString, may_have_halves: bool, attachments: Vec<Bytes>) -> Self {
        Self {
            text: json,
            start: 1,
            may_have_halves,
            attachments,
        }
    }

    /// The arguments of an answer.
    pub(super) fn of_answer(payload: Payload) -> Self {
        let (start, may_have_halves) = (payload.inside(), payload.has_units());
        let (text, attachments) = payload.into_parts();
        Self {
            text,
            start,
            may_have_halves,
            attachments,
        }
    }

    /// Reads them as a tuple: `(String, u64)`. More than the tuple has are passed over.
    ///
    /// # Errors
    /// What serde says of the first that is missing or of another type.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        let rest = &self.text[self.start..];
        let rest = match self.may_have_halves {
            true => readable(rest),
            false => Cow::Borrowed(rest),
        };
        binary::reading(&self.attachments, || reading::read(&rest))
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
        let rest = self.text[self.start..].trim_end();
        rest.strip_suffix(']').unwrap_or(rest).trim()
    }
}

impl fmt::Debug for Args {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Args[{}]", self.items())
    }
}

/// What can be sent with an event: a tuple of up to eight values that serde can write, or [`Args`].
///
/// One value is a tuple as well: `("words",)`.
pub trait IntoArgs: Sized {
    /// Writes them.
    ///
    /// # Errors
    /// [`EmitError::Arguments`]: serde cannot write them.
    fn into_args(self) -> Result<Args, EmitError>;

    /// Writes them where they are sent from, and not as [`Args`] before.
    #[doc(hidden)]
    fn write(self, items: &mut Items) -> Result<(), EmitError> {
        self.into_args()?.write(items)
    }
}

impl IntoArgs for Args {
    fn into_args(self) -> Result<Args, EmitError> {
        Ok(self)
    }

    fn write(mut self, items: &mut Items) -> Result<(), EmitError> {
        let attachments = std::mem::take(&mut self.attachments);
        items.push_written(self.items(), attachments);
        Ok(())
    }
}

impl IntoArgs for &Args {
    fn into_args(self) -> Result<Args, EmitError> {
        Ok(self.clone())
    }
}

impl IntoArgs for () {
    fn into_args(self) -> Result<Args, EmitError> {
        Ok(Args::of_array(
            ByteString::from_static("[]"),
            false,
            Vec::new(),
        ))
    }
}

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<$($name: Serialize),+> IntoArgs for ($($name,)+) {
            fn into_args(self) -> Result<Args, EmitError> {
                let (json, attachments) = binary::writing(|| serde_json::to_string(&self));
                let attachments = attachments.unwrap_or_default();
                Ok(Args::of_array(json?.into(), true, attachments))
            }

            fn write(self, items: &mut Items) -> Result<(), EmitError> {
                #[allow(non_snake_case, reason = "a value has its type's name")]
                let ($($name,)+) = self;
                items.collect(|items| {
                    $(items.push(&$name)?;)+
                    Ok(())
                })
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
    /// It stands there in the text.
    Written(Range<usize>),
    /// What the text says has another form there.
    Said(String),
}

impl Event {
    /// Takes an event's payload apart, which the decoder has found to be an array that starts with a name.
    pub(super) fn of(payload: Payload) -> Option<Self> {
        let (first, start) = payload.first()?;
        let plain = payload.plain_name();
        let may_have_halves = payload.has_units();
        let (text, attachments) = payload.into_parts();
        let name = match plain {
            Some(name) => Name::Written(name),
            None => Name::Said(said(&text[first])?),
        };
        let args = Args {
            text,
            start,
            may_have_halves,
            attachments,
        };
        Some(Self { name, args })
    }

    /// The name. The protocol allows a number, too: that is its digits here.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.name {
            Name::Written(range) => &self.args.text[range.clone()],
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

/// What a name says that has escapes, or is a number.
fn said(written: &str) -> Option<String> {
    match serde_json::from_str(&readable(written)).ok()? {
        serde_json::Value::String(name) => Some(name),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
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
    fn half_a_surrogate_pair_is_read_as_a_replacement() {
        let event = event(r#"["\ud83d","\ude00"]"#);
        assert_eq!(event.name(), "\u{fffd}");
        let args = event.into_args();
        assert_eq!(args.parse::<(String,)>().unwrap().0, "\u{fffd}");
    }

    #[test]
    fn tuples_become_arguments() {
        let args = |args: Result<Args, EmitError>| args.unwrap();
        assert_eq!(args(().into_args()).items(), "");
        assert_eq!(args((1, "a").into_args()).items(), r#"1,"a""#);
        let binary = args((Binary(vec![7].into()),).into_args());
        assert_eq!(binary.attachments(), [vec![7]]);
        let read: (Binary,) = binary.parse().unwrap();
        assert_eq!(read.0.0, [7][..]);
    }
}
