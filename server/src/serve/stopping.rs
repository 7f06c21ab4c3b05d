//! A connection, until it ends or everything is to stop.
//!
//! The signal wakes the task that asked for it once, so a connection that is busy does not ask again: it looks.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use tokio::sync::watch;
use tokio::task::unconstrained;

/// The connection's end; `None` when it is to stop.
pub(super) async fn until_stopped<C: Future>(
    mut connection: Pin<&mut C>,
    stopped: &mut watch::Receiver<()>,
) -> Option<C::Output> {
    let signal = stopped.clone();
    // Also where the task has used up its budget: it asks but once.
    let mut changed = pin!(unconstrained(stopped.changed()));
    let mut asked: Option<Waker> = None;
    poll_fn(move |ctx: &mut Context<'_>| {
        if let Poll::Ready(ended) = connection.as_mut().poll(ctx) {
            return Poll::Ready(Some(ended));
        }
        let is_asked = asked
            .as_ref()
            .is_some_and(|waker| waker.will_wake(ctx.waker()));
        if is_asked && !signal.has_changed().unwrap_or(true) {
            return Poll::Pending;
        }
        asked = Some(ctx.waker().clone());
        changed.as_mut().poll(ctx).map(|_| None)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::future::{pending, ready};

    #[tokio::test]
    async fn a_connection_that_ends_is_not_stopped() {
        let (_stop, mut stopped) = watch::channel(());
        let ended = until_stopped(pin!(ready(7)), &mut stopped).await;
        assert_eq!(ended, Some(7));
    }

    #[tokio::test]
    async fn one_that_has_been_polled_before_is_woken_to_stop() {
        let (stop, mut stopped) = watch::channel(());
        let running =
            tokio::spawn(async move { until_stopped(pin!(pending::<()>()), &mut stopped).await });
        tokio::task::yield_now().await;
        stop.send_replace(());
        assert_eq!(running.await.unwrap(), None);
    }

    #[tokio::test]
    async fn one_that_has_used_up_its_budget_is_woken_to_stop() {
        let (stop, mut stopped) = watch::channel(());
        let running = tokio::spawn(async move {
            let busy = poll_fn(|ctx: &mut Context<'_>| {
                while pin!(tokio::task::consume_budget()).poll(ctx).is_ready() {}
                Poll::<()>::Pending
            });
            until_stopped(pin!(busy), &mut stopped).await
        });
        tokio::task::yield_now().await;
        stop.send_replace(());
        assert_eq!(running.await.unwrap(), None);
    }

    #[tokio::test]
    async fn whoever_polls_it_last_hears_of_it() {
        let (stop, mut stopped) = watch::channel(());
        let mut running =
            Box::pin(async move { until_stopped(pin!(pending::<()>()), &mut stopped).await });
        // Another task has asked.
        assert_eq!((&mut running).now_or_never(), None);
        let running = tokio::spawn(running);
        tokio::task::yield_now().await;
        stop.send_replace(());
        assert_eq!(running.await.unwrap(), None);
    }
}
