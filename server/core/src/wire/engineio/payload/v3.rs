//! Bodies of version 3: each packet is preceded by its length.
//!
//! A text counts in UTF-16 units, as JavaScript does. A binary body has a mark (0 for text, 1 for binary data), the
//! length in bytes as one byte for each decimal digit, and ff; it counts in bytes.

use super::Step;
use crate::wire::Carried;
use crate::wire::engineio::{Malformed, Packet, Version, websocket};
use bytes::{BufMut, Bytes, BytesMut};
use bytestring::ByteString;

const VERSION: Version = Version::V3;
const COLON: char = ':';
const TEXT: u8 = 0;
const BINARY: u8 = 1;
const END_OF_LENGTH: u8 = 0xff;
/// More digits than any length has that is within bounds.
const MOST_DIGITS: usize = 10;

pub(super) fn write_text(packets: &[Packet]) -> String {
    let mut out = String::new();
    for packet in packets {
        let mut text = String::with_capacity(packet.text_len());
        packet.write(VERSION, &mut text);
        out.push_str(&text.encode_utf16().count().to_string());
        out.push(COLON);
        out.push_str(&text);
    }
    out
}

pub(super) fn write_binary(packets: &[Packet]) -> Bytes {
    let mut out = BytesMut::new();
    for packet in packets {
        let (mark, bytes) = match websocket::encode(VERSION, packet) {
            Carried::Text(text) => (TEXT, text.into_bytes()),
            Carried::Binary(bytes) => (BINARY, bytes),
        };
        out.put_u8(mark);
        out.extend(bytes.len().to_string().bytes().map(|digit| digit - b'0'));
        out.put_u8(END_OF_LENGTH);
        out.put_slice(&bytes);
    }
    out.freeze()
}

/// Reads the packet that starts at `at` of a text.
pub(super) fn read_text(body: &ByteString, at: usize) -> Step {
    match split_text(&body[at..]) {
        Some((part, rest)) => {
            let next = (!rest.is_empty()).then_some(body.len() - rest.len());
            (Packet::read(VERSION, body, part), next)
        }
        None => (Err(Malformed::Length), None),
    }
}

fn split_text(text: &str) -> Option<(&str, &str)> {
    let (digits, rest) = text.split_once(COLON)?;
    let is_number = digits.len() <= MOST_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    let length: usize = digits.parse().ok().filter(|_| is_number)?;
    let mut left = length;
    for (index, char) in rest.char_indices() {
        if left == 0 {
            return Some(rest.split_at(index));
        }
        left = left.checked_sub(char.len_utf16())?;
    }
    (left == 0).then_some((rest, ""))
}

/// Reads the packet that starts at `at` of a binary body.
pub(super) fn read_binary(body: &Bytes, at: usize) -> Step {
    match split_binary(&body[at..]) {
        Some((mark, part, rest)) => {
            let next = (!rest.is_empty()).then_some(body.len() - rest.len());
            (read_part(mark, Bytes::copy_from_slice(part)), next)
        }
        None => (Err(Malformed::Length), None),
    }
}

/// Reads a part that was copied, so that it does not pin the body.
fn read_part(mark: u8, part: Bytes) -> Result<Packet, Malformed> {
    let carried = match mark {
        BINARY => Carried::Binary(part),
        _ => Carried::Text(part.try_into().map_err(|_| Malformed::Length)?),
    };
    websocket::decode(VERSION, carried)
}

fn split_binary(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&mark, rest) = bytes.split_first().filter(|(mark, _)| **mark <= BINARY)?;
    let digits = rest
        .iter()
        .take(MOST_DIGITS + 1)
        .position(|byte| *byte == END_OF_LENGTH)?;
    let (digits, rest) = (&rest[..digits], &rest[digits + 1..]);
    let mut length: usize = 0;
    for digit in digits {
        let digit = Some(usize::from(*digit)).filter(|digit| *digit < 10)?;
        length = length.checked_mul(10)?.checked_add(digit)?;
    }
    let (part, rest) = rest
        .split_at_checked(length)
        .filter(|_| !digits.is_empty())?;
    Some((mark, part, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::engineio::payload::{Reader, Writer};

    fn packets() -> Vec<Packet> {
        vec![
            Packet::Message("hello €\u{1f980}".into()),
            Packet::Ping("".into()),
            Packet::Message(vec![1, 2, 3, 4].into()),
        ]
    }

    fn written(text_only: bool) -> Carried {
        let mut writer = Writer::new(VERSION, text_only, 1000);
        for packet in packets() {
            assert!(writer.push(packet));
        }
        writer.finish()
    }

    #[test]
    fn a_text_counts_as_javascript_does() {
        let text = written(true);
        assert_eq!(
            text,
            Carried::Text("10:4hello €\u{1f980}1:210:b4AQIDBA==".into())
        );
        let read: Result<Vec<Packet>, _> = Reader::new(VERSION, text).collect();
        assert_eq!(read, Ok(packets()));
    }

    #[test]
    fn a_body_with_binary_data_is_binary() {
        let Carried::Binary(bytes) = written(false) else {
            panic!("binary");
        };
        let mut expected = vec![0, 1, 4, 0xff];
        expected.extend("4hello €\u{1f980}".bytes());
        expected.extend([0, 1, 0xff, b'2', 1, 5, 0xff, 4, 1, 2, 3, 4]);
        assert_eq!(bytes, expected);
        let read: Result<Vec<Packet>, _> = Reader::new(VERSION, Carried::Binary(bytes)).collect();
        assert_eq!(read, Ok(packets()));
    }

    #[test]
    fn a_body_of_text_alone_is_text() {
        let mut writer = Writer::new(VERSION, false, 1000);
        writer.push(Packet::Noop);
        assert_eq!(writer.finish(), Carried::Text("1:6".into()));
    }

    #[test]
    fn lengths_that_lie_are_malformed() {
        for text in [
            "",
            "abc",
            "2:4",
            ":4a",
            "+1:6",
            "-1:6",
            "99999999999:4",
            "1:\u{1f980}",
        ] {
            let mut reader = Reader::new(VERSION, Carried::Text(text.into()));
            assert_eq!(reader.next(), Some(Err(Malformed::Length)), "{text:?}");
            assert!(reader.is_at_end());
        }
        let bodies: [&[u8]; 6] = [
            b"",
            &[2, 1, 0xff, b'6'],
            &[0, 0xff],
            &[0, 2, 0xff, b'6'],
            &[0, 11, 0xff, b'6'],
            &[0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0xff],
        ];
        for body in bodies {
            let mut reader = Reader::new(VERSION, Carried::Binary(body.to_vec().into()));
            assert_eq!(reader.next(), Some(Err(Malformed::Length)), "{body:?}");
        }
    }
}
