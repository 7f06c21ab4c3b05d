//! The request that a connection is at, where both hyper and the connection's task find it.
//!
//! While the connection rests hyper is not there, and its task waits for the answer. Then hyper reads a request that stands for the
//! one that it has forgotten, and gets the answer to that one.

use super::stand_in::StandIn;
use super::under_way::{Passing, UnderWay};
use crate::answering::Answering;
use axum::body::Body;
use http::Response;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

#[derive(Default)]
pub(super) struct Desk(Mutex<State>);

#[derive(Default)]
struct State {
    answering: Option<Answering>,
    /// What stands for the request; `None` where it cannot be forgotten.
    stand_in: Option<StandIn>,
    /// How many have come.
    count: u64,
    /// What there is of requests that are under way.
    under_way: usize,
    /// The connection's task, once it has seen that something else is under way.
    waker: Option<Waker>,
    /// hyper has forgotten it.
    rests: bool,
}

/// What a connection is at.
pub(super) enum At {
    /// It awaits the head that comes after so many.
    Head(u64),
    /// The request of that number waits for its session alone, and hyper may forget it.
    Held(u64),
    /// Something else is under way.
    Other,
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
        drop(state);
        Asked(Some(self.pass()))
    }

    /// Counts a request that is answered elsewhere.
    pub(super) fn pass(self: &Arc<Self>) -> UnderWay {
        let mut state = self.lock();
        state.count += 1;
        state.under_way += 1;
        drop(state);
        UnderWay::new(self.clone())
    }

    /// There is more of what is under way.
    pub(super) fn hold(&self) {
        self.lock().under_way += 1;
    }

    /// There is less of it, as the connection's task will see.
    pub(super) fn let_go(&self) {
        self.lock().under_way -= 1;
    }

    /// There is less of it, and whoever let it go may be another task.
    pub(super) fn let_go_elsewhere(&self) {
        let mut state = self.lock();
        state.under_way -= 1;
        let is_last = state.under_way == 0;
        let waker = state.waker.take_if(|_| is_last);
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The request that hyper has forgotten, if what it has read stands for one.
    pub(super) fn take_up(self: &Arc<Self>) -> Option<Asked> {
        let mut state = self.lock();
        if !std::mem::take(&mut state.rests) {
            return None;
        }
        state.under_way += 1;
        drop(state);
        Some(Asked(Some(UnderWay::new(self.clone()))))
    }

    /// What the connection is at, while hyper is there. Its task is woken when a head is awaited because of what happens elsewhere.
    pub(super) fn at(&self, ctx: &Context<'_>) -> At {
        let state = &mut *self.lock();
        let is_held = state.answering.as_ref().is_some_and(Answering::is_held);
        match state.under_way {
            0 => At::Head(state.count),
            _ if is_held && state.stand_in.is_some() => At::Held(state.count),
            _ => {
                match &mut state.waker {
                    Some(waker) => waker.clone_from(ctx.waker()),
                    None => state.waker = Some(ctx.waker().clone()),
                }
                At::Other
            }
        }
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

    /// The answer, for hyper.
    fn poll_taken(&self, ctx: &mut Context<'_>) -> Poll<Result<Response<Body>, Infallible>> {
        let mut state = self.lock();
        let answering = state.answering.as_mut();
        let answering = answering.expect("a request stays at the desk until it is answered");
        let answer = ready!(Pin::new(answering).poll(ctx));
        state.answering = None;
        Poll::Ready(answer)
    }
}

/// What hyper waits for.
pub(super) struct Asked(Option<UnderWay>);

impl Future for Asked {
    type Output = Result<Response<Passing<Body>>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<Self::Output> {
        let under_way = self.0.as_ref().expect("an answer is taken once");
        let Ok(response) = ready!(under_way.desk().poll_taken(ctx));
        let under_way = self.0.take().expect("it was there");
        Poll::Ready(Ok(response.map(|body| Passing::answer(body, under_way))))
    }
}
