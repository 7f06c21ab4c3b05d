//! Messages become packets: a text, then the attachments that it announces, with nothing in between.

use super::look::{Array, Kind, Refused, look};
use super::malformed::Malformed;
use super::packet::{Body, MOST_ATTACHMENTS, Packet, Payload};
use crate::message::Message;
use crate::wire::keep;
use crate::wire::native::MAX_NUMBER;
use bytes::Bytes;
use bytestring::ByteString;

/// Reads the packets of one connection, one after the other.
///
/// ```
/// use throughline_core::wire::socketio::{Body, Decoder};
///
/// let mut decoder = Decoder::new(1_000_000);
/// let header = r#"51-/chat,["photo",{"_placeholder":true,"num":0}]"#;
/// assert_eq!(decoder.receive(header.into()), Ok(None));
/// let packet = decoder.receive(vec![1, 2, 3].into()).unwrap().unwrap();
/// assert_eq!(packet.namespace, "/chat");
/// let Body::Event { id: None, payload } = packet.body else { panic!("an event") };
/// assert_eq!(payload.attachments(), [&[1, 2, 3][..]]);
/// ```
#[derive(Debug)]
pub struct Decoder {
    pending: Option<Pending>,
    most: usize,
}

/// A packet whose attachments are still to come.
#[derive(Debug)]
struct Pending {
    packet: Packet,
    missing: usize,
    left: usize,
}

impl Decoder {
    /// `most` is how many bytes the attachments of one packet may have together.
    #[must_use]
    pub const fn new(most: usize) -> Self {
        let pending = None;
        Self { pending, most }
    }

    /// Whether attachments are still to come.
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// Takes the connection's next message; gives a packet when it completes one.
    ///
    /// # Errors
    /// [`Malformed`]: the connection cannot go on. The decoder is then of no more use.
    pub fn receive(&mut self, message: Message) -> Result<Option<Packet>, Malformed> {
        match message {
            Message::Text(text) if self.pending.is_none() => self.begin(text),
            Message::Text(_) => Err(Malformed::Interrupted),
            Message::Binary(bytes) => match self.pending.take() {
                Some(pending) => self.attach(pending, bytes),
                None => Err(Malformed::Unannounced),
            },
        }
    }

    fn begin(&mut self, text: ByteString) -> Result<Option<Packet>, Malformed> {
        let (packet, missing) = read(text)?;
        if missing == 0 {
            return Ok(Some(packet));
        }
        let left = self.most;
        self.pending = Some(Pending {
            packet,
            missing,
            left,
        });
        Ok(None)
    }

    fn attach(&mut self, mut pending: Pending, bytes: Bytes) -> Result<Option<Packet>, Malformed> {
        let most = self.most;
        let left = pending.left.checked_sub(bytes.len());
        pending.left = left.ok_or(Malformed::TooLarge { most })?;
        pending.missing -= 1;
        if let Body::Event { payload, .. } | Body::Ack { payload, .. } = &mut pending.packet.body {
            payload.attachments.push(bytes);
        }
        if pending.missing == 0 {
            return Ok(Some(pending.packet));
        }
        self.pending = Some(pending);
        Ok(None)
    }
}

/// Reads the text of a packet, and how many attachments follow it.
fn read(text: ByteString) -> Result<(Packet, usize), Malformed> {
    let kind = *text.as_bytes().first().ok_or(Malformed::Type)?;
    let rest = text.get(1..).ok_or(Malformed::Type)?;
    let (attachments, rest) = match kind {
        b'5' | b'6' => read_attachments(rest)?,
        _ => (0, rest),
    };
    let (namespace, rest) = read_namespace(rest);
    let (id, json) = read_id(rest)?;
    let namespace = match namespace {
        "/" => ROOT,
        _ => keep::text(&text, namespace),
    };
    let start = text.len() - json.len();
    let json = Json::behind(text, start, attachments);
    let body = json.read(kind, id)?;
    Ok((Packet { namespace, body }, attachments))
}

fn read_attachments(text: &str) -> Result<(usize, &str), Malformed> {
    let (digits, rest) = text.split_once('-').ok_or(Malformed::Attachments)?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return Err(Malformed::Attachments);
    }
    let most = MOST_ATTACHMENTS;
    let number = digits.parse().ok().filter(|number| *number <= most);
    Ok((number.ok_or(Malformed::TooMany { most })?, rest))
}

/// A namespace ends with a comma, or with the packet.
fn read_namespace(text: &str) -> (&str, &str) {
    if text.starts_with('/') {
        text.split_once(',').unwrap_or((text, ""))
    } else {
        ("/", text)
    }
}

fn read_id(text: &str) -> Result<(Option<u64>, &str), Malformed> {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() {
        return Ok((None, rest));
    }
    let id = digits.parse().ok().filter(|id| *id <= MAX_NUMBER);
    Ok((Some(id.ok_or(Malformed::Id)?), rest))
}

/// What stands behind a packet's head.
struct Json {
    /// It keeps the memory of the head, which is not worth a copy where it is short.
    text: ByteString,
    start: usize,
    /// As many follow.
    attachments: usize,
}

impl Json {
    fn behind(text: ByteString, start: usize, attachments: usize) -> Self {
        let (text, start) = match start > LONGEST_HEAD {
            true => (keep::text(&text, &text[start..]), 0),
            false => (text, start),
        };
        Self {
            text,
            start,
            attachments,
        }
    }

    /// What a packet of this type says.
    fn read(self, kind: u8, id: Option<u64>) -> Result<Body, Malformed> {
        let is_empty = self.start == self.text.len();
        Ok(match kind {
            b'0' if is_empty => Body::Connect(None),
            b'0' => Body::Connect(Some(self.value(&[Kind::Object], CONNECT)?)),
            b'1' if is_empty => Body::Disconnect,
            b'1' => return Err(Malformed::Payload(DISCONNECT)),
            b'2' | b'5' => Body::Event {
                id,
                payload: self.array(&[Kind::Event], EVENT)?,
            },
            b'3' | b'6' => Body::Ack {
                id,
                payload: self.array(&[Kind::Event, Kind::Array], ACK)?,
            },
            b'4' => Body::ConnectError(self.value(&[Kind::Object, Kind::String], CONNECT_ERROR)?),
            _ => return Err(Malformed::Type),
        })
    }

    fn array(self, accepted: &[Kind], sentence: &'static str) -> Result<Payload, Malformed> {
        let array = self.look(accepted, sentence)?;
        Ok(Payload::of(self.text, self.start, array))
    }

    fn value(self, accepted: &[Kind], sentence: &'static str) -> Result<ByteString, Malformed> {
        self.look(accepted, sentence)?;
        Ok(keep::behind(self.text, self.start))
    }

    /// Looks at it; a packet has to have one of these, as that sentence says.
    fn look(&self, accepted: &[Kind], sentence: &'static str) -> Result<Array, Malformed> {
        match look(&self.text, self.start, self.attachments) {
            Ok(seen) if accepted.contains(&seen.kind) => Ok(seen.array),
            Err(Refused::Placeholder) => Err(Malformed::Placeholder),
            Ok(_) | Err(Refused::NotJson) => Err(Malformed::Payload(sentence)),
        }
    }
}

/// Longer heads are not kept.
const LONGEST_HEAD: usize = 32;
const ROOT: ByteString = ByteString::from_static("/");

const CONNECT: &str = "a connect packet has a JSON object, or nothing";
const DISCONNECT: &str = "a disconnect packet has nothing";
const EVENT: &str =
    "an event is a JSON array that starts with the event's name, which is not a reserved one";
const ACK: &str = "an acknowledgement is a JSON array";
const CONNECT_ERROR: &str = "a connect error is a JSON object or a string";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::socketio::readable;

    fn receive(text: &str) -> Result<Option<Packet>, Malformed> {
        Decoder::new(1000).receive(text.to_owned().into())
    }

    fn packet(text: &str) -> Packet {
        receive(text).expect("well-formed").expect("complete")
    }

    fn malformed(text: &str) -> Malformed {
        receive(text).expect_err(text)
    }

    fn event(text: &str) -> (Option<u64>, String) {
        match packet(text).body {
            Body::Event { id, payload } => (id, payload.json().to_owned()),
            body => panic!("{text} is {body:?}"),
        }
    }

    #[test]
    fn half_a_surrogate_pair_is_passed_on_as_it_is() {
        let text = r#"2["m","\ud83d"]"#;
        let Body::Event { payload, .. } = packet(text).body else {
            panic!("an event");
        };
        assert_eq!(payload.json(), &text[1..]);
        assert_eq!(readable(payload.json()), r#"["m","\ufffd"]"#);
    }

    #[test]
    fn the_parts_of_a_payload_are_found_in_the_text_that_it_came_in() {
        let long = format!("2/{},", "[".repeat(LONGEST_HEAD));
        for head in ["2", "27", "50-/a[,7", &long] {
            let packet = packet(&format!(r#"{head} ["m" , 1]"#));
            let Body::Event { payload, .. } = packet.body else {
                panic!("an event");
            };
            assert_eq!(payload.json(), r#" ["m" , 1]"#, "{head}");
            let (inside, first) = (payload.inside(), payload.first());
            let (text, _) = payload.into_parts();
            let (name, rest) = first.unwrap();
            let found = (&text[inside..], &text[name], &text[rest..]);
            assert_eq!(found, (r#""m" , 1]"#, r#""m""#, " 1]"), "{head}");
        }
    }

    #[test]
    fn a_namespace_may_be_named_and_its_comma_may_be_missing_at_the_end() {
        for (text, namespace) in [
            ("0", "/"),
            ("0/custom", "/custom"),
            ("0/custom,", "/custom"),
            ("1/custom", "/custom"),
            ("0/,", "/"),
            ("0/a?token=1,", "/a?token=1"),
        ] {
            assert_eq!(packet(text).namespace, namespace, "{text}");
        }
    }

    #[test]
    fn an_event_has_a_name_or_a_number_and_perhaps_an_id() {
        assert_eq!(event(r#"2["m",1]"#), (None, r#"["m",1]"#.to_owned()));
        assert_eq!(event("2[1,2]"), (None, "[1,2]".to_owned()));
        assert_eq!(event(r#"27["m"]"#), (Some(7), r#"["m"]"#.to_owned()));
        assert_eq!(event(r#"2007["m"]"#), (Some(7), r#"["m"]"#.to_owned()));
        assert_eq!(event(r#"2/n,12["m"]"#), (Some(12), r#"["m"]"#.to_owned()));
    }

    #[test]
    fn an_integer_of_twenty_digits_is_kept_as_it_was_written() {
        let text = r#"2["m",12345678901234567890]"#;
        assert_eq!(event(text).1, text[1..]);
    }

    #[test]
    fn an_event_is_an_array_that_starts_with_a_name_of_its_own() {
        for text in [
            "2",
            "2{}",
            "2[]",
            r#"2["a",1"#,
            r#"2["a"]]"#,
            r#"2["connect"]"#,
            r#"2["disconnecting"]"#,
            "2[null]",
            "2[[]]",
            "2abc[\"a\"]",
        ] {
            assert_eq!(malformed(text), Malformed::Payload(EVENT), "{text}");
        }
    }

    #[test]
    fn an_acknowledgement_may_be_empty_and_start_with_anything() {
        for text in ["37[]", r#"37["connect"]"#, "37[null,1]", r#"3["x"]"#] {
            assert!(matches!(packet(text).body, Body::Ack { .. }), "{text}");
        }
        assert_eq!(malformed("37{}"), Malformed::Payload(ACK));
    }

    #[test]
    fn the_payload_of_a_connect_is_an_object_or_absent() {
        assert_eq!(packet("0").body, Body::Connect(None));
        let token = Body::Connect(Some(r#"{"token":"a"}"#.into()));
        assert_eq!(packet(r#"0{"token":"a"}"#).body, token);
        for text in [r#"0"s""#, "0null", "0[]", "0{}{"] {
            assert_eq!(malformed(text), Malformed::Payload(CONNECT), "{text}");
        }
    }

    #[test]
    fn a_connect_error_is_an_object_or_a_string() {
        for text in [r#"4{"message":"no"}"#, r#"4"no""#] {
            assert!(matches!(packet(text).body, Body::ConnectError(_)), "{text}");
        }
        assert_eq!(malformed("4"), Malformed::Payload(CONNECT_ERROR));
        assert_eq!(malformed("4[]"), Malformed::Payload(CONNECT_ERROR));
    }

    #[test]
    fn attachments_follow_their_packet_at_once() {
        let text = r#"52-["m",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]"#;
        let mut decoder = Decoder::new(1000);
        assert_eq!(decoder.receive(text.into()), Ok(None));
        assert_eq!(decoder.receive(vec![1].into()), Ok(None));
        assert!(decoder.is_pending());
        let packet = decoder.receive(vec![2].into()).unwrap().unwrap();
        let Body::Event { payload, .. } = packet.body else {
            panic!("an event")
        };
        assert_eq!(payload.attachments(), [&[1][..], &[2]]);
        assert!(!decoder.is_pending());
    }

    #[test]
    fn nothing_comes_between_a_packet_and_its_attachments() {
        let mut decoder = Decoder::new(1000);
        assert_eq!(decoder.receive(r#"51-["m"]"#.into()), Ok(None));
        assert_eq!(decoder.receive("1".into()), Err(Malformed::Interrupted));
        let unannounced = Decoder::new(1000).receive(vec![1].into());
        assert_eq!(unannounced, Err(Malformed::Unannounced));
    }

    #[test]
    fn attachments_are_bounded_in_number_and_in_bytes() {
        let most = MOST_ATTACHMENTS;
        assert_eq!(receive(r#"510-["m"]"#), Ok(None));
        assert_eq!(malformed(r#"511-["m"]"#), Malformed::TooMany { most });
        let huge = r#"599999999999999999999999-["m"]"#;
        assert_eq!(malformed(huge), Malformed::TooMany { most });
        let mut decoder = Decoder::new(5);
        assert_eq!(decoder.receive(r#"52-["m"]"#.into()), Ok(None));
        assert_eq!(decoder.receive(vec![0; 3].into()), Ok(None));
        let most = 5;
        let over = decoder.receive(vec![0; 3].into());
        assert_eq!(over, Err(Malformed::TooLarge { most }));
    }

    #[test]
    fn a_number_of_attachments_has_its_hyphen_and_may_be_zero() {
        for text in [r#"5["m"]"#, r#"51["m"]"#, r#"5-["m"]"#, r#"5+1-["m"]"#, "5"] {
            assert_eq!(malformed(text), Malformed::Attachments, "{text}");
        }
        assert_eq!(event(r#"50-["m",1]"#).1, r#"["m",1]"#);
    }

    #[test]
    fn a_placeholder_names_an_attachment() {
        for num in [
            "1",
            "-1",
            "0.5",
            "\"0\"",
            "null",
            "[]",
            "18446744073709551615",
        ] {
            let text = format!(r#"51-["m",{{"_placeholder":true,"num":{num}}}]"#);
            assert_eq!(malformed(&text), Malformed::Placeholder, "{num}");
        }
        let none = r#"51-["m",{"a":[{"_placeholder":true}]}]"#;
        assert_eq!(malformed(none), Malformed::Placeholder);
    }

    #[test]
    fn without_attachments_a_placeholder_is_ordinary_data() {
        let text = r#"2["m",{"_placeholder":true,"num":5}]"#;
        assert_eq!(event(text).1, text[1..]);
    }

    #[test]
    fn an_id_is_a_number_that_javascript_can_hold() {
        assert_eq!(event(r#"29007199254740991["m"]"#).0, Some(MAX_NUMBER));
        assert_eq!(malformed(r#"29007199254740992["m"]"#), Malformed::Id);
    }

    #[test]
    fn deep_nesting_is_refused_and_does_not_overflow_the_stack() {
        let nested = |depth| format!(r#"2["m",{}{}]"#, "[".repeat(depth), "]".repeat(depth));
        assert!(receive(&nested(126)).is_ok());
        for depth in [127, 100_000] {
            assert_eq!(malformed(&nested(depth)), Malformed::Payload(EVENT));
        }
    }

    #[test]
    fn a_type_is_a_digit_from_0_to_6() {
        for text in ["", "7", "x", "é", "-1"] {
            assert_eq!(malformed(text), Malformed::Type, "{text}");
        }
    }
}
