//! The deadline for the head of a connection's next request: how long its client may be silent, or slow.
//!
//! hyper has one of its own, but for that it makes a timer for each request, and reads once more behind each answer. Here is one
//! alarm for all requests of a connection, and the clock is read once for each.

use super::alarm::Alarm;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

pub(super) struct HeadDeadline {
    limit: Duration,
    alarm: Option<Alarm>,
    /// For the head that comes after so many.
    awaited: Option<(u64, Instant)>,
}

impl HeadDeadline {
    pub(super) const fn new(limit: Duration) -> Self {
        Self {
            limit,
            alarm: None,
            awaited: None,
        }
    }

    /// Ready when the head that comes after so many has been awaited for too long.
    pub(super) fn poll(&mut self, came: u64, ctx: &mut Context<'_>) -> Poll<()> {
        let until = match self.awaited {
            Some((before, until)) if before == came => until,
            _ => Instant::now() + self.limit,
        };
        self.awaited = Some((came, until));
        let alarm = self.alarm.get_or_insert_with(|| Alarm::set(until, ctx));
        alarm.poll(until, ctx)
    }

    /// Gives the memory of its alarm back, until a head is awaited again.
    pub(super) fn rest(&mut self) {
        self.alarm = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::pin::pin;

    const LIMIT: Duration = Duration::from_secs(30);

    impl HeadDeadline {
        async fn pass(&mut self, came: u64) {
            poll_fn(|ctx| self.poll(came, ctx)).await;
        }

        fn is_over(&mut self, came: u64) -> bool {
            futures_util::FutureExt::now_or_never(self.pass(came)).is_some()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_has_its_deadline() {
        let start = Instant::now();
        HeadDeadline::new(LIMIT).pass(0).await;
        assert!((LIMIT..LIMIT * 2).contains(&start.elapsed()));
    }

    #[tokio::test(start_paused = true)]
    async fn each_head_has_one_of_its_own_though_the_alarm_is_set_for_an_earlier_one() {
        let start = Instant::now();
        let mut deadline = HeadDeadline::new(LIMIT);
        for came in 0..10 {
            assert!(!deadline.is_over(came));
            tokio::time::advance(LIMIT / 3).await;
        }
        assert_eq!(start.elapsed(), LIMIT / 3 * 10);
        let last = Instant::now();
        deadline.pass(10).await;
        assert!((LIMIT..LIMIT * 2).contains(&last.elapsed()));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_looked_at_often_goes_on() {
        let mut deadline = HeadDeadline::new(LIMIT);
        for _ in 0..3 {
            assert!(!deadline.is_over(1));
            tokio::time::advance(LIMIT / 3).await;
        }
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(deadline.is_over(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_another_task_waits_for_wakes_that_task() {
        let mut deadline = HeadDeadline::new(LIMIT);
        assert!(!deadline.is_over(0));
        tokio::spawn(async move { deadline.pass(0).await })
            .await
            .unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_without_budget_sets_it_too() {
        let start = Instant::now();
        let mut deadline = HeadDeadline::new(LIMIT);
        let mut is_spent = false;
        poll_fn(|ctx| {
            while !std::mem::replace(&mut is_spent, true) {
                while pin!(tokio::task::consume_budget()).poll(ctx).is_ready() {}
            }
            deadline.poll(0, ctx)
        })
        .await;
        assert!((LIMIT..LIMIT * 2).contains(&start.elapsed()));
    }

    #[tokio::test(start_paused = true)]
    async fn an_alarm_that_nobody_heard_does_not_end_the_next_wait() {
        let mut deadline = HeadDeadline::new(LIMIT);
        assert!(!deadline.is_over(0));
        tokio::time::advance(LIMIT * 3).await;
        let start = Instant::now();
        deadline.pass(1).await;
        assert!(start.elapsed() >= LIMIT);
    }
}
