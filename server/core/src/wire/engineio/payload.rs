//! Many packets as one HTTP body.
//!
//! In version 4 a body is text, its packets separated by the byte 1e. In version 3 each packet is preceded by its length;
//! `v3` has the details. A body is read packet by packet, so that many small ones need no more memory than their bytes.

mod v3;

use super::malformed::Malformed;
use super::packet::Packet;
use super::version::Version;
use crate::message::Message;
use crate::wire::Carried;
use bytestring::ByteString;

const SEPARATOR: char = '\u{1e}';
/// What version 3 writes before a packet, at most.
const LONGEST_LENGTH: usize = 12;

/// Collects packets for one body.
///
/// Version 4 has no way to escape the separator: a text that holds it arrives as several packets, as from
/// the reference. JSON never holds it.
///
/// ```
/// use throughline_core::wire::Carried;
/// use throughline_core::wire::engineio::{Packet, Version, payload};
///
/// let mut writer = payload::Writer::new(Version::V4, true, 100);
/// assert!(writer.push(Packet::Message("hello".into())));
/// assert!(writer.push(Packet::Noop));
/// assert_eq!(writer.finish(), Carried::Text("4hello\u{1e}6".into()));
/// ```
#[derive(Debug)]
pub struct Writer {
    version: Version,
    text_only: bool,
    packets: Vec<Packet>,
    len: usize,
    limit: usize,
}

impl Writer {
    /// For a body of about `limit` bytes at most, but one packet always. In version 3 a body that holds binary data is
    /// binary, unless it is to be `text_only`.
    #[must_use]
    pub const fn new(version: Version, text_only: bool, limit: usize) -> Self {
        Self {
            version,
            text_only,
            packets: Vec::new(),
            len: 0,
            limit,
        }
    }

    /// Adds a packet, unless it is one too many.
    pub fn push(&mut self, packet: Packet) -> bool {
        let len = self.len + self.between() + packet.text_len();
        if len > self.limit && !self.packets.is_empty() {
            return false;
        }
        self.len = len;
        self.packets.push(packet);
        true
    }

    /// What stands before a packet.
    fn between(&self) -> usize {
        match self.version {
            Version::V3 => LONGEST_LENGTH,
            Version::V4 if self.packets.is_empty() => 0,
            Version::V4 => SEPARATOR.len_utf8(),
        }
    }

    /// The body.
    #[must_use]
    pub fn finish(self) -> Carried {
        match self.version {
            Version::V4 => Carried::Text(self.separated().into()),
            Version::V3 if !self.text_only && self.packets.iter().any(is_binary) => {
                Carried::Binary(v3::write_binary(&self.packets))
            }
            Version::V3 => Carried::Text(v3::write_text(&self.packets).into()),
        }
    }

    fn separated(&self) -> String {
        let mut out = String::with_capacity(self.len);
        for packet in &self.packets {
            if !out.is_empty() {
                out.push(SEPARATOR);
            }
            packet.write(self.version, &mut out);
        }
        out
    }
}

fn is_binary(packet: &Packet) -> bool {
    matches!(packet, Packet::Message(Message::Binary(_)))
}

/// A body of one packet.
#[must_use]
pub fn one(version: Version, packet: Packet) -> Carried {
    let mut writer = Writer::new(version, true, 0);
    writer.push(packet);
    writer.finish()
}

/// Reads a body packet by packet.
///
/// Each item may be [`Malformed`]; whoever reads stops there, with a parse error of the session.
#[derive(Clone, Debug)]
pub struct Reader {
    version: Version,
    body: Carried,
    /// Where the next packet starts; none behind the last one.
    at: Option<usize>,
}

impl Reader {
    /// For this body.
    #[must_use]
    pub const fn new(version: Version, body: Carried) -> Self {
        Self {
            version,
            body,
            at: Some(0),
        }
    }

    /// Whether there are no more packets.
    #[must_use]
    pub const fn is_at_end(&self) -> bool {
        self.at.is_none()
    }
}

impl Iterator for Reader {
    type Item = Result<Packet, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at?;
        let (packet, next) = match (&self.body, self.version) {
            (Carried::Text(body), Version::V4) => read_separated(body, at),
            (Carried::Binary(_), Version::V4) => (Err(Malformed::Binary), None),
            (Carried::Text(body), Version::V3) => v3::read_text(body, at),
            (Carried::Binary(body), Version::V3) => v3::read_binary(body, at),
        };
        self.at = next;
        Some(packet)
    }
}

/// A packet, and where the next one starts.
type Step = (Result<Packet, Malformed>, Option<usize>);

fn read_separated(body: &ByteString, at: usize) -> Step {
    let part = body[at..].split(SEPARATOR).next().unwrap_or_default();
    let next = at + part.len() + SEPARATOR.len_utf8();
    let packet = Packet::read(Version::V4, body, part);
    (packet, (next <= body.len()).then_some(next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Vec<Packet>, Malformed> {
        Reader::new(Version::V4, Carried::Text(body.into())).collect()
    }

    fn written(limit: usize, packets: &[Packet]) -> String {
        let mut writer = Writer::new(Version::V4, true, limit);
        for packet in packets {
            if !writer.push(packet.clone()) {
                break;
            }
        }
        match writer.finish() {
            Carried::Text(text) => text.to_string(),
            Carried::Binary(_) => panic!("a body of version 4 is text"),
        }
    }

    #[test]
    fn packets_are_separated_and_nothing_is_escaped() {
        let packets = [
            Packet::Message("€ \n\"".into()),
            Packet::Message(vec![1, 2, 3, 4].into()),
            Packet::Ping("".into()),
        ];
        let body = written(1000, &packets);
        assert_eq!(body, "4€ \n\"\u{1e}bAQIDBA==\u{1e}2");
        assert_eq!(read(&body), Ok(packets.to_vec()));
    }

    #[test]
    fn a_body_is_no_longer_than_its_limit_unless_its_only_packet_is() {
        let message = Packet::Message("12345".into());
        let packets = vec![message; 3];
        assert_eq!(written(12, &packets), "412345");
        assert_eq!(written(13, &packets), "412345\u{1e}412345");
        assert_eq!(written(1, &packets), "412345");
    }

    #[test]
    fn no_part_of_a_body_may_be_empty() {
        for body in ["", "4a\u{1e}", "\u{1e}4a", "4a\u{1e}\u{1e}4b"] {
            assert_eq!(read(body), Err(Malformed::Empty), "{body:?}");
        }
    }

    #[test]
    fn what_comes_before_a_malformed_packet_is_read() {
        let mut packets = Reader::new(Version::V4, Carried::Text("4a\u{1e}9".into()));
        assert_eq!(packets.next(), Some(Ok(Packet::Message("a".into()))));
        assert!(!packets.is_at_end());
        assert_eq!(packets.next(), Some(Err(Malformed::Type)));
        assert!(packets.is_at_end());
    }
}
