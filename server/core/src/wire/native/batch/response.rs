//! What a server answers: a verdict alone, or `answer` and what comes with it (spec BAT-2).

use super::{ENVELOPE, MAGIC, Numbers, Reader, Writer, alone, framed_len, varint};
use crate::wire::native::{
    Abort, Answer, Cursors, Frame, Item, Malformed, Refuse, TokenAccepted, Welcome,
};
use bytes::Bytes;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// A generation is offered.
    Welcome(Box<Welcome>),
    /// The hello is turned down.
    Refuse(Box<Refuse>),
    /// The generation used is not current any more; this one is.
    Fenced(u64),
    /// The generation used is not on offer.
    Stale(u64),
    /// The session has ended.
    Abort(Box<Abort>),
    /// The poll's answer.
    Answer(Box<AnswerBatch>),
}

/// An answer and what came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerBatch {
    /// The head.
    pub answer: Answer,
    /// A token was accepted.
    pub token: Option<TokenAccepted>,
    /// Sequenced frames, numbered from `answer.first` on.
    pub items: Vec<Item>,
    /// The end of the session, after all of these.
    pub abort: Option<Box<Abort>>,
}

impl Response {
    /// Reads an answer's body.
    ///
    /// # Errors
    /// [`Malformed`]: this was not our server, and the body is discarded whole (spec NET-1).
    pub fn decode(body: &Bytes) -> Result<Self, Malformed> {
        let mut frames = Reader::new(body)?;
        match frames.next().transpose()? {
            Some(Frame::Welcome(welcome)) => alone(frames, Self::Welcome(welcome)),
            Some(Frame::Refuse(refuse)) => alone(frames, Self::Refuse(refuse)),
            Some(Frame::Fenced(generation)) => alone(frames, Self::Fenced(generation)),
            Some(Frame::Stale(generation)) => alone(frames, Self::Stale(generation)),
            Some(Frame::Abort(abort)) => alone(frames, Self::Abort(abort)),
            Some(Frame::Answer(answer)) => {
                AnswerBatch::read(answer, frames).map(|batch| Self::Answer(Box::new(batch)))
            }
            _ => Err(Malformed::Shape(
                "an answer starts with `welcome`, `refuse`, `fenced`, `stale`, `abort` or `answer`",
            )),
        }
    }

    /// Writes the answer's body.
    #[must_use]
    pub fn encode(self) -> Bytes {
        self.written().finish()
    }

    fn written(self) -> Writer {
        let room = match &self {
            Self::Answer(batch) => batch.room(),
            _ => ENVELOPE,
        };
        let mut writer = Writer::with_room(usize::MAX, room);
        match self {
            Self::Welcome(welcome) => writer.push(&Frame::Welcome(welcome)),
            Self::Refuse(refuse) => writer.push(&Frame::Refuse(refuse)),
            Self::Fenced(generation) => writer.push(&Frame::Fenced(generation)),
            Self::Stale(generation) => writer.push(&Frame::Stale(generation)),
            Self::Abort(abort) => writer.push(&Frame::Abort(abort)),
            Self::Answer(batch) => batch.write(&mut writer),
        }
        writer
    }
}

impl AnswerBatch {
    fn read(answer: Answer, frames: Reader<'_>) -> Result<Self, Malformed> {
        let mut batch = Self {
            answer,
            token: None,
            items: Vec::new(),
            abort: None,
        };
        let mut numbers = Numbers(answer.first);
        for frame in frames {
            batch.add(frame?, &mut numbers)?;
        }
        Ok(batch)
    }

    fn add(&mut self, frame: Frame, numbers: &mut Numbers) -> Result<(), Malformed> {
        match frame {
            _ if self.abort.is_some() => {
                return Err(Malformed::Shape("nothing follows the `abort` of an answer"));
            }
            Frame::Sequenced(seq_mod, item) => {
                numbers.check(seq_mod)?;
                self.items.push(item);
            }
            Frame::TokenAccepted(accepted) => self.token = Some(accepted),
            Frame::Abort(abort) => self.abort = Some(abort),
            _ => {
                return Err(Malformed::Shape(
                    "only `token`, sequenced frames and a last `abort` follow an `answer`",
                ));
            }
        }
        Ok(())
    }

    /// What it takes: exactly, but where it brings what is rare.
    fn room(&self) -> usize {
        let items = self.items.iter().map(Item::wire_len).sum::<usize>();
        if self.token.is_some() || self.abort.is_some() {
            return ENVELOPE + items;
        }
        let frames = 1 + self.items.len() as u64;
        let end = 1 + varint::len(frames);
        MAGIC.len() + framed_len(self.answer.len()) + items + end
    }

    fn write(self, writer: &mut Writer) {
        writer.push(&Frame::Answer(self.answer));
        if let Some(accepted) = self.token {
            writer.push(&Frame::TokenAccepted(accepted));
        }
        writer.push_items(self.answer.first, &self.items);
        if let Some(abort) = self.abort {
            writer.push(&Frame::Abort(abort));
        }
    }
}

impl Answer {
    /// How many bytes its numbers take.
    fn len(&self) -> usize {
        let Cursors { received, ack } = self.cursors;
        let numbers = [self.generation, self.number, received, ack, self.first];
        numbers.into_iter().map(varint::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;

    #[test]
    fn an_answer_takes_no_more_memory_than_its_bytes() {
        for (number, messages) in [(1, 0), (127, 1), (128, 4), (1 << 50, 200)] {
            let message = Item::Message(Message::text("x".repeat(messages)));
            let response = Response::Answer(Box::new(AnswerBatch {
                answer: Answer {
                    generation: 1,
                    number,
                    cursors: Cursors {
                        received: number,
                        ack: number,
                    },
                    first: number,
                },
                token: None,
                items: vec![message; messages],
                abort: None,
            }));
            let written = response.written();
            let room = written.out.capacity();
            assert_eq!(written.finish().len(), room);
        }
    }
}
