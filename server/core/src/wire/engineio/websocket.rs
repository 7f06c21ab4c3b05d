//! One packet as one WebSocket message: text, but for binary data, which goes as it is.

use super::malformed::Malformed;
use super::packet::Packet;
use super::version::Version;
use crate::message::{Body, Message};
use crate::wire::websocket::write::{self, Opcode};
use crate::wire::{Carried, keep};
use bytes::{Buf, BufMut, BytesMut};

/// What precedes the data of a message that is text.
const MESSAGE: char = '4';
/// In version 3, what precedes the data of a binary message: its type.
const BINARY_MESSAGE: u8 = 4;

/// Writes a packet.
///
/// ```
/// use throughline_core::Message;
/// use throughline_core::wire::Carried;
/// use throughline_core::wire::engineio::{Packet, Version, websocket};
///
/// let hello = Packet::Message(Message::text("hello"));
/// assert_eq!(websocket::encode(Version::V4, &hello), Carried::Text("4hello".into()));
/// ```
#[must_use]
pub fn encode(version: Version, packet: &Packet) -> Carried {
    match (packet, version) {
        (Packet::Message(Message::Binary(bytes)), Version::V4) => Carried::Binary(bytes.clone()),
        (Packet::Message(Message::Binary(bytes)), Version::V3) => {
            let mut out = BytesMut::with_capacity(1 + bytes.len());
            out.put_u8(BINARY_MESSAGE);
            out.put_slice(bytes);
            Carried::Binary(out.freeze())
        }
        (packet, _) => encode_text(version, packet),
    }
}

/// Writes a packet for a client that asked for text only (`b64=1`).
#[must_use]
pub fn encode_text(version: Version, packet: &Packet) -> Carried {
    let mut out = String::with_capacity(packet.text_len());
    packet.write(version, &mut out);
    Carried::Text(out.into())
}

/// Writes a message as a frame of WebSocket, behind whatever is there.
pub(crate) fn write_message(version: Version, message: Body<'_>, out: &mut Vec<u8>) {
    match (message, version) {
        (Body::Text(text), _) => write::payload(Opcode::Text, [b"4", text.as_bytes()], out),
        (Body::Binary(bytes), Version::V4) => write::payload(Opcode::Binary, [bytes], out),
        (Body::Binary(bytes), Version::V3) => {
            write::payload(Opcode::Binary, [&[BINARY_MESSAGE], bytes], out);
        }
    }
}

/// Reads a packet, in either form.
///
/// # Errors
/// [`Malformed`]: a parse error of the session.
pub fn decode(version: Version, carried: Carried) -> Result<Packet, Malformed> {
    match (carried, version) {
        (Carried::Text(text), _) if text.starts_with(MESSAGE) => {
            Ok(Packet::Message(keep::behind(text, 1).into()))
        }
        (Carried::Text(text), _) => Packet::read(version, &text, &text),
        (Carried::Binary(bytes), Version::V4) => Ok(Packet::Message(bytes.into())),
        (Carried::Binary(mut bytes), Version::V3) => match bytes.first() {
            Some(&BINARY_MESSAGE) => {
                bytes.advance(1);
                Ok(Packet::Message(bytes.into()))
            }
            Some(_) => Err(Malformed::Type),
            None => Err(Malformed::Empty),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Result<Packet, Malformed> {
        decode(Version::V4, Carried::Text(text.into()))
    }

    #[test]
    fn each_type_has_its_digit() {
        let packets = [
            ("0{}", Packet::Open("{}".into())),
            ("1", Packet::Close),
            ("2", Packet::Ping("".into())),
            ("2probe", Packet::Ping("probe".into())),
            ("3probe", Packet::Pong("probe".into())),
            ("4", Packet::Message("".into())),
            ("4é\u{1f980}", Packet::Message("é\u{1f980}".into())),
            ("5", Packet::Upgrade),
            ("6", Packet::Noop),
        ];
        for (text, packet) in packets {
            assert_eq!(read(text), Ok(packet.clone()), "{text}");
            assert_eq!(
                encode(Version::V4, &packet),
                Carried::Text(text.into()),
                "{text}"
            );
        }
    }

    #[test]
    fn binary_data_goes_as_it_is_or_in_base64() {
        let packet = Packet::Message(vec![1, 2, 3, 4].into());
        assert_eq!(
            encode(Version::V4, &packet),
            Carried::Binary(vec![1, 2, 3, 4].into())
        );
        assert_eq!(
            encode_text(Version::V4, &packet),
            Carried::Text("bAQIDBA==".into())
        );
        for form in [
            encode(Version::V4, &packet),
            encode_text(Version::V4, &packet),
        ] {
            assert_eq!(decode(Version::V4, form), Ok(packet.clone()));
        }
    }

    #[test]
    fn a_message_is_written_as_it_is_encoded() {
        for message in [Message::text("é"), vec![1, 2].into(), "".into()] {
            for version in [Version::V3, Version::V4] {
                let (mut written, mut expected) = (Vec::new(), Vec::new());
                write_message(version, (&message).into(), &mut written);
                let packet = Packet::Message(message.clone());
                write::message(&encode(version, &packet), &mut expected);
                assert_eq!(written, expected);
            }
        }
    }

    #[test]
    fn in_version_3_binary_data_follows_its_type() {
        let packet = Packet::Message(vec![1, 2, 3, 4].into());
        let forms = [
            (
                encode(Version::V3, &packet),
                Carried::Binary(vec![4, 1, 2, 3, 4].into()),
            ),
            (
                encode_text(Version::V3, &packet),
                Carried::Text("b4AQIDBA==".into()),
            ),
        ];
        for (form, expected) in forms {
            assert_eq!(form, expected);
            assert_eq!(decode(Version::V3, form), Ok(packet.clone()));
        }
        for (form, malformed) in [
            (Carried::Binary(vec![1, 2].into()), Malformed::Type),
            (Carried::Binary(vec![].into()), Malformed::Empty),
            (Carried::Text("bAQID".into()), Malformed::Type),
        ] {
            assert_eq!(decode(Version::V3, form), Err(malformed));
        }
    }

    #[test]
    fn what_is_no_packet_is_named() {
        for (text, malformed) in [
            ("", Malformed::Empty),
            ("7", Malformed::Type),
            ("abc", Malformed::Type),
            ("é", Malformed::Type),
            ("b====", Malformed::Base64),
        ] {
            assert_eq!(read(text), Err(malformed), "{text}");
        }
    }
}
