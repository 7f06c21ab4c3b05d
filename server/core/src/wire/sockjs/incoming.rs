//! What a client sends: JSON with any number of messages.
//!
//! All of it is looked at before the first message is taken, so nothing of what is broken is applied; then messages are
//! read one by one, so a body holds no more memory than its bytes. A half of a surrogate pair that stands alone
//! becomes U+FFFD.

use super::unquote::unquote;
use crate::message::Message;
use crate::wire::Carried;
use crate::wire::keep;
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
    /// A message that is none of JSON.
    raw: Option<Message>,
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
                raw: None,
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
        Self {
            raw: Some(message),
            json: ByteString::new(),
            at: 0,
        }
    }

    fn json(json: ByteString) -> Result<Self, Malformed> {
        if let Some(text) = only(&json) {
            return Ok(Self {
                raw: Some(Message::Text(keep::text(&json, text))),
                at: json.len(),
                json,
            });
        }
        serde_json::from_str::<IgnoredAny>(&json).map_err(|_| Malformed::Json)?;
        Ok(Self {
            raw: None,
            json,
            at: 0,
        })
    }

    /// The next value of the array, or the only one; what lies between values was looked at before.
    fn next_value(&mut self) -> Option<&str> {
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
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
        let _ = values.next();
        let length = values.byte_offset();
        self.at = self.json.len() - rest.len() + length;
        Some(&rest[..length])
    }
}

impl Iterator for Incoming {
    type Item = Message;

    fn next(&mut self) -> Option<Message> {
        if let Some(raw) = self.raw.take() {
            return Some(raw);
        }
        let whole = self.json.clone();
        let value = self.next_value()?;
        Some(Message::Text(text(&whole, value)))
    }
}

/// The only message, where there is one and it is written without escapes: what clients send most of the time.
fn only(json: &str) -> Option<&str> {
    let text = json.strip_prefix("[\"")?.strip_suffix("\"]")?;
    let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    text.bytes().all(is_plain).then_some(text)
}

/// A value as a text: what a string says, and anything else as it is written.
fn text(whole: &ByteString, value: &str) -> ByteString {
    let inside = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    match inside {
        Some(plain) if !plain.contains('\\') => keep::text(whole, plain),
        Some(escaped) => unquote(escaped).into(),
        None => keep::text(whole, value),
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
