//! What was wrong with messages that make no packet.
//!
//! The sentences name what is accepted and never repeat the input. The reference closes the whole
//! connection for them, too, but for ids above 2^53-1 and for the sum of attachments, which it does not bound.

/// Why a message was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// A type that there is not.
    #[error("a packet starts with its type, a digit from 0 to 6")]
    Type,
    /// A number of attachments that is none, or without its hyphen.
    #[error("a binary packet's type is followed by its number of attachments and a hyphen")]
    Attachments,
    /// More attachments than a packet may have.
    #[error("a packet has at most {most} attachments")]
    TooMany {
        /// The most that are accepted.
        most: usize,
    },
    /// More bytes than the attachments of a packet may have together.
    #[error("the attachments of a packet have at most {most} bytes together")]
    TooLarge {
        /// The most that is accepted.
        most: usize,
    },
    /// An id that JavaScript could not hold.
    #[error("the id of an acknowledgement is at most 2^53-1")]
    Id,
    /// A payload that its type does not have.
    #[error("{0}")]
    Payload(&'static str),
    /// A placeholder for an attachment that there is not.
    #[error("a placeholder's `num` is the number of an attachment, from 0")]
    Placeholder,
    /// Text where an attachment is due.
    #[error("the attachments of a packet follow it at once")]
    Interrupted,
    /// An attachment that belongs to no packet.
    #[error("binary data belongs to a packet that announces it")]
    Unannounced,
}
