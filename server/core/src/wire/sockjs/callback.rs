//! The name of a function in the client's page, which some transports call with each frame.
//!
//! It is written into a script, so it is nothing but a name: whatever could be more is refused.

use bytestring::ByteString;
use std::fmt;

/// The longest name; the official client's have eleven characters.
const LONGEST: usize = 32;

/// Such a name: up to 32 letters, digits, dots, dashes and underscores.
///
/// ```
/// use throughline_core::wire::sockjs::Callback;
///
/// assert!(Callback::parse(Some("_jp.a1b2c3")).is_ok());
/// assert!(Callback::parse(Some("alert(1)//")).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback(ByteString);

/// Why there is no callback. The sentences are those of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCallback {
    /// None was given.
    #[error("\"callback\" parameter required")]
    Missing,
    /// It is empty, too long, or has other characters.
    #[error(
        "invalid \"callback\" parameter: accepted are up to 32 letters, digits, dots, dashes and underscores"
    )]
    Invalid,
}

impl Callback {
    /// Takes a name from a URL's query, decoded.
    ///
    /// # Errors
    /// [`BadCallback`]: it is missing, or more than a name.
    pub fn parse(name: Option<&str>) -> Result<Self, BadCallback> {
        let name = name.ok_or(BadCallback::Missing)?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if name.is_empty() || name.len() > LONGEST || !name.bytes().all(is_plain) {
            return Err(BadCallback::Invalid);
        }
        Ok(Self(name.into()))
    }

    /// The name.
    #[must_use]
    pub const fn as_text(&self) -> &ByteString {
        &self.0
    }
}

impl fmt::Display for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_are_callbacks() {
        for name in ["a", "_jp.a1b2c3", "a-b", &"x".repeat(LONGEST)] {
            assert!(Callback::parse(Some(name)).is_ok(), "{name}");
        }
        for name in [
            "",
            " ",
            "*",
            "abc(",
            "a\u{2028}",
            "é",
            &"x".repeat(LONGEST + 1),
        ] {
            assert_eq!(
                Callback::parse(Some(name)),
                Err(BadCallback::Invalid),
                "{name}"
            );
        }
        assert_eq!(Callback::parse(None), Err(BadCallback::Missing));
    }
}
