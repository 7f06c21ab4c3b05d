//! The URL's query, in which clients put the name of a callback, and what makes their URLs differ.

use crate::transport::query::members;
use http::header::ORIGIN;
use http::request::Parts;
use throughline_core::sockjs::Stamp;
use throughline_core::wire::sockjs::{BadCallback, Callback};

/// What a request says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    callback: Option<String>,
    time: Option<Stamp>,
    number: Option<Stamp>,
}

impl Query {
    /// Only pages put a time into their URLs, and what they send has an `Origin`; elsewhere a `t` is the application's.
    pub(super) fn of(parts: &Parts) -> Self {
        let query = Self::read(parts.uri.query());
        let time = query.time.filter(|_| parts.headers.contains_key(ORIGIN));
        Self { time, ..query }
    }

    fn read(query: Option<&str>) -> Self {
        let mut read = Self::default();
        for (name, value) in members(query) {
            match &*name {
                "c" => read.callback = Some(value.into_owned()),
                "callback" => {
                    read.callback.get_or_insert_with(|| value.into_owned());
                }
                "t" => read.time = Stamp::time(&value),
                "i" => read.number = Stamp::number(&value),
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
        Stamp::function(self.callback.as_deref()?)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callbacks_and_stamps_are_read_and_others_are_ignored() {
        let query = Query::read(Some("c=%63all&t=17&t=1700000000000&i=abcd01234&user=x"));
        assert_eq!(query.callback().unwrap().as_text(), "call");
        assert_eq!(query.time(), Stamp::time("1700000000000"));
        assert_eq!(query.number(), Stamp::number("abcd01234"));
        assert_eq!(query.function(), None);
        let query = Query::read(Some("c=_jp.abcdefg"));
        assert_eq!(query.function(), Stamp::function("_jp.abcdefg"));
        let query = Query::read(Some("callback=a"));
        assert_eq!(query.callback().unwrap().as_text(), "a");
        assert_eq!(Query::read(None).callback(), Err(BadCallback::Missing));
    }

    #[test]
    fn a_time_comes_from_a_page() {
        let parts = |request: http::request::Builder| request.body(()).unwrap().into_parts().0;
        let request = || http::Request::get("/?t=1700000000000");
        assert_eq!(Query::of(&parts(request())).time(), None);
        let of_page = request().header(ORIGIN, "null");
        assert!(Query::of(&parts(of_page)).time().is_some());
    }
}
