//! What an official client puts into a URL so that no two of its requests are alike.
//!
//! Only the exact forms of the official client are stamps: what else stands in such a place may be the page's own, and the same
//! in all of its requests. A stamp is a name that the client made up for this request, or the time by its clock. How
//! long a clock may go on showing the same time is in `clock.rs`.

use bytestring::ByteString;

/// As many digits has a time in milliseconds, until the year 2286.
const DIGITS: usize = 13;

/// What tells a request from all others of its client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Name(ByteString),
    Time(u64),
}

impl Stamp {
    /// The time in milliseconds, which is in the URLs of `XMLHttpRequest`.
    #[must_use]
    pub fn time(text: &str) -> Option<Self> {
        let is_time = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        let time = text.parse().ok().filter(|_| is_time)?;
        Some(Self(Kind::Time(time)))
    }

    /// The number of a form of JSONP: a letter and eight random characters.
    #[must_use]
    pub fn number(text: &str) -> Option<Self> {
        Self::name(text, "a", 8)
    }

    /// The function that a script of JSONP calls: each has a name of its own.
    #[must_use]
    pub fn function(name: &str) -> Option<Self> {
        Self::name(name, "_jp.a", 6)
    }

    fn name(text: &str, start: &str, length: usize) -> Option<Self> {
        let random = text.strip_prefix(start)?;
        let is_name =
            random.len() == length && random.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_name.then(|| Self(Kind::Name(ByteString::from(text))))
    }

    /// What the client's clock showed, where that is what tells its requests apart.
    pub(super) const fn shown(&self) -> Option<u64> {
        match self.0 {
            Kind::Name(_) => None,
            Kind::Time(time) => Some(time),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_official_client_writes_is_a_stamp() {
        let time = Stamp::time("1795712345678").expect("a time");
        assert_eq!(time.shown(), Some(1_795_712_345_678));
        let number = Stamp::number("abcd01234").expect("a number");
        assert_eq!(number.shown(), None);
        assert!(Stamp::function("_jp.abcdefg").is_some());
    }

    #[test]
    fn what_another_client_or_a_page_writes_is_none() {
        for text in [
            "",
            "1",
            "token",
            "17000000000001",
            "170000000000x",
            "+170000000000",
            "mine",
            "_jp.x",
        ] {
            let stamps = [
                Stamp::time(text),
                Stamp::number(text),
                Stamp::function(text),
            ];
            assert_eq!(stamps, [None, None, None], "{text}");
        }
    }
}
