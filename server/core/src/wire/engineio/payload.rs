//! Many packets as one HTTP body: text, separated by the byte 1e.

use super::malformed::Malformed;
use super::packet::Packet;
use bytestring::ByteString;

const SEPARATOR: char = '\u{1e}';

/// Collects packets for one body.
///
/// The format has no way to escape the separator: a text that holds it arrives as several packets, as from
/// the reference. JSON never holds it.
///
/// ```
/// use throughline_core::wire::engineio::{Packet, payload};
///
/// let mut writer = payload::Writer::new(100);
/// assert!(writer.push(&Packet::Message("hello".into())));
/// assert!(writer.push(&Packet::Noop));
/// assert_eq!(writer.finish(), "4hello\u{1e}6");
/// ```
#[derive(Debug)]
pub struct Writer {
    out: String,
    limit: usize,
}

impl Writer {
    /// For a body of at most `limit` bytes, but one packet always.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        let out = String::new();
        Self { out, limit }
    }

    /// Adds a packet, unless it is one too many.
    pub fn push(&mut self, packet: &Packet) -> bool {
        if !self.out.is_empty() {
            if self.out.len() + 1 + packet.text_len() > self.limit {
                return false;
            }
            self.out.push(SEPARATOR);
        }
        packet.write(&mut self.out);
        true
    }

    /// The body.
    #[must_use]
    pub fn finish(self) -> String {
        self.out
    }
}

/// A body of one packet.
#[must_use]
pub fn one(packet: &Packet) -> String {
    let mut writer = Writer::new(0);
    writer.push(packet);
    writer.finish()
}

/// Reads a body packet by packet, so that a body of many small ones needs no more memory than its bytes.
///
/// Each item may be [`Malformed`]; whoever reads stops there, with a parse error of the session.
#[derive(Clone, Debug)]
pub struct Reader {
    body: ByteString,
    /// Where the next packet starts; none behind the last one.
    at: Option<usize>,
}

impl Reader {
    /// For this body.
    #[must_use]
    pub const fn new(body: ByteString) -> Self {
        Self { body, at: Some(0) }
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
        let rest = &self.body[self.at?..];
        let part = rest.split(SEPARATOR).next().unwrap_or(rest);
        let next = self.body.len() - rest.len() + part.len() + SEPARATOR.len_utf8();
        self.at = (next <= self.body.len()).then_some(next);
        Some(Packet::read(&self.body, part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Vec<Packet>, Malformed> {
        Reader::new(body.into()).collect()
    }

    fn written(limit: usize, packets: &[Packet]) -> String {
        let mut writer = Writer::new(limit);
        for packet in packets {
            if !writer.push(packet) {
                break;
            }
        }
        writer.finish()
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
        let mut packets = Reader::new("4a\u{1e}9".into());
        assert_eq!(packets.next(), Some(Ok(Packet::Message("a".into()))));
        assert!(!packets.is_at_end());
        assert_eq!(packets.next(), Some(Err(Malformed::Type)));
        assert!(packets.is_at_end());
    }
}
