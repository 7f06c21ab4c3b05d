//! The members of a URL's query, as forms encode them (WHATWG URL, section 5.1).
//!
//! Those of polling clients have no escapes, and are read where they lie.

use std::borrow::Cow;

/// A name with its value.
type Member<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The members in their order.
pub(crate) fn members(query: Option<&str>) -> impl Iterator<Item = Member<'_>> {
    let mut rest = query.unwrap_or_default();
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let (member, length) = first(rest);
            rest = rest.get(length + 1..).unwrap_or_default();
            if member.is_some() {
                return member;
            }
        }
        None
    })
}

/// The first member, where there is something between the separators, and its length. It is looked through once.
fn first(query: &str) -> (Option<Member<'_>>, usize) {
    let (mut equals, mut has_escapes, mut length) = (None, false, query.len());
    for (index, byte) in query.bytes().enumerate() {
        match byte {
            b'&' => {
                length = index;
                break;
            }
            b'=' if equals.is_none() => equals = Some(index),
            b'%' | b'+' => has_escapes = true,
            _ => {}
        }
    }
    let member = &query[..length];
    if has_escapes {
        return (form_urlencoded::parse(member.as_bytes()).next(), length);
    }
    let (name, value) = match equals {
        Some(equals) => (&member[..equals], &member[equals + 1..]),
        None => (member, ""),
    };
    let member = (length > 0).then(|| (name.into(), value.into()));
    (member, length)
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
        ] {
            let read: Vec<_> = members(Some(query)).collect();
            let expected: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
            assert_eq!(read, expected, "{query}");
        }
        assert_eq!(members(None).count(), 0);
    }
}
