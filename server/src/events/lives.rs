//! The lives of a session's sockets, driven by the session's task beside its reading.
//!
//! None waits for another: whenever the task runs, each that may have something to do is polled, and not always the same one
//! first, so that one which uses up what a task may do at a time holds up no other. One that its client has left, and that still
//! has something to do, goes on as a task of its own: a client cannot heap them up here. One that panics is over, and nothing else is.
//!
//! An event that comes while a life is idle is handled right here; only if one of its handlers waits, it is kept, and the
//! life goes on when it is done.

use super::context::Incoming;
use super::handling::{Begun, Handling};
use super::queue::{Queue, Standing};
use super::reason::DisconnectReason;
use super::seats::Room;
use super::socket::Socket;
use crate::turn;
use bytestring::ByteString;
use futures_util::future::BoxFuture;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::runtime::Handle;
use tracing::{Instrument, Span};

pub(super) struct Lives {
    /// By the names of their namespaces.
    lives: Vec<Life>,
    /// Which is polled first.
    first: usize,
    /// Where those go on that are left.
    runtime: Handle,
}

pub(super) struct Life {
    namespace: ByteString,
    /// What it does is told to be in this.
    span: Span,
    stage: Stage,
}

enum Stage {
    Running(Running),
    /// It is over, and its client does not know yet that the server has ended it.
    Dismissed,
    Over,
}

struct Running {
    queue: Arc<Queue>,
    /// What was begun while it was idle, and comes before all else.
    begun: Option<Box<Handling>>,
    worker: BoxFuture<'static, ()>,
}

impl Lives {
    pub(super) fn new(runtime: Handle) -> Self {
        Self {
            lives: Vec::new(),
            first: 0,
            runtime,
        }
    }

    /// As many have a namespace.
    pub(super) fn count(&self) -> usize {
        self.lives.len()
    }

    /// Who has this namespace.
    pub(super) fn find(&mut self, namespace: &str) -> Option<&mut Life> {
        let at = self.place_of(namespace).ok()?;
        Some(&mut self.lives[at])
    }

    fn place_of(&self, namespace: &str) -> Result<usize, usize> {
        let lives = &self.lives;
        lives.binary_search_by(|life| (*life.namespace).cmp(namespace))
    }

    /// One more, which begins to live. Nobody has its namespace.
    pub(super) async fn add(
        &mut self,
        namespace: ByteString,
        queue: Arc<Queue>,
        worker: BoxFuture<'static, ()>,
    ) {
        let span = tracing::debug_span!("namespace", name = %namespace);
        if self.lives.is_empty() {
            self.lives.reserve_exact(1);
        }
        let at = self.place_of(&namespace).unwrap_or_else(|at| at);
        let running = Running {
            queue,
            begun: None,
            worker,
        };
        let life = Life {
            namespace,
            span,
            stage: Stage::Running(running),
        };
        self.lives.insert(at, life);
        self.lives[at].poll_now().await;
        self.sort_out();
    }

    /// Polls those that are at something, or all where there is news.
    pub(super) fn poll(&mut self, has_news: bool, ctx: &mut Context<'_>) {
        let count = self.lives.len();
        let mut is_any_over = false;
        for at in self.first..self.first + count {
            let life = &mut self.lives[at % count];
            if has_news || life.is_busy() {
                life.poll(ctx);
                is_any_over |= life.is_left();
            }
        }
        self.first = (self.first + 1) % count.max(1);
        if is_any_over {
            self.sort_out();
        }
    }

    /// Polls all, where nobody may wait.
    pub(super) async fn poll_all_now(&mut self) {
        poll_fn(|ctx| {
            self.poll(true, ctx);
            Poll::Ready(())
        })
        .await;
    }

    /// Its client is gone from there, or knows that it is: another one may come. It goes on up to where it waits.
    pub(super) async fn part(&mut self, namespace: &str) {
        if let Ok(at) = self.place_of(namespace) {
            self.lives[at].poll_now().await;
            let life = self.lives.remove(at);
            self.let_go(life);
        }
    }

    /// Lets those go that are over, and those whose clients have left.
    fn sort_out(&mut self) {
        let left: Vec<_> = self.lives.extract_if(.., |life| life.is_left()).collect();
        left.into_iter().for_each(|life| self.let_go(life));
    }

    /// What is under way comes to its end.
    fn let_go(&self, life: Life) {
        if let Stage::Running(running) = life.stage {
            let running = running.instrument(life.span);
            self.runtime.spawn(turn::in_turns(running));
        }
    }
}

impl Drop for Lives {
    fn drop(&mut self) {
        let lives = std::mem::take(&mut self.lives);
        lives.into_iter().for_each(|life| self.let_go(life));
    }
}

impl Life {
    pub(super) fn standing(&self) -> Standing<'_> {
        match &self.stage {
            Stage::Running(running) => running.queue.standing(),
            Stage::Dismissed => Standing::Dismissed,
            Stage::Over => Standing::Gone,
        }
    }

    /// Where its events go.
    pub(super) fn queue(&self) -> Option<&Arc<Queue>> {
        match &self.stage {
            Stage::Running(running) => Some(&running.queue),
            Stage::Dismissed | Stage::Over => None,
        }
    }

    /// Whether it waits for an event, and for nothing else.
    pub(super) fn is_idle(&self) -> bool {
        matches!(&self.stage, Stage::Running(running) if running.is_idle())
    }

    /// Its socket, where it has joined and is idle.
    pub(super) fn ready(&self) -> Option<&Socket> {
        match self.standing() {
            Standing::Joined(socket) if self.is_idle() => Some(socket),
            _ => None,
        }
    }

    /// Handles an event, while it is ready, as far as its handlers do not wait. Where they need not wait for each other, and
    /// where the event has ended its socket, the worker goes on. It takes room only if it has to wait.
    pub(super) fn handle(
        &mut self,
        event: Incoming,
        room: impl FnOnce() -> Room,
        ctx: &mut Context<'_>,
    ) {
        let Stage::Running(running) = &mut self.stage else {
            return;
        };
        match self.span.in_scope(|| Handling::begin(event, ctx)) {
            Begun::Done if running.has_joined() => return,
            Begun::Done => {}
            Begun::Waits(mut handling) => {
                handling.hold(room());
                running.begun = Some(handling);
                return;
            }
            Begun::Beside(mut event) => {
                event.hold(room());
                running.queue.push(event);
            }
        }
        self.poll(ctx);
    }

    fn is_busy(&self) -> bool {
        matches!(&self.stage, Stage::Running(running) if !running.is_idle())
    }

    /// Whether nothing more may come for it.
    fn is_left(&self) -> bool {
        matches!(self.standing(), Standing::Gone)
    }

    fn poll(&mut self, ctx: &mut Context<'_>) {
        let Stage::Running(running) = &mut self.stage else {
            return;
        };
        let _inside = self.span.enter();
        let polled = quietly(|| Pin::new(&mut *running).poll(ctx));
        if matches!(polled, Some(Poll::Pending)) {
            return;
        }
        if polled.is_none() {
            running.queue.dismiss(DisconnectReason::HandlerPanicked);
        }
        let next = match running.queue.standing() {
            Standing::Dismissed => Stage::Dismissed,
            _ => Stage::Over,
        };
        let over = std::mem::replace(&mut self.stage, next);
        quietly(|| drop(over));
    }

    /// Polls it up to where it waits, where nobody else may.
    pub(super) async fn poll_now(&mut self) {
        poll_fn(|ctx| {
            self.poll(ctx);
            Poll::Ready(())
        })
        .await;
    }
}

impl Running {
    fn is_idle(&self) -> bool {
        self.begun.is_none() && self.queue.is_idle()
    }

    fn has_joined(&self) -> bool {
        matches!(self.queue.standing(), Standing::Joined(_))
    }
}

impl Future for Running {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<()> {
        if let Some(begun) = &mut self.begun {
            ready!(Pin::new(begun).poll(ctx));
            self.begun = None;
        }
        self.worker.as_mut().poll(ctx)
    }
}

/// Does this, which may run the application's code; `None` when that panics.
fn quietly<R>(work: impl FnOnce() -> R) -> Option<R> {
    let done = catch_unwind(AssertUnwindSafe(work));
    done.inspect_err(|_| tracing::error!("what a socket keeps panicked"))
        .ok()
}
