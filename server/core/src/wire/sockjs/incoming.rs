//! What a client sends: JSON with any number of messages.
//!
//! All of it is looked at before the first message is taken, so nothing of what is broken is applied; then messages, where
//! there are several, are read one by one, so a body holds no more memory than its bytes. A half of a surrogate pair that stands alone
//! becomes U+FFFD.

use crate::message::Message;
use crate::wire::json::{Broken, Quoted, Walk};
use crate::wire::unquote::unquote;
use crate::wire::{Carried, keep};
use bytestring::ByteString;
use serde::de::IgnoredAny;

/// Why what came is no messages. The sentences are those of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It is empty, or JSON without messages.
    #[error("Payload expected.")]
    Payload,
    /// It is not JSON.
    #[error("Broken JSON encoding.")]
    Json,
}

/// The messages of a request's body or of a WebSocket message, read one by one.
///
/// A value that is no string is taken as the JSON that it is: the reference hands such values on.
///
/// ```
/// use throughline_core::Message;
/// use throughline_core::wire::sockjs::{Incoming, Malformed};
///
/// let messages: Vec<_> = Incoming::batch(r#"["one", 2]"#.into())?.collect();
/// assert_eq!(messages, [Message::text("one"), Message::text("2")]);
/// assert_eq!(Incoming::batch("null".into()).unwrap_err(), Malformed::Payload);
/// assert_eq!(Incoming::batch("[\"on".into()).unwrap_err(), Malformed::Json);
/// # Ok::<(), Malformed>(())
/// ```
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The only message, or one that is none of JSON.
    one: Option<Message>,
    json: ByteString,
    at: usize,
}

impl Incoming {
    /// The body of a request: an array.
    ///
    /// # Errors
    /// [`Malformed`]; there is no message in it then.
    pub fn batch(json: ByteString) -> Result<Self, Malformed> {
        if json.trim_ascii().is_empty() {
            return Err(Malformed::Payload);
        }
        let is_array = json.trim_ascii_start().starts_with('[');
        let incoming = Self::json(json)?;
        if is_array {
            Ok(incoming)
        } else {
            Err(Malformed::Payload)
        }
    }

    /// A WebSocket message: an array, any other value as a message of its own, or nothing at all.
    ///
    /// # Errors
    /// [`Malformed::Json`].
    pub fn carried(carried: Carried) -> Result<Self, Malformed> {
        let json = match carried {
            Carried::Text(json) => json,
            Carried::Binary(bytes) => bytes.try_into().map_err(|_| Malformed::Json)?,
        };
        if json.trim_ascii().is_empty() {
            return Ok(Self {
                one: None,
                at: json.len(),
                json,
            });
        }
        Self::json(json)
    }

    /// A message that is not in JSON, as it is.
    #[must_use]
    pub fn raw(carried: Carried) -> Self {
        let message = match carried {
            Carried::Text(text) => Message::Text(text),
            Carried::Binary(bytes) => Message::Binary(bytes),
        };
        Self::one(message)
    }

    fn one(message: Message) -> Self {
        Self {
            one: Some(message),
            json: ByteString::new(),
            at: 0,
        }
    }

    fn json(json: ByteString) -> Result<Self, Malformed> {
        match strings(&json) {
            Ok(Strings::One(text)) => {
                return Ok(Self::one(Message::Text(said(&json, text))));
            }
            Ok(Strings::Many) => {}
            // It may be JSON of another kind.
            Err(Broken) => {
                serde_json::from_str::<IgnoredAny>(&json).map_err(|_| Malformed::Json)?;
            }
        }
        Ok(Self {
            one: None,
            json,
            at: 0,
        })
    }

    /// The next value of the array, or the only one; what lies between values was looked at before.
    fn next_value(&mut self) -> Option<ByteString> {
        let between = [' ', '\n', '\r', '\t', ','];
        let is_first = self.at == 0;
        let mut rest = self.json[self.at..].trim_start_matches(between);
        if is_first && let Some(inside) = rest.strip_prefix('[') {
            rest = inside.trim_start_matches(between);
        }
        if rest.is_empty() || rest.starts_with(']') {
            self.at = self.json.len();
            return None;
        }
        let (text, length) = self.value(rest);
        self.at = self.json.len() - rest.len() + length;
        Some(text)
    }

    /// The value that this part starts with, as a text: what a string says, and anything else as it is written. And how
    /// long it is.
    fn value(&self, rest: &str) -> (ByteString, usize) {
        let mut walk = Walk::new(rest);
        if let Ok(text) = walk.string() {
            return (said(&self.json, text), walk.at());
        }
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
        let _ = values.next();
        let length = values.byte_offset();
        (keep::text(&self.json, &rest[..length]), length)
    }
}

impl Iterator for Incoming {
    type Item = Message;

    fn next(&mut self) -> Option<Message> {
        let one = self.one.take();
        one.or_else(|| self.next_value().map(Message::Text))
    }
}

/// An array that has strings alone, which is what clients send.
enum Strings<'a> {
    One(Quoted<'a>),
    Many,
}

fn strings(json: &str) -> Result<Strings<'_>, Broken> {
    let mut walk = Walk::new(json);
    walk.blank();
    walk.expect(b'[')?;
    let mut strings = None;
    loop {
        walk.blank();
        let text = walk.string()?;
        strings = Some(match strings {
            None => Strings::One(text),
            Some(_) => Strings::Many,
        });
        walk.blank();
        if !walk.skip(b',') {
            break;
        }
    }
    walk.expect(b']')?;
    strings.filter(|_| walk.is_over()).ok_or(Broken)
}

/// What a string says.
fn said(whole: &ByteString, text: Quoted<'_>) -> ByteString {
    if text.is_escaped() {
        unquote(text).into()
    } else {
        keep::text(whole, text.inside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(incoming: Incoming) -> Vec<String> {
        let text = |message: Message| message.as_text().unwrap().to_owned();
        incoming.map(text).collect()
    }

    fn batch(json: &'static str) -> Result<Vec<String>, Malformed> {
        Incoming::batch(json.into()).map(texts)
    }

    fn carried(json: &'static str) -> Result<Vec<String>, Malformed> {
        Incoming::carried(Carried::Text(json.into())).map(texts)
    }

    #[test]
    fn an_array_has_any_number_of_messages() {
        assert_eq!(batch("[]"), Ok(vec![]));
        assert_eq!(batch(" [ ] "), Ok(vec![]));
        let three = || vec!["a".to_owned(), "b\n".to_owned(), "[,]".to_owned()];
        assert_eq!(batch(r#"["a","b\n","[,]"]"#), Ok(three()));
        assert_eq!(batch("\n[ \"a\" ,\t\"b\\n\" , \"[,]\" ]\r\n"), Ok(three()));
    }

    #[test]
    fn values_that_are_no_strings_are_taken_as_they_are_written() {
        let values = [r#"{"o":1}"#, "5", "-1.5e3", "null", "true", "[1,[2]]"];
        assert_eq!(
            batch(r#"[{"o":1},5,-1.5e3,null,true,[1,[2]]]"#).unwrap(),
            values
        );
        for value in [r#"{"o":1}"#, "5", "null"] {
            assert_eq!(carried(value).unwrap(), [value]);
        }
    }

    #[test]
    fn a_websocket_message_may_be_one_value_or_nothing() {
        assert_eq!(carried(r#""x""#).unwrap(), ["x"]);
        assert_eq!(carried(r#"["x","y"]"#).unwrap(), ["x", "y"]);
        assert_eq!(carried(""), Ok(vec![]));
        assert_eq!(carried("[]"), Ok(vec![]));
        assert_eq!(carried("[\"a"), Err(Malformed::Json));
    }

    #[test]
    fn what_is_no_batch_is_told_apart() {
        for json in ["", " ", "null", "{}", "5", r#""x""#] {
            assert_eq!(batch(json), Err(Malformed::Payload), "{json}");
        }
        for json in [
            "[\"x",
            "x",
            "[\"x\"]y",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[\"\u{1}\"]",
        ] {
            assert_eq!(batch(json), Err(Malformed::Json), "{json}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(Incoming::batch(deep.into()).unwrap_err(), Malformed::Json);
    }

    #[test]
    fn half_a_character_becomes_a_replacement_and_a_whole_one_is_kept() {
        assert_eq!(
            batch(r#"["\ud83d\ude00","\ud83d","x\ude00y"]"#).unwrap(),
            ["😀", "\u{fffd}", "x\u{fffd}y"]
        );
    }

    #[test]
    fn a_raw_message_is_what_it_is() {
        let bytes = bytes::Bytes::from_static(&[0xff, 0]);
        let mut incoming = Incoming::raw(Carried::Binary(bytes.clone()));
        assert_eq!(incoming.next(), Some(Message::Binary(bytes)));
        assert_eq!(incoming.next(), None);
        let incoming = Incoming::raw(Carried::Text("[".into()));
        assert_eq!(texts(incoming), ["["]);
    }

    #[test]
    fn a_long_plain_message_is_not_copied() {
        let json: ByteString = format!("[\"{}\"]", "x".repeat(100_000)).into();
        let message = Incoming::batch(json.clone()).unwrap().next().unwrap();
        let range = json.as_bytes().as_ptr_range();
        assert!(range.contains(&message.as_bytes().as_ptr()));
    }
}
