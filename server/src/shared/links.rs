//! The network's side of a session, but for the WebSockets that carry it: hellos, requests, the clock.

use super::Shared;
use crate::dialect::{Answer, Speaker};
use crate::front_door::head::Kept;
use std::sync::Arc;
use std::task::{Context, Poll};
use throughline_core::Time;
use throughline_core::session::{RequestId, Tombstone};
use throughline_core::sockjs::Connection;
use throughline_core::wire::native::{Secret, Welcome};

impl Shared {
    /// Offers one more generation; the tombstone's answer when the session has ended.
    pub(crate) fn hello(self: &Arc<Self>, head: Option<Arc<Kept>>) -> Result<Welcome, Tombstone> {
        self.step(|state, now| {
            if head.is_some() {
                state.head = head;
            }
            state.core.session_mut().hello(now)
        })
    }

    /// Whether the secret is that of a session in this dialect. One of another dialect is nobody's here.
    pub(crate) fn proves<D: Speaker>(&self, secret: &Secret) -> bool {
        let mut state = self.lock();
        D::of(&mut state.core).is_some() && state.core.session().proves(secret)
    }

    /// Hands a request in; [`poll_answer`](Self::poll_answer) has its answer when it comes.
    pub(crate) fn request<D: Speaker>(self: &Arc<Self>, id: RequestId, request: D::Request) {
        self.step(|state, now| {
            state.requests.add(id);
            // During a shutdown a request that brings nothing is what the end has waited for.
            if D::may_tell_end(&request) {
                state.finish_drain();
            }
            if let Some(core) = D::of(&mut state.core) {
                core.request(now, id, request);
            }
        });
    }

    /// The answer to a request that was handed in and is not gone. It is there once.
    pub(crate) fn poll_answer(&self, id: RequestId, ctx: &mut Context<'_>) -> Poll<Answer> {
        self.lock().requests.poll(id, ctx)
    }

    /// Whether this request is the poll by which a client of SockJS receives, and not one that waits for its turn.
    pub(crate) fn is_received_by(&self, id: RequestId) -> bool {
        let mut state = self.lock();
        Connection::of(&mut state.core).is_some_and(|connection| connection.is_received_by(id))
    }

    pub(crate) fn request_gone(self: &Arc<Self>, id: RequestId) {
        self.step(|state, now| {
            state.requests.forget(id);
            state.core.request_gone(now, id);
        });
    }

    pub(crate) fn clock_ticked(self: &Arc<Self>) {
        self.step(|state, now| state.core.time_out(now));
    }

    /// The node's timer says that it is so late. An entry that a nearer one has replaced is ignored.
    pub(crate) fn time_out(self: &Arc<Self>, at: Time) {
        self.step(|state, now| {
            if state.entered == Some(at) {
                state.entered = None;
                state.core.time_out(now);
            }
        });
    }
}
