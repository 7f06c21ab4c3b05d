//! When a link's task must look at the clock: at its session's next deadline, or when it has had its time to write a last word.

use super::LINGER;
use crate::clock::Clock;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use throughline_core::Time;
use tokio::time::{Sleep, sleep};

pub(super) struct Alarm {
    clock: Clock,
    sleep: Pin<Box<Sleep>>,
    at: Time,
    /// The session has nothing more to do with the link: until then it may still write what it has.
    cut_at: Option<Time>,
}

/// What it is time for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// The session looks at the clock.
    Session,
    /// The connection is cut.
    Cut,
}

impl Alarm {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            sleep: Box::pin(sleep(Duration::ZERO)),
            at: Time::ZERO,
            cut_at: None,
        }
    }

    /// Waits for the session's deadline, or the link's own where the session has none for it.
    pub(super) fn poll(&mut self, deadline: Option<Time>, cx: &mut Context<'_>) -> Poll<Due> {
        let at = match deadline {
            Some(deadline) => deadline,
            None => *self.cut_at.get_or_insert(self.clock.now() + LINGER),
        };
        if self.at != at {
            self.at = at;
            self.sleep.as_mut().reset(self.clock.instant(at));
        }
        ready!(self.sleep.as_mut().poll(cx));
        Poll::Ready(match self.cut_at {
            Some(_) => Due::Cut,
            None => Due::Session,
        })
    }
}
