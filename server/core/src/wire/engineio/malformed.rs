//! What was wrong with bytes that are no packet.
//!
//! The sentences name what is accepted and never repeat the input. The reference closes a session for
//! them, with the reason "parse error", but takes what it can from bad base64.

/// Why an input was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// A packet without a type.
    #[error("a packet starts with its type")]
    Empty,
    /// A type that there is not.
    #[error("a packet's type is a digit from 0 to 6, or b in front of base64")]
    Type,
    /// Binary data that is not in base64.
    #[error("binary data in a text is standard base64 with its padding")]
    Base64,
}
