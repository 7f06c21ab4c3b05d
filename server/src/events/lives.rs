//! The lives of a session's sockets, driven by the session's task beside its reading.
//!
//! None waits for another: whenever the task runs, each that may have something to do is asked, and not always the same one
//! first, so that one which uses up what a task may do at a time holds up no other.

use super::queue::{Queue, Standing};
use bytestring::ByteString;
use futures_util::future::BoxFuture;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

#[derive(Default)]
pub(super) struct Lives {
    /// By the names of their namespaces. One that is being seen off may stand beside one that has come after it.
    lives: Vec<Life>,
    /// Which is asked first.
    first: usize,
}

pub(super) struct Life {
    namespace: ByteString,
    pub(super) queue: Arc<Queue>,
    /// `None` once it is over.
    running: Option<BoxFuture<'static, ()>>,
    /// The client knows that it is gone.
    is_left: bool,
}

impl Lives {
    /// As many have a namespace.
    pub(super) fn count(&self) -> usize {
        let is_seated = |life: &&Life| life.is_seated();
        self.lives.iter().filter(is_seated).count()
    }

    /// Who has this namespace.
    pub(super) fn find(&mut self, namespace: &str) -> Option<&mut Life> {
        let start = self.start_of(namespace);
        let lives = self.lives[start..].iter_mut();
        let mut own = lives.take_while(|life| life.namespace == namespace);
        own.find(|life| life.is_seated())
    }

    fn start_of(&self, namespace: &str) -> usize {
        let is_before = |life: &Life| *life.namespace < *namespace;
        self.lives.partition_point(is_before)
    }

    /// One more.
    pub(super) fn add(
        &mut self,
        namespace: ByteString,
        queue: Arc<Queue>,
        running: BoxFuture<'static, ()>,
    ) -> &mut Life {
        if self.lives.is_empty() {
            self.lives.reserve_exact(1);
        }
        let at = self.start_of(&namespace);
        let life = Life {
            namespace,
            queue,
            running: Some(running),
            is_left: false,
        };
        self.lives.insert(at, life);
        &mut self.lives[at]
    }

    /// Lets those go on that are at something, or all.
    pub(super) fn go_on(&mut self, all: bool, ctx: &mut Context<'_>) {
        let count = self.lives.len();
        let mut is_over = false;
        for at in self.first..self.first + count {
            let life = &mut self.lives[at % count];
            if all || !life.queue.is_idle() {
                life.go_on(ctx);
                is_over |= life.is_forgotten();
            }
        }
        self.first = (self.first + 1) % count.max(1);
        if is_over {
            self.lives.retain(|life| !life.is_forgotten());
        }
    }

    /// Lets all go on, where nobody may wait.
    pub(super) async fn go_on_here(&mut self) {
        poll_fn(|ctx| {
            self.go_on(true, ctx);
            Poll::Ready(())
        })
        .await;
    }

    /// Those that are not over.
    pub(super) fn take(&mut self) -> impl Iterator<Item = BoxFuture<'static, ()>> {
        let lives = std::mem::take(&mut self.lives);
        lives.into_iter().filter_map(|life| life.running)
    }
}

impl Life {
    /// Goes on, up to where it waits.
    pub(super) fn go_on(&mut self, ctx: &mut Context<'_>) {
        // One that panics is not asked again.
        if let Some(mut running) = self.running.take()
            && running.as_mut().poll(ctx).is_pending()
        {
            self.running = Some(running);
        }
    }

    /// The same where nobody may wait.
    pub(super) async fn go_on_here(&mut self) {
        poll_fn(|ctx| {
            self.go_on(ctx);
            Poll::Ready(())
        })
        .await;
    }

    /// The client knows that it is gone: another one may come.
    pub(super) fn leave(&mut self) {
        self.is_left = true;
    }

    fn is_seated(&self) -> bool {
        match self.queue.standing() {
            Standing::Arriving | Standing::Joined(_) => self.running.is_some(),
            Standing::Dismissed => !self.is_left,
            Standing::Gone => false,
        }
    }

    /// Whether it is over, and nothing more may come for it.
    fn is_forgotten(&self) -> bool {
        let is_dismissed = matches!(self.queue.standing(), Standing::Dismissed);
        self.running.is_none() && (self.is_left || !is_dismissed)
    }
}
