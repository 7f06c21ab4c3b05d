//! The request that a connection is at, where both hyper and the connection's task find it.
//!
//! While the connection rests hyper is not there, and its task waits for the answer. Then hyper reads a request that stands for the
//! one that it has forgotten, and gets the answer to that one.

use super::stand_in::StandIn;
use crate::answering::Answering;
use axum::response::Response;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

#[derive(Default)]
pub(super) struct Desk(Mutex<State>);

#[derive(Default)]
struct State {
    answering: Option<Answering>,
    /// What stands for the request; `None` where it cannot be forgotten.
    stand_in: Option<StandIn>,
    /// How many have come.
    count: u64,
    /// hyper has forgotten it.
    rests: bool,
}

impl Desk {
    /// It is whole after every step, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a request; hyper waits for its answer by what this returns.
    pub(super) fn take(self: &Arc<Self>, answering: Answering, stand_in: Option<StandIn>) -> Asked {
        let mut state = self.lock();
        state.answering = Some(answering);
        state.stand_in = stand_in;
        state.count += 1;
        Asked(self.clone())
    }

    /// The request that hyper has forgotten, if what it has read stands for one.
    pub(super) fn take_up(self: &Arc<Self>) -> Option<Asked> {
        let rests = std::mem::take(&mut self.lock().rests);
        rests.then(|| Asked(self.clone()))
    }

    /// The number of the request, while it waits for its session alone and hyper may forget it.
    pub(super) fn waiting(&self) -> Option<u64> {
        let state = self.lock();
        let is_held = state.answering.as_ref().is_some_and(Answering::is_held);
        (is_held && state.stand_in.is_some()).then_some(state.count)
    }

    /// hyper forgets the request.
    pub(super) fn put_aside(&self) {
        self.lock().rests = true;
    }

    /// What hyper is to read in its place.
    pub(super) fn stand_in(&self) -> StandIn {
        let stand_in = self.lock().stand_in;
        stand_in.expect("only a request that has one is put aside")
    }

    /// Ready when there is an answer, which is kept for hyper.
    pub(super) fn poll_answered(&self, ctx: &mut Context<'_>) -> Poll<()> {
        let state = &mut *self.lock();
        if let Some(answering) = &mut state.answering {
            let Ok(response) = ready!(Pin::new(answering).poll(ctx));
            state.answering = Some(Answering::given(response));
        }
        Poll::Ready(())
    }
}

/// What hyper waits for.
pub(super) struct Asked(Arc<Desk>);

impl Future for Asked {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.0.lock();
        let answering = state.answering.as_mut();
        let answering = answering.expect("a request stays at the desk until it is answered");
        let answer = ready!(Pin::new(answering).poll(ctx));
        state.answering = None;
        Poll::Ready(answer)
    }
}
