//! What a client asks: `hello` alone, or `poll` and what comes with it (spec BAT-2).

use super::{Numbers, Reader, Writer, alone};
use crate::wire::native::{Abort, Frame, Hello, Item, Malformed, Poll, Token};
use bytes::Bytes;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// It wants a link.
    Hello(Box<Hello>),
    /// It uses one.
    Poll(PollRequest),
}

/// A poll and what came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollRequest {
    /// The head.
    pub poll: Box<Poll>,
    /// A fresh token.
    pub token: Option<Token>,
    /// Sequenced frames, numbered from `poll.first` on. Those behind an `abort` are left out.
    pub items: Vec<Item>,
    /// The end of the session, after all of these.
    pub abort: Option<Box<Abort>>,
}

impl Request {
    /// Reads a request's body.
    ///
    /// # Errors
    /// [`Malformed`]: the request is answered 400, and nothing of it is applied (spec END-5).
    pub fn decode(body: &Bytes) -> Result<Self, Malformed> {
        let mut frames = Reader::new(body)?;
        match frames.next().transpose()? {
            Some(Frame::Hello(hello)) => alone(frames, Self::Hello(hello)),
            Some(Frame::Poll(poll)) => PollRequest::read(poll, frames).map(Self::Poll),
            _ => Err(Malformed::Shape("a request starts with `hello` or `poll`")),
        }
    }

    /// Writes the request's body.
    #[must_use]
    pub fn encode(self) -> Bytes {
        let mut writer = Writer::new(usize::MAX);
        match self {
            Self::Hello(hello) => writer.push(&Frame::Hello(hello)),
            Self::Poll(request) => request.write(&mut writer),
        }
        writer.finish()
    }
}

impl PollRequest {
    fn read(poll: Box<Poll>, frames: Reader<'_>) -> Result<Self, Malformed> {
        let first = poll.first;
        let mut request = Self {
            poll,
            token: None,
            items: Vec::new(),
            abort: None,
        };
        let mut numbers = Numbers(first);
        for frame in frames {
            request.add(frame?, &mut numbers)?;
        }
        Ok(request)
    }

    /// Nothing counts behind an `abort`, though it must be well-formed (spec ABT-1).
    fn add(&mut self, frame: Frame, numbers: &mut Numbers) -> Result<(), Malformed> {
        let ended = self.abort.is_some();
        match frame {
            Frame::Sequenced(seq_mod, item) => {
                numbers.check(seq_mod)?;
                if !ended {
                    self.items.push(item);
                }
            }
            Frame::Token(token) if !ended => self.token = Some(token),
            Frame::Abort(abort) if !ended => self.abort = Some(abort),
            Frame::Token(_) | Frame::Abort(_) => {}
            _ => {
                return Err(Malformed::Shape(
                    "only `token`, `abort` and sequenced frames follow a `poll`",
                ));
            }
        }
        Ok(())
    }

    fn write(self, writer: &mut Writer) {
        let first = self.poll.first;
        writer.push(&Frame::Poll(self.poll));
        if let Some(token) = self.token {
            writer.push(&Frame::Token(token));
        }
        writer.push_items(first, &self.items);
        if let Some(abort) = self.abort {
            writer.push(&Frame::Abort(abort));
        }
    }
}
