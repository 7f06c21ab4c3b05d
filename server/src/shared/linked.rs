//! What a WebSocket link has of the session that it carries: everything that it does there names its
//! generation, and the session learns that the link is gone when this is dropped.

use super::Shared;
use std::sync::Arc;
use std::task::Waker;
use throughline_core::session::{Input, Transmit, Transport};
use throughline_core::wire::native::{Begin, Frame};
use throughline_core::{Code, Time};

/// A session, to the link that carries it, or did until a later one began.
#[derive(Debug)]
pub(crate) struct Linked {
    session: Arc<Shared>,
    generation: u64,
}

/// How much of what there was has been taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transmitted {
    /// There may be more.
    Some,
    /// Nothing is left; the connection will be woken.
    All,
    /// This connection carries the session no more.
    End,
}

impl Linked {
    pub(crate) fn begin(session: Arc<Shared>, begin: Begin) -> Self {
        let generation = begin.generation;
        session.step(|state, now| state.core.handle(now, Input::Begin(begin)));
        Self {
            session,
            generation,
        }
    }

    pub(crate) fn session(&self) -> &Arc<Shared> {
        &self.session
    }

    /// Registers the task of the connection, and says when it must look at the clock; `None` when it carries the
    /// session no more.
    pub(crate) fn attend(&self, waker: &Waker) -> Option<Time> {
        let generation = self.generation;
        let mut state = self.session.lock();
        match state
            .streams
            .iter_mut()
            .find(|(known, _)| *known == generation)
        {
            Some((_, known)) => known.clone_from(waker),
            None => state.streams.push((generation, waker.clone())),
        }
        let core = &state.core;
        let carries =
            core.generation() == generation && core.transport() == Some(Transport::WebSocket);
        if !carries {
            return None;
        }
        state.armed = core.deadline();
        state.armed
    }

    pub(crate) fn receive(&self, frames: impl IntoIterator<Item = Frame>) {
        self.session.step(|state, now| {
            for frame in frames {
                state.core.handle(now, Input::Frame(self.generation, frame));
            }
        });
    }

    /// Takes up to `most` frames for the connection; the last word is whatever is not a frame.
    pub(crate) fn transmit(&self, most: usize, frames: &mut impl Extend<Frame>) -> Transmitted {
        self.session.step(|state, now| {
            for _ in 0..most {
                match state.core.transmit(now, self.generation) {
                    Transmit::Frame(frame) => frames.extend([frame]),
                    Transmit::Idle => return Transmitted::All,
                    Transmit::End(last) => {
                        frames.extend(last);
                        return Transmitted::End;
                    }
                }
            }
            Transmitted::Some
        })
    }

    /// A message came that is too long to be read (spec FLW-4).
    pub(crate) fn message_too_large(&self) {
        self.session.step(|state, _| {
            if state.core.generation() == self.generation {
                let code = Code::MESSAGE_TOO_LARGE;
                state.core.abort(code, code.reason(), None);
            }
        });
    }
}

impl Drop for Linked {
    fn drop(&mut self) {
        let generation = self.generation;
        self.session.step(|state, now| {
            state.streams.retain(|(known, _)| *known != generation);
            state.core.handle(now, Input::LinkLost(generation));
        });
    }
}
