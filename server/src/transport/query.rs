//! The members of a URL's query, as forms encode them (WHATWG URL, section 5.1).
//!
//! Those of polling clients have no escapes, and are read where they lie.

use std::borrow::Cow;

/// The names with their values, in their order.
pub(crate) fn members(query: Option<&str>) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let members = query.unwrap_or_default().split('&');
    members.filter_map(|member| {
        if member.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
            return form_urlencoded::parse(member.as_bytes()).next();
        }
        let (name, value) = member.split_once('=').unwrap_or((member, ""));
        (!member.is_empty()).then(|| (name.into(), value.into()))
    })
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
