//! A hello turned down: a code, a sentence, and when to come back.

use std::fmt;
use std::time::Duration;
use throughline_core::Code;
use throughline_core::wire::native::{LONGEST_REASON, Refuse};

/// Why a client may not come in. The client is told all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    code: Code,
    reason: String,
    retry_after: Option<Duration>,
}

impl Refusal {
    /// A refusal with a code: an own one ([`Code::application`]) or one of the protocol's.
    ///
    /// The code's band says whether the client may try again. Of the reason, the first 123 bytes are sent.
    pub fn new(code: Code, reason: impl AsRef<str>) -> Self {
        Self {
            code,
            reason: truncated(reason.as_ref()).to_owned(),
            retry_after: None,
        }
    }

    /// The token is wrong, or there is none. Final: the client does not come back by itself.
    pub fn unauthorized(reason: impl AsRef<str>) -> Self {
        Self::new(Code::UNAUTHORIZED, reason)
    }

    /// No verdict was possible: a database is away, say. The client tries again.
    pub fn unavailable(reason: impl AsRef<str>) -> Self {
        Self::new(Code::UNAVAILABLE, reason)
    }

    /// Says when it makes sense to come back; heeded for codes of the retry band.
    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The sentence.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// When to come back.
    #[must_use]
    pub const fn after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// One of the protocol's own codes, with its own words.
    pub(crate) fn of(code: Code) -> Self {
        Self::new(code, code.reason())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.reason)
    }
}

impl From<Refusal> for Box<Refuse> {
    fn from(refusal: Refusal) -> Self {
        let millis = |after: Duration| u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        let Refusal {
            code,
            reason,
            retry_after,
        } = refusal;
        Self::new(Refuse {
            code,
            reason,
            retry_after: retry_after.map(millis),
        })
    }
}

/// As much of a reason as the wire takes.
pub(crate) fn truncated(reason: &str) -> &str {
    &reason[..reason.floor_char_boundary(LONGEST_REASON)]
}

#[cfg(test)]
mod tests {
    use super::*;

    // spec: LIM-1
    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let refusal = Refusal::unauthorized("é".repeat(100));
        assert_eq!(refusal.reason().len(), 122);
    }

    #[test]
    fn the_wire_has_milliseconds() {
        let refusal = Refusal::of(Code::AT_CAPACITY).retry_after(Duration::from_secs(2));
        assert_eq!(Box::<Refuse>::from(refusal).retry_after, Some(2000));
    }
}
