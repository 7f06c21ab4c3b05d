//! The timer by which hyper gives each request's head its deadline: one alarm for all requests of a connection.
//!
//! Whenever hyper begins to wait for a head it makes a deadline, and drops it when the head has come. Deadlines of one
//! connection only grow, so an alarm that is set for an earlier one will do: when it goes off, it is set for the one that
//! counts. A connection that is busy so sets a timer once in all that time, and not for each request.

use super::alarm::Alarm;
use hyper::rt::{Sleep, Timer};
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// The timer of one connection.
#[derive(Clone, Default)]
pub(super) struct HeadTimer {
    alarm: Arc<Mutex<Option<Alarm>>>,
}

/// A head's deadline.
struct Deadline {
    at: Instant,
    alarm: Arc<Mutex<Option<Alarm>>>,
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Sleep>> {
        let alarm = self.alarm.clone();
        Box::pin(Deadline { at, alarm })
    }

    /// As the runtime sees it, whose clock a test may move.
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}

impl Sleep for Deadline {}

impl Future for Deadline {
    type Output = ();

    fn poll(self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<()> {
        let mut alarm = self.alarm.lock().unwrap_or_else(PoisonError::into_inner);
        let at = self.at.into();
        let alarm = alarm.get_or_insert_with(|| Alarm::set(at, ctx));
        alarm.poll(at, ctx)
    }
}

impl fmt::Debug for HeadTimer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeadTimer").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::pin::pin;

    const DEADLINE: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn a_head_has_its_deadline() {
        let timer = HeadTimer::default();
        let start = timer.now();
        timer.sleep_until(start + DEADLINE).await;
        assert!((DEADLINE..DEADLINE * 2).contains(&(timer.now() - start)));
    }

    #[tokio::test(start_paused = true)]
    async fn each_head_has_one_of_its_own_though_the_alarm_is_set_for_an_earlier_one() {
        let timer = HeadTimer::default();
        let start = timer.now();
        for _ in 0..10 {
            let mut head = timer.sleep_until(timer.now() + DEADLINE);
            assert_eq!((&mut head).now_or_never(), None);
            tokio::time::advance(DEADLINE / 3).await;
        }
        let last = timer.now();
        assert_eq!(last - start, DEADLINE / 3 * 10);
        timer.sleep_until(last + DEADLINE).await;
        assert!((DEADLINE..DEADLINE * 2).contains(&(timer.now() - last)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_another_task_waits_for_wakes_that_task() {
        let timer = HeadTimer::default();
        let mut head = timer.sleep_until(timer.now() + DEADLINE);
        assert_eq!((&mut head).now_or_never(), None);
        tokio::spawn(head).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_without_budget_sets_it_too() {
        let timer = HeadTimer::default();
        let start = timer.now();
        let mut head = timer.sleep_until(start + DEADLINE);
        let mut is_spent = false;
        std::future::poll_fn(|ctx| {
            while !std::mem::replace(&mut is_spent, true) {
                while pin!(tokio::task::consume_budget()).poll(ctx).is_ready() {}
            }
            head.as_mut().poll(ctx)
        })
        .await;
        assert!((DEADLINE..DEADLINE * 2).contains(&(timer.now() - start)));
    }

    #[tokio::test(start_paused = true)]
    async fn an_alarm_that_nobody_heard_does_not_end_the_next_wait() {
        let timer = HeadTimer::default();
        let head = timer.sleep_until(timer.now() + DEADLINE);
        assert_eq!(head.now_or_never(), None);
        tokio::time::advance(DEADLINE * 3).await;
        let start = timer.now();
        timer.sleep_until(start + DEADLINE).await;
        assert!(timer.now() - start >= DEADLINE);
    }
}
