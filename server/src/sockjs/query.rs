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

/// Stamps are short; what is longer is none.
const LONGEST_STAMP: usize = 64;

impl Query {
    pub(super) fn read(query: Option<&str>) -> Self {
        let mut read = Self::default();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match &*name {
                "c" => read.callback = Some(value.into_owned()),
                "callback" => {
                    read.callback.get_or_insert_with(|| value.into_owned());
                }
                "t" => read.time = stamp(&value),
                "i" => read.number = stamp(&value),
                _ => {}
            }
        }
        read
    }

    pub(super) fn callback(&self) -> Result<Callback, BadCallback> {
        Callback::parse(self.callback.as_deref())
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

fn stamp(value: &str) -> Option<Stamp> {
    (1..=LONGEST_STAMP)
        .contains(&value.len())
        .then(|| ByteString::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callbacks_and_stamps_are_read_and_others_are_ignored() {
        let query = Query::read(Some("c=%63all&t=17&i=a&user=x"));
        assert_eq!(query.callback().unwrap().as_text(), "call");
        assert_eq!(query.time().as_deref(), Some("17"));
        assert_eq!(query.number().as_deref(), Some("a"));
        let query = Query::read(Some("callback=a"));
        assert_eq!(query.callback().unwrap().as_text(), "a");
        assert_eq!(Query::read(None).callback(), Err(BadCallback::Missing));
    }

    #[test]
    fn a_stamp_that_is_empty_or_long_is_none() {
        let long = format!("t={}", "x".repeat(LONGEST_STAMP + 1));
        for query in ["t=", &long] {
            assert_eq!(Query::read(Some(query)).time(), None);
        }
    }
}
