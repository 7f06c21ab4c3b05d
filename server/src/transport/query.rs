//! The members of a URL's query, as forms encode them (WHATWG URL, section 5.1).
//!
//! Those of polling clients have no escapes, and are read where they lie.

use std::borrow::Cow;

/// A name with its value.
type Member<'a> = (Cow<'a, str>, Cow<'a, str>);

/// As many bytes are looked at at once.
const CHUNK: usize = 16;

/// The members in their order.
pub(crate) fn members(query: Option<&str>) -> impl Iterator<Item = Member<'_>> {
    let mut rest = query.unwrap_or_default();
    let read = match has_escapes(rest) {
        true => decoded,
        false => plain,
    };
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let (member, behind) = cut(rest, position(rest.as_bytes(), b'&'));
            rest = behind;
            if !member.is_empty() {
                return Some(read(member));
            }
        }
        None
    })
}

/// To its end, since so the processor looks at many bytes at once.
fn has_escapes(query: &str) -> bool {
    let is_escape = |byte| (byte == b'%') | (byte == b'+');
    query.bytes().fold(false, |has, byte| has | is_escape(byte))
}

fn plain(member: &str) -> Member<'_> {
    // Names are short, so to look at byte by byte is what costs least.
    let (name, value) = cut(member, member.bytes().position(|byte| byte == b'='));
    (name.into(), value.into())
}

fn decoded(member: &str) -> Member<'_> {
    let mut members = form_urlencoded::parse(member.as_bytes());
    members.next().unwrap_or_default()
}

/// What is before and behind the separator at that place.
fn cut(text: &str, separator: Option<usize>) -> (&str, &str) {
    match separator {
        Some(index) => (&text[..index], &text[index + 1..]),
        None => (text, ""),
    }
}

/// Where the first separator is. The processor looks at a chunk of bytes at once; the id of a session is some chunks long.
fn position(text: &[u8], separator: u8) -> Option<usize> {
    let is_found = |found, byte: &u8| found | (*byte == separator);
    let (chunks, _) = text.as_chunks::<CHUNK>();
    let passed = chunks
        .iter()
        .take_while(|chunk| !chunk.iter().fold(false, is_found))
        .count();
    let (_, rest) = text.split_at(passed * CHUNK);
    let found = rest.iter().position(|byte| *byte == separator);
    found.map(|index| passed * CHUNK + index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_read_as_forms_encode_them() {
        for query in [
            "",
            "&&",
            "a=b&c=d",
            "a&=b&=&c==d&a=",
            "a%3D=b+c&d=%E2%82%AC%ff&e=f",
            "t=1&sid=a.b-c_d&EIO=4",
            "EIO=4&transport=polling&sid=0123456789.0123456789.0123456789.0123456789&t=0123456789abcdef&",
            "0123456789abcde&0123456789abcdef=&0123456789abcdef0=",
        ] {
            let read: Vec<_> = members(Some(query)).collect();
            let expected: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
            assert_eq!(read, expected, "{query}");
        }
        assert_eq!(members(None).count(), 0);
    }
}
