//! An alarm for deadlines that only grow: it may stay set for an earlier one, and is set for the one that counts when it goes off.
//!
//! So a connection that is busy sets a timer now and then, and not for each request.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use tokio::task::unconstrained;
use tokio::time::{Instant, Sleep, sleep_until};

pub(super) struct Alarm {
    sleep: Pin<Box<Sleep>>,
    /// The task that it wakes.
    waker: Waker,
}

impl Alarm {
    pub(super) fn set(at: Instant, ctx: &mut Context<'_>) -> Self {
        let mut alarm = Self {
            sleep: Box::pin(sleep_until(at)),
            waker: ctx.waker().clone(),
        };
        // Nothing goes off that nobody has asked. Where it is so late already, `poll` says so.
        let _ = alarm.ask(ctx);
        alarm
    }

    /// Ready when it is so late.
    pub(super) fn poll(&mut self, at: Instant, ctx: &mut Context<'_>) -> Poll<()> {
        if !self.sleep.is_elapsed() && self.waker.will_wake(ctx.waker()) {
            return Poll::Pending;
        }
        if self.sleep.is_elapsed() && self.sleep.deadline() < at {
            self.sleep.as_mut().reset(at);
        }
        self.waker.clone_from(ctx.waker());
        self.ask(ctx)
    }

    /// Also where the task has used up its budget: else nothing would be set, and nobody would ask again.
    fn ask(&mut self, ctx: &mut Context<'_>) -> Poll<()> {
        pin!(unconstrained(self.sleep.as_mut())).poll(ctx)
    }
}
