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
    /// A body of version 3 that does not say how long its packets are.
    #[error(
        "a packet is preceded by its length and a colon, or in a binary body by a mark, its length and ff"
    )]
    Length,
    /// Binary data where this version has none.
    #[error("binary data in the body of a request is base64 in a text")]
    Binary,
    /// Binary data that is not in base64.
    #[error("binary data in a text is standard base64 with its padding")]
    Base64,
}
