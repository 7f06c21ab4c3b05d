//! What tells a request from all others of its client, so that one which comes twice is known again.
//!
//! Only what the official client writes is a mark: what else has such a place in a URL may be the page's own, and the same
//! in all requests. A mark is a name that the client made up, or the time by its clock. Then the answer waits until every clock
//! has moved on, and the client's next request has another time. So the same mark is the same request, always.

use bytestring::ByteString;
use std::time::Duration;
use throughline_core::sockjs::Stamp;

/// As many digits has a time.
const TIME: usize = 13;
/// What the clock of a browser can tell apart, also of one that hides who uses it.
const TICK: Duration = Duration::from_millis(17);
/// The same for older ones of that kind. Their times are multiples of it, in milliseconds.
const COARSE_TICK: u64 = 100;
/// Clients wait as long at least from the answer to what they have sent until they send more.
const REST: Duration = Duration::from_millis(25);

/// A mark, and how long it takes from the request until there can be another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    stamp: Stamp,
    tick: Duration,
}

impl Mark {
    /// The time in milliseconds, which the official client puts into the URLs of `XMLHttpRequest`.
    pub(super) fn time(text: &str) -> Option<Self> {
        let is_time = text.len() == TIME && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_coarse = text
            .parse::<u64>()
            .is_ok_and(|time| time.is_multiple_of(COARSE_TICK));
        let tick = match is_coarse {
            true => Duration::from_millis(COARSE_TICK),
            false => TICK,
        };
        is_time.then(|| Self::new(text, tick))
    }

    /// The number of a form of JSONP: a letter and eight random characters.
    pub(super) fn number(text: &str) -> Option<Self> {
        is_random(text, "a", 8).then(|| Self::new(text, Duration::ZERO))
    }

    /// The function that a script of JSONP calls: each has a name of its own.
    pub(super) fn function(name: &str) -> Option<Self> {
        is_random(name, "_jp.a", 6).then(|| Self::new(name, Duration::ZERO))
    }

    fn new(text: &str, tick: Duration) -> Self {
        Self {
            stamp: ByteString::from(text),
            tick,
        }
    }

    pub(super) fn stamp(&self) -> Stamp {
        self.stamp.clone()
    }

    /// How long a poll with this mark takes at least.
    pub(super) const fn poll(&self) -> Duration {
        self.tick
    }

    /// How long it takes at least to bring something with this mark.
    pub(super) const fn send(&self) -> Duration {
        self.tick.saturating_sub(REST)
    }
}

fn is_random(text: &str, start: &str, length: usize) -> bool {
    text.strip_prefix(start).is_some_and(|random| {
        random.len() == length && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_waits_until_the_clock_has_moved_on_and_a_name_does_not() {
        let waits = |mark: Option<Mark>| mark.map(|mark| (mark.poll(), mark.send()));
        let millis = Duration::from_millis;
        let none = Some((millis(0), millis(0)));
        assert_eq!(waits(Mark::number("abcd01234")), none);
        assert_eq!(waits(Mark::function("_jp.abcdefg")), none);
        let fine = Mark::time("1795712345678");
        assert_eq!(waits(fine), Some((millis(17), millis(0))));
        let coarse = Mark::time("1795712345600");
        assert_eq!(waits(coarse), Some((millis(100), millis(75))));
    }

    #[test]
    fn what_another_client_or_a_page_writes_is_no_mark() {
        for text in [
            "",
            "1",
            "token",
            "17000000000001",
            "170000000000x",
            "mine",
            "_jp.x",
        ] {
            let marks = [Mark::time(text), Mark::number(text), Mark::function(text)];
            assert_eq!(marks, [None, None, None], "{text}");
        }
    }
}
