//! Handlers while they run: each fails alone, also by a panic.
//!
//! What runs can be moved between two polls: so it begins where it is cheapest, and is kept only if it waits.

use super::ack::Waiting;
use super::context::{Incoming, Rejection};
use super::error::Refused;
use super::handler::Erased;
use super::namespace::{OnEvent, Replied};
use super::reason::DisconnectReason;
use super::socket::Socket;
use futures_util::future::BoxFuture;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll, ready};

/// Why a handler gave nothing.
pub(super) enum NotRun {
    Rejected,
    Panicked,
}

impl From<NotRun> for Refused {
    fn from(not_run: NotRun) -> Self {
        Self::new(match not_run {
            NotRun::Rejected => "invalid credentials",
            NotRun::Panicked => "internal error",
        })
    }
}

/// A handler that has been called, or will be with the first poll.
struct Run<O>(Option<BoxFuture<'static, O>>);

impl<O: 'static> Run<O> {
    /// Runs a handler, if it can get its arguments, as far as it does not wait. It fails alone.
    fn poll<C: 'static>(
        &mut self,
        handler: &Erased<C, O>,
        context: &C,
        what: &str,
        ctx: &mut Context<'_>,
    ) -> Poll<Result<O, NotRun>> {
        let Ok(ran) = catch_unwind(AssertUnwindSafe(|| self.go_on(handler, context, ctx))) else {
            tracing::error!(what, "a handler panicked");
            return Poll::Ready(Err(NotRun::Panicked));
        };
        ran.map_err(|rejection| {
            tracing::debug!(what, %rejection, "not handled");
            NotRun::Rejected
        })
    }

    fn go_on<C: 'static>(
        &mut self,
        handler: &Erased<C, O>,
        context: &C,
        ctx: &mut Context<'_>,
    ) -> Poll<Result<O, Rejection>> {
        let mut running = match self.0.take() {
            Some(running) => running,
            None => handler.call(context)?,
        };
        let ran = running.as_mut().poll(ctx);
        if ran.is_pending() {
            self.0 = Some(running);
        }
        ran.map(Ok)
    }
}

/// Runs a handler, if it can get its arguments. It fails alone.
pub(super) async fn run_one<C: 'static, O: 'static>(
    handler: &Erased<C, O>,
    context: &C,
    what: &str,
) -> Result<O, NotRun> {
    let mut run = Run(None);
    poll_fn(|ctx| run.poll(handler, context, what, ctx)).await
}

/// A handler of an event, and then its answer.
pub(super) struct Answering {
    run: Run<Replied>,
    /// Its answer waits for room.
    waiting: Option<Waiting>,
}

impl Answering {
    pub(super) const fn new() -> Self {
        Self {
            run: Run(None),
            waiting: None,
        }
    }

    /// Runs a handler and sends its answer, as far as neither waits. Then it is ready for another one.
    pub(super) fn poll(
        &mut self,
        handler: &OnEvent,
        incoming: &Incoming,
        ctx: &mut Context<'_>,
    ) -> Poll<()> {
        let name = incoming.event.name();
        if self.waiting.is_none() {
            let reply = ready!(self.run.poll(handler, incoming, name, ctx));
            note(&incoming.socket, reply.as_ref().err());
            let Ok(Some(reply)) = reply else {
                return Poll::Ready(());
            };
            match reply.and_then(|args| incoming.ack.give(args)) {
                Ok(waiting) => self.waiting = waiting,
                Err(error) => tracing::debug!(name, %error, "not answered"),
            }
        }
        if let Some(waiting) = &mut self.waiting {
            let sent = ready!(waiting.as_mut().poll(ctx));
            self.waiting = None;
            if let Err(error) = sent {
                tracing::debug!(name, %error, "not answered");
            }
        }
        Poll::Ready(())
    }
}

/// Runs a handler of events, and sends its answer.
pub(super) async fn answer_with(handler: &OnEvent, incoming: &Incoming) {
    let mut answering = Answering::new();
    poll_fn(|ctx| answering.poll(handler, incoming, ctx)).await;
}

/// A panic ends its socket.
pub(super) fn note(socket: &Socket, not_run: Option<&NotRun>) {
    if matches!(not_run, Some(NotRun::Panicked)) {
        socket.dismiss(DisconnectReason::HandlerPanicked);
    }
}
