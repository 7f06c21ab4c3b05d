//! What was wrong with bytes that are no frame, no message or no batch (spec FRM-2, BAT-1).
//!
//! A malformed input is the network's or the peer's doing and never ends a session: it fails a link, or
//! is thrown away as "not our server". The sentences name what is accepted, and never repeat the
//! input, since it may hold a secret or a token.

/// Why an input was not understood. Nothing of it was applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// The input ends before its time.
    #[error("the input ends inside {0}")]
    Cut(&'static str),
    /// A number with superfluous bytes (spec NUM-1).
    #[error("a number is not in its shortest form")]
    LongNumber,
    /// A number that JavaScript could not hold (spec NUM-1).
    #[error("a number is larger than 2^53-1")]
    LargeNumber,
    /// A frame that this carrier does not carry.
    #[error("header {0:#04x} names no frame that belongs here")]
    Header(u8),
    /// Text as a binary WebSocket message, or the reverse (spec WS-1).
    #[error("a text frame must be a WebSocket text message, and every other frame a binary one")]
    WrongKind,
    /// A body of numbers with something behind them (spec FRM-2).
    #[error("bytes are left over behind the numbers of a frame")]
    LeftOver,
    /// Text that is not UTF-8 (spec FRM-3).
    #[error("text must be UTF-8")]
    Utf8,
    /// A body that is not the JSON object that its frame needs (spec NUM-2).
    #[error("`{0}` needs one JSON object with its members, each of its own type")]
    Json(&'static str),
    /// Something is longer than the specification allows (spec LIM-1).
    #[error("{what} is at most {most} bytes long")]
    TooLong {
        /// What is too long.
        what: &'static str,
        /// The longest that is accepted.
        most: usize,
    },
    /// A hello or welcome without its padding (spec ATT-2).
    #[error("`{0}` must be padded to at least 1536 bytes")]
    Unpadded(&'static str),
    /// An id with other characters than the specification allows (spec §6.2).
    #[error("a session id is 1 to 64 characters of `A-Z a-z 0-9 . _ -`")]
    Id,
    /// A secret that is none.
    #[error("a secret is 32 hexadecimal digits")]
    Secret,
    /// A code outside both bands that is not the application's either (spec CLS-4).
    #[error("a code is 1000 or 3000 to 4999")]
    Code,
    /// The first bytes are not the magic (spec BAT-1).
    #[error("a batch starts with the bytes 54 4c 31 ff")]
    Magic,
    /// The end mark counts other frames than there are (spec BAT-1).
    #[error("the end mark does not count the frames of its batch")]
    Count,
    /// Something follows the end mark (spec BAT-1).
    #[error("nothing may follow the end mark of a batch")]
    Trailing,
    /// Frames that do not make a request or an answer together (spec BAT-2).
    #[error("{0}")]
    Shape(&'static str),
    /// A sequenced frame's header disagrees with its place in the batch (spec BAT-3, FRM-1).
    #[error("the sequenced frames of a batch are numbered from `first` on, one after the other")]
    Number,
}
