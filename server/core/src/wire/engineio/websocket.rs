//! One packet as one WebSocket message: text, but for binary data, which goes as it is.

use super::malformed::Malformed;
use super::packet::Packet;
use crate::message::Message;
use crate::wire::{Carried, keep};

/// Writes a packet.
///
/// ```
/// use throughline_core::Message;
/// use throughline_core::wire::Carried;
/// use throughline_core::wire::engineio::{Packet, websocket};
///
/// let hello = Packet::Message(Message::text("hello"));
/// assert_eq!(websocket::encode(&hello), Carried::Text("4hello".into()));
/// ```
#[must_use]
pub fn encode(packet: &Packet) -> Carried {
    match packet {
        Packet::Message(Message::Binary(bytes)) => Carried::Binary(bytes.clone()),
        packet => encode_text(packet),
    }
}

/// Writes a packet for a client that asked for text only (`b64=1`).
#[must_use]
pub fn encode_text(packet: &Packet) -> Carried {
    let mut out = String::with_capacity(packet.text_len());
    packet.write(&mut out);
    Carried::Text(out.into())
}

/// Reads a packet, in either form.
///
/// # Errors
/// [`Malformed`]: a parse error of the session.
pub fn decode(carried: &Carried) -> Result<Packet, Malformed> {
    match carried {
        Carried::Text(text) => Packet::read(text, text),
        Carried::Binary(bytes) => Ok(Packet::Message(keep::bytes(bytes, bytes).into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Result<Packet, Malformed> {
        decode(&Carried::Text(text.into()))
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
            assert_eq!(encode(&packet), Carried::Text(text.into()), "{text}");
        }
    }

    #[test]
    fn binary_data_goes_as_it_is_or_in_base64() {
        let packet = Packet::Message(vec![1, 2, 3, 4].into());
        assert_eq!(encode(&packet), Carried::Binary(vec![1, 2, 3, 4].into()));
        assert_eq!(encode_text(&packet), Carried::Text("bAQIDBA==".into()));
        for form in [encode(&packet), encode_text(&packet)] {
            assert_eq!(decode(&form), Ok(packet.clone()));
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
