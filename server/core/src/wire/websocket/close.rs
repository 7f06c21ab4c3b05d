//! What a close frame says (RFC 6455, sections 5.5.1 and 7.4).

use super::Failure;
use bytestring::ByteString;

/// A status code and a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// The status code.
    pub code: u16,
    /// The reason: at most 123 bytes.
    pub reason: ByteString,
}

impl Close {
    /// A status code without a reason.
    #[must_use]
    pub const fn of(code: u16) -> Self {
        let reason = ByteString::new();
        Self { code, reason }
    }

    /// Reads the payload; one that is empty says nothing.
    pub(super) fn read(payload: &[u8]) -> Result<Option<Self>, Failure> {
        let Some((code, reason)) = payload.split_first_chunk() else {
            return match payload {
                [] => Ok(None),
                _ => Err(Failure::Protocol("half a status code")),
            };
        };
        let code = u16::from_be_bytes(*code);
        if !may_be_sent(code) {
            return Err(Failure::Protocol("a status code that may not be sent"));
        }
        let reason = std::str::from_utf8(reason).map_err(|_| Failure::Utf8)?;
        Ok(Some(Self {
            code,
            reason: reason.into(),
        }))
    }
}

/// 1004 to 1006 and 1015 stand for what is never sent, and what is below 3000 and not registered means nothing.
const fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
