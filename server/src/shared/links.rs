//! The network's side of a session: links begin and are lost, frames and requests come in, frames go out.

use super::Shared;
use http::request::Parts;
use std::sync::Arc;
use std::task::Waker;
use throughline_core::session::{Input, RequestId, Tombstone, Transmit, Transport};
use throughline_core::wire::native::{Begin, Frame, PollRequest, Response, Secret, Welcome};
use throughline_core::{Code, Time};
use tokio::sync::oneshot;

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

impl Shared {
    /// Offers one more generation; the tombstone's answer when the session has ended.
    pub(crate) fn hello(self: &Arc<Self>, parts: Option<Arc<Parts>>) -> Result<Welcome, Tombstone> {
        self.step(|state, now| {
            if parts.is_some() {
                state.parts = parts;
            }
            state.core.hello(now)
        })
    }

    pub(crate) fn proves(&self, secret: &Secret) -> bool {
        self.lock().core.proves(secret)
    }

    pub(crate) fn begin(self: &Arc<Self>, begin: Begin) {
        self.step(|state, now| state.core.handle(now, Input::Begin(begin)));
    }

    /// Registers the task of a connection, and says when it must look at the clock; `None` when it carries the
    /// session no more.
    pub(crate) fn attend(&self, generation: u64, waker: &Waker) -> Option<Time> {
        let mut state = self.lock();
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

    pub(crate) fn receive(
        self: &Arc<Self>,
        generation: u64,
        frames: impl IntoIterator<Item = Frame>,
    ) {
        self.step(|state, now| {
            for frame in frames {
                state.core.handle(now, Input::Frame(generation, frame));
            }
        });
    }

    /// Takes up to `most` frames for the connection; the last word is whatever is not a frame.
    pub(crate) fn transmit(
        self: &Arc<Self>,
        generation: u64,
        most: usize,
        frames: &mut impl Extend<Frame>,
    ) -> Transmitted {
        self.step(|state, now| {
            for _ in 0..most {
                match state.core.transmit(now, generation) {
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

    /// A message came on the link of that generation that is too long to be read (spec FLW-4).
    pub(crate) fn message_too_large(self: &Arc<Self>, generation: u64) {
        self.step(|state, _| {
            if state.core.generation() == generation {
                let code = Code::MESSAGE_TOO_LARGE;
                state.core.abort(code, code.reason(), None);
            }
        });
    }

    pub(crate) fn link_lost(self: &Arc<Self>, generation: u64) {
        self.step(|state, now| {
            state.streams.retain(|(known, _)| *known != generation);
            state.core.handle(now, Input::LinkLost(generation));
        });
    }

    /// Hands a request in; the answer comes when it comes, and nothing comes when the session is gone.
    pub(crate) fn request(
        self: &Arc<Self>,
        id: RequestId,
        request: PollRequest,
    ) -> oneshot::Receiver<Response> {
        let (sender, receiver) = oneshot::channel();
        self.step(|state, now| {
            state.requests.push((id, sender));
            // During a shutdown a request that brings nothing is what the end has waited for.
            if request.items.is_empty() {
                state.finish_drain();
            }
            state.core.handle(now, Input::Request(id, request));
        });
        receiver
    }

    pub(crate) fn request_gone(self: &Arc<Self>, id: RequestId) {
        self.step(|state, now| {
            state.requests.retain(|(known, _)| *known != id);
            state.core.handle(now, Input::RequestGone(id));
        });
    }

    pub(crate) fn clock_ticked(self: &Arc<Self>) {
        self.step(|state, now| state.core.handle(now, Input::Timeout));
    }

    /// The node's timer says that it is so late. An entry that a nearer one has replaced is ignored.
    pub(crate) fn time_out(self: &Arc<Self>, at: Time) {
        self.step(|state, now| {
            if state.entered == Some(at) {
                state.entered = None;
                state.core.handle(now, Input::Timeout);
            }
        });
    }
}
