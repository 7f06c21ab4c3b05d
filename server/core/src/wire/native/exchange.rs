//! What an HTTP request and its answer may say (spec BAT-2), as types that cannot say anything else.

use super::frame::{
    Abort, Answer, Close, Hello, Item, Poll, Refuse, Token, TokenAccepted, Welcome,
};

/// A request's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// A client asks to attach.
    Hello(Hello),
    /// A client polls, sends, or both.
    Poll(PollRequest),
}

/// A poll and what it carries; the items are numbered from `poll.first` on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollRequest {
    /// The head.
    pub poll: Poll,
    /// A fresh token.
    pub token: Option<Token>,
    /// Sequenced frames.
    pub items: Vec<Item>,
    /// The client ends the session.
    pub abort: Option<Abort>,
}

/// An answer's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// A generation is on offer.
    Welcome(Welcome),
    /// The hello was turned down.
    Refuse(Refuse),
    /// This generation is current instead.
    Fenced(u64),
    /// This generation is not on offer.
    Stale(u64),
    /// The session is over.
    Abort(Abort),
    /// Cursors and what is there.
    Answer(AnswerBatch),
}

/// An answer and what it carries; the items are numbered from `answer.first` on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerBatch {
    /// The head.
    pub answer: Answer,
    /// A fresh token was accepted.
    pub token: Option<TokenAccepted>,
    /// Sequenced frames.
    pub items: Vec<Item>,
    /// The session is over.
    pub abort: Option<Abort>,
}

impl Item {
    /// The most that the frame takes in a batch: header, length and body.
    #[must_use]
    pub fn wire_len(&self) -> usize {
        /// A header byte and the longest length of a body that a limit can allow.
        const HEAD: usize = 1 + 8;
        HEAD + match self {
            Self::Message(message) => message.len(),
            Self::Close(Close { reason, .. }) => {
                reason.len() * 6 + r#"{"code":65535,"reason":""}"#.len()
            }
        }
    }
}
