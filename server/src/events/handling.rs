//! An event with its handlers, which run one after the other.
//!
//! Most never wait. Those are done when they have begun, and nothing is kept of them.

use super::context::Incoming;
use super::namespace::Handlers;
use super::running::Answering;
use super::seats::Room;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// What is to be done for an event.
pub(super) struct Handling {
    incoming: Incoming,
    progress: Progress,
}

/// How far it is.
struct Progress {
    /// As many handlers have run.
    done: usize,
    /// The next one.
    answering: Answering,
}

/// What became of an event at once.
pub(super) enum Begun {
    Done,
    /// A handler waits.
    Waits(Box<Handling>),
    /// Nothing: it has handlers that need not wait for each other.
    Beside(Incoming),
}

impl Handling {
    pub(super) const fn of(incoming: Incoming) -> Self {
        Self {
            incoming,
            progress: Progress::new(),
        }
    }

    /// See [`Incoming::hold`].
    pub(super) fn hold(&mut self, room: Room) {
        self.incoming.hold(room);
    }

    /// Handles an event, up to where one of its handlers waits.
    pub(super) fn begin(incoming: Incoming, ctx: &mut Context<'_>) -> Begun {
        let handlers = incoming.handlers();
        if handlers.clone().any(|handler| handler.is_concurrent) {
            return Begun::Beside(incoming);
        }
        let mut progress = Progress::new();
        match progress.poll(handlers, &incoming, ctx) {
            Poll::Ready(()) => Begun::Done,
            Poll::Pending => Begun::Waits(Box::new(Self { incoming, progress })),
        }
    }
}

impl Future for Handling {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<()> {
        let Self { incoming, progress } = &mut *self;
        progress.poll(incoming.handlers(), incoming, ctx)
    }
}

impl Progress {
    const fn new() -> Self {
        Self {
            done: 0,
            answering: Answering::new(),
        }
    }

    /// Goes on with these, which are all handlers of the event, up to where one waits.
    fn poll(
        &mut self,
        handlers: Handlers<'_>,
        incoming: &Incoming,
        ctx: &mut Context<'_>,
    ) -> Poll<()> {
        for handler in handlers.skip(self.done) {
            ready!(self.answering.poll(handler, incoming, ctx));
            self.done += 1;
        }
        Poll::Ready(())
    }
}
