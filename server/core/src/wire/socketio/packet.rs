//! One packet: what happens in which namespace.

use super::look::{Array, DEPTH, Kind, Refused, look};
use super::malformed::Malformed;
use crate::wire::scan;
use bytes::Bytes;
use bytestring::ByteString;
use std::fmt;
use std::ops::Range;

/// As many attachments as one packet may have, as in the reference (since its version 4.2.6, after an advisory).
pub const MOST_ATTACHMENTS: usize = 10;

/// One Socket.IO packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The namespace, `/` where none is named.
    pub namespace: ByteString,
    /// What happens there.
    pub body: Body,
}

/// What a packet says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// The client asks to join, with a JSON object for the server's middleware; the server grants it.
    Connect(Option<ByteString>),
    /// Either side leaves.
    Disconnect,
    /// A JSON array: the event's name, then its arguments.
    Event {
        /// What an answer has to name, where one is wanted.
        id: Option<u64>,
        /// The name and the arguments.
        payload: Payload,
    },
    /// A JSON array: the arguments of an answer.
    Ack {
        /// What is answered. An answer to nothing is ignored.
        id: Option<u64>,
        /// The arguments.
        payload: Payload,
    },
    /// The server refuses to let the client join: a JSON object with a `message`, or a string.
    ConnectError(ByteString),
}

/// A JSON array, in which `{"_placeholder":true,"num":n}` stands for the attachment `n`.
///
/// Where there are no attachments, a placeholder is ordinary data.
/// It keeps the text that it came in, and where in that it is.
#[derive(Clone)]
pub struct Payload {
    text: ByteString,
    /// Where the JSON begins. The text ends with it.
    start: usize,
    array: Array,
    pub(super) attachments: Vec<Bytes>,
}

impl Payload {
    /// A payload to be written.
    ///
    /// ```
    /// use throughline_core::wire::socketio::Payload;
    ///
    /// assert!(Payload::new(r#"["message",1]"#, Vec::new()).is_ok());
    /// assert!(Payload::new("{}", Vec::new()).is_err());
    /// ```
    ///
    /// # Errors
    /// [`Malformed`]: it is no JSON array, it has more than [`MOST_ATTACHMENTS`], or one of its placeholders names none.
    pub fn new(json: impl Into<ByteString>, attachments: Vec<Bytes>) -> Result<Self, Malformed> {
        let json = json.into();
        let array = check(&json, 0, attachments.len())?;
        Ok(Self {
            attachments,
            ..Self::of(json, 0, array)
        })
    }

    /// What was seen in a text from there on.
    pub(super) const fn of(text: ByteString, start: usize, array: Array) -> Self {
        Self {
            text,
            start,
            array,
            attachments: Vec::new(),
        }
    }

    /// Where in its text the values begin that the array has.
    #[must_use]
    pub fn inside(&self) -> usize {
        self.text.len() - self.json().trim_ascii_start().len() + 1
    }

    /// Where in its text the first value is, and where the array goes on: behind its comma, or at its end.
    #[must_use]
    #[inline]
    pub fn first(&self) -> Option<(Range<usize>, usize)> {
        let Array { first, rest, .. } = &self.array;
        (!first.is_empty()).then(|| (first.clone(), *rest))
    }

    /// Where in its text the first value stands between quotes, if it is a string without escapes.
    #[must_use]
    #[inline]
    pub fn plain_name(&self) -> Option<Range<usize>> {
        let Array { first, .. } = &self.array;
        let is_plain = self.array.has_plain_name;
        is_plain.then(|| first.start + 1..first.end - 1)
    }

    /// Whether its strings have units of UTF-16 in escapes, so that it may have to be made [readable](super::readable).
    #[must_use]
    pub const fn has_units(&self) -> bool {
        self.array.has_units
    }

    /// The text that it came in, which ends with the array, and the binary data.
    #[must_use]
    #[inline]
    pub fn into_parts(self) -> (ByteString, Vec<Bytes>) {
        (self.text, self.attachments)
    }

    /// The JSON text.
    #[must_use]
    #[inline]
    pub fn json(&self) -> &str {
        &self.text[self.start..]
    }

    /// The binary data that its placeholders name.
    #[must_use]
    #[inline]
    pub fn attachments(&self) -> &[Bytes] {
        &self.attachments
    }
}

/// Two are equal when they say the same, whatever they came in.
impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        (self.json(), self.attachments()) == (other.json(), other.attachments())
    }
}

impl Eq for Payload {}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload")
            .field("json", &self.json())
            .field("attachments", &self.attachments)
            .finish()
    }
}

/// Looks at the payload in a text, from there on, with so many attachments.
fn check(text: &str, start: usize, attachments: usize) -> Result<Array, Malformed> {
    let most = MOST_ATTACHMENTS;
    if attachments > most {
        return Err(Malformed::TooMany { most });
    }
    match look(text, start, attachments) {
        Ok(seen) if matches!(seen.kind, Kind::Event | Kind::Array) => Ok(seen.array),
        Err(Refused::Placeholder) => Err(Malformed::Placeholder),
        Ok(_) | Err(Refused::NotJson) => Err(not_an_array()),
    }
}

/// The same of one that is known to be a JSON array, since a writer of JSON made it, or of parts of other payloads. What no writer
/// sees to is looked at: how deep it is, and its placeholders.
pub(super) fn check_written(text: &str, start: usize, attachments: usize) -> Result<(), Malformed> {
    if attachments == 0 && is_flat(&text[start..]) {
        debug_assert!(look(text, start, 0).is_ok(), "it is JSON");
        return Ok(());
    }
    check(text, start, attachments).map(drop)
}

pub(super) const fn not_an_array() -> Malformed {
    Malformed::Payload("a payload is a JSON array")
}

/// Whether a JSON text cannot be too deep, whatever it says.
fn is_flat(json: &str) -> bool {
    let is_bracket = |byte| (byte == b'[') | (byte == b'{');
    // Each bracket has its other half.
    json.len() <= 2 * DEPTH || scan::count(json.as_bytes(), is_bracket) <= DEPTH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_written_is_checked_as_what_is_read() {
        let none = |json: &'static str| Payload::new(json, Vec::new());
        assert!(none("[]").is_ok());
        assert!(none(r#"["m",{"_placeholder":true,"num":1}]"#).is_ok());
        for json in ["", "{}", "1", "[1", "[1]]", "[1],2"] {
            assert_eq!(none(json), Err(not_an_array()), "{json}");
        }
        let some = |many| Payload::new("[1]", vec![Bytes::new(); many]);
        assert!(some(MOST_ATTACHMENTS).is_ok());
        let most = MOST_ATTACHMENTS;
        assert_eq!(some(most + 1), Err(Malformed::TooMany { most }));
        let astray = r#"["m",{"_placeholder":true,"num":1}]"#;
        let with_one = Payload::new(astray, vec![Bytes::new()]);
        assert_eq!(with_one, Err(Malformed::Placeholder));
    }

    #[test]
    fn the_first_value_is_found() {
        for (json, value, rest) in [
            ("[]", None, ""),
            (r#"["m"]"#, Some("\"m\""), "]"),
            (r#" [ "a,]\"" , [1] ] "#, Some(r#""a,]\"""#), " [1] ] "),
            ("[-1.5e3,2]", Some("-1.5e3"), "2]"),
            ("[[1,[]],2]", Some("[1,[]]"), "2]"),
        ] {
            let payload = Payload::new(json, Vec::new()).unwrap();
            assert_eq!(payload.inside(), json.find('[').unwrap() + 1);
            let first = payload.first();
            let found = first.map(|(value, rest)| (&json[value], &json[rest..]));
            assert_eq!(found, value.map(|value| (value, rest)), "{json}");
            let plain = payload.plain_name().map(|name| &json[name]);
            assert_eq!(plain, (value == Some("\"m\"")).then_some("m"), "{json}");
        }
    }

    #[test]
    fn units_in_escapes_are_noticed() {
        for (json, has_units) in [
            (r#"["m","\\u\n",{"\\ud83d":[]}]"#, false),
            (r#"["\u006d"]"#, true),
            (r#"["m",[{"\ud83d":1}]]"#, true),
        ] {
            let payload = Payload::new(json, Vec::new()).unwrap();
            assert_eq!(payload.has_units(), has_units, "{json}");
        }
    }
}
