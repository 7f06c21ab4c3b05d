//! The network's side of a session, but for the WebSocket links that carry it: hellos, requests, the clock.

use super::Shared;
use http::request::Parts;
use std::sync::Arc;
use throughline_core::Time;
use throughline_core::session::{Input, RequestId, Tombstone};
use throughline_core::wire::native::{PollRequest, Response, Secret, Welcome};
use tokio::sync::oneshot;

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
