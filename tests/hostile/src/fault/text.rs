//! The small words of the grammar: times, sizes, directions, statuses, addresses. Each is parsed once, into
//! a type that cannot be wrong; `None` is all that is said of a word that is not one.

use super::points::Direction;
use http::{HeaderName, Method, StatusCode};
use std::time::Duration;

/// One direction, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ways {
    Up,
    Down,
    Both,
}

impl Ways {
    pub(crate) fn include(self, direction: Direction) -> bool {
        match self {
            Self::Up => direction == Direction::Up,
            Self::Down => direction == Direction::Down,
            Self::Both => true,
        }
    }
}

pub(super) fn ways(text: &str) -> Option<Ways> {
    match text {
        "up" => Some(Ways::Up),
        "down" => Some(Ways::Down),
        "both" => Some(Ways::Both),
        _ => None,
    }
}

/// `150ms`, `60s` or `2m`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u32 = text[..digits].parse().ok()?;
    let unit = match &text[digits..] {
        "ms" => Duration::from_millis(1),
        "s" => Duration::from_secs(1),
        "m" => Duration::from_secs(60),
        _ => return None,
    };
    Some(unit * number)
}

/// `500`, `64k` or `2M`: bytes, thousands or millions of them; never none.
pub(super) fn size(text: &str) -> Option<u32> {
    let (digits, unit) = match text.strip_suffix(['k', 'M']) {
        Some(digits) if text.ends_with('k') => (digits, 1_000),
        Some(digits) => (digits, 1_000_000),
        None => (text, 1),
    };
    let size: u32 = digits.parse().ok()?;
    size.checked_mul(unit).filter(|size| *size > 0)
}

/// A status that can end an exchange.
pub(super) fn status(text: &str) -> Option<StatusCode> {
    let status: StatusCode = text.parse().ok()?;
    (!status.is_informational()).then_some(status)
}

/// A list with commas, none of whose items is missing.
pub(super) fn list<T>(text: &str, item: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.split(',').map(item).collect()
}

pub(super) fn method(text: &str) -> Option<Method> {
    text.parse().ok()
}

/// A word, or the beginning of one with a star for the rest: `x-*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    Word(String),
    Beginning(String),
}

impl Pattern {
    /// Case is ignored.
    pub(super) fn matches(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        match self {
            Self::Word(word) => text == *word,
            Self::Beginning(beginning) => text.starts_with(beginning),
        }
    }
}

pub(super) fn header_pattern(text: &str) -> Option<Pattern> {
    let pattern = pattern(text)?;
    let (Pattern::Word(name) | Pattern::Beginning(name)) = &pattern;
    name.parse::<HeaderName>().ok()?;
    Some(pattern)
}

pub(super) fn pattern(text: &str) -> Option<Pattern> {
    let text = text.to_ascii_lowercase();
    match text.strip_suffix('*') {
        _ if text.is_empty() => None,
        Some(beginning) => Some(Pattern::Beginning(beginning.to_owned())),
        None => Some(Pattern::Word(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_number_and_a_unit() {
        assert_eq!(duration("150ms"), Some(Duration::from_millis(150)));
        assert_eq!(duration("60s"), Some(Duration::from_secs(60)));
        assert_eq!(duration("2m"), Some(Duration::from_secs(120)));
        for wrong in ["", "s", "5", "1.5s", "-1s", "5 s", "9999999999s", "5h"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_size_may_have_a_unit_and_is_never_nothing() {
        assert_eq!(size("500"), Some(500));
        assert_eq!(size("64k"), Some(64_000));
        assert_eq!(size("2M"), Some(2_000_000));
        for wrong in ["", "0", "k", "5G", "4294967295k", "1.5k"] {
            assert_eq!(size(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_pattern_is_a_word_or_its_beginning() {
        assert!(pattern("x-*").is_some_and(|p| p.matches("X-Request-Id")));
        assert!(pattern("cookie").is_some_and(|p| p.matches("Cookie")));
        assert!(pattern("cookie").is_some_and(|p| !p.matches("cookie2")));
        assert_eq!(header_pattern("no header"), None);
    }
}
