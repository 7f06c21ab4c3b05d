//! The URL's query, in which clients put the name of a callback, and what makes their URLs differ.

use bytestring::ByteString;
use throughline_core::sockjs::Stamp;
use throughline_core::wire::sockjs::{BadCallback, Callback};

/// What a request says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    callback: Option<String>,
    time: Option<Stamp>,
    number: Option<Stamp>,
}

/// The official client's callbacks for JSONP: each has a name of its own.
const OFFICIAL: &str = "_jp.a";

impl Query {
    pub(super) fn read(query: Option<&str>) -> Self {
        let mut read = Self::default();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match &*name {
                "c" => read.callback = Some(value.into_owned()),
                "callback" => {
                    read.callback.get_or_insert_with(|| value.into_owned());
                }
                "t" => read.time = stamp(&value, is_time),
                "i" => read.number = stamp(&value, is_number),
                _ => {}
            }
        }
        read
    }

    pub(super) fn callback(&self) -> Result<Callback, BadCallback> {
        Callback::parse(self.callback.as_deref())
    }

    /// What tells a poll by JSONP from others of its client. Another client may use one function for all of them.
    pub(super) fn function(&self) -> Option<Stamp> {
        stamp(self.callback.as_deref()?, is_official)
    }

    /// What tells a request of `XMLHttpRequest` from others of its client.
    pub(super) fn time(&self) -> Option<Stamp> {
        self.time.clone()
    }

    /// What tells a form of JSONP from others of its client.
    pub(super) fn number(&self) -> Option<Stamp> {
        self.number.clone()
    }
}

/// Only what the official client writes is a stamp. What else has such a name may be the page's own, and the same in
/// all requests.
fn stamp(value: &str, is_stamp: impl Fn(&str) -> bool) -> Option<Stamp> {
    is_stamp(value).then(|| ByteString::from(value))
}

/// The time in milliseconds.
fn is_time(value: &str) -> bool {
    value.len() == 13 && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// A letter and eight random characters.
fn is_number(value: &str) -> bool {
    is_random(value, "a", 8)
}

fn is_official(callback: &str) -> bool {
    is_random(callback, OFFICIAL, 6)
}

fn is_random(value: &str, start: &str, length: usize) -> bool {
    let random = value.strip_prefix(start);
    random.is_some_and(|random| {
        random.len() == length && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callbacks_and_stamps_are_read_and_others_are_ignored() {
        let query = Query::read(Some("c=%63all&t=17&t=1700000000000&i=abcd01234&user=x"));
        assert_eq!(query.callback().unwrap().as_text(), "call");
        assert_eq!(query.time().as_deref(), Some("1700000000000"));
        assert_eq!(query.number().as_deref(), Some("abcd01234"));
        assert_eq!(query.function(), None);
        let query = Query::read(Some("c=_jp.abcdefg"));
        assert_eq!(query.function().as_deref(), Some("_jp.abcdefg"));
        let query = Query::read(Some("callback=a"));
        assert_eq!(query.callback().unwrap().as_text(), "a");
        assert_eq!(Query::read(None).callback(), Err(BadCallback::Missing));
    }

    #[test]
    fn what_another_client_or_a_page_writes_is_no_stamp() {
        for query in [
            "t=",
            "t=1",
            "t=token",
            "t=17000000000001",
            "i=1",
            "i=mine",
            "c=_jp.x",
        ] {
            let query = Query::read(Some(query));
            assert_eq!(
                [query.time(), query.number(), query.function()],
                [None, None, None]
            );
        }
    }
}
