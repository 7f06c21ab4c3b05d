//! One timer for all sessions that have no connection of their own to wait on.
//!
//! A session is entered when its deadline comes nearer, never when it moves away: an entry that comes too
//! early finds nothing due and is entered again. The task that waits holds the node weakly and ends with it.

use crate::node::Node;
use crate::shared::Shared;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use throughline_core::Time;
use tokio::sync::Notify;

/// As many sessions are looked at in one turn.
const TURN: usize = 256;

#[derive(Debug, Default)]
pub(crate) struct Timers {
    entries: Mutex<BinaryHeap<Reverse<Entry>>>,
    /// The earliest deadline came nearer, or the node is gone.
    changed: Arc<Notify>,
    running: OnceLock<()>,
}

#[derive(Debug)]
struct Entry {
    at: Time,
    session: Weak<Shared>,
}

impl Timers {
    pub(crate) fn enter(&self, at: Time, session: Weak<Shared>) {
        let mut entries = self.lock();
        let is_next = entries.peek().is_none_or(|Reverse(next)| at < next.at);
        entries.push(Reverse(Entry { at, session }));
        if is_next {
            self.changed.notify_one();
        }
    }

    /// The next session whose time has come.
    fn pop_due(&self, now: Time) -> Option<Entry> {
        let mut entries = self.lock();
        let is_due = entries.peek().is_some_and(|Reverse(next)| next.at <= now);
        if !is_due {
            return None;
        }
        entries.pop().map(|Reverse(entry)| entry)
    }

    fn deadline(&self) -> Option<Time> {
        self.lock().peek().map(|Reverse(next)| next.at)
    }

    /// Something else than an entry has changed: a tombstone, or the node is gone.
    pub(crate) fn look_again(&self) {
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, BinaryHeap<Reverse<Entry>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the task that waits, once, in the runtime of the caller.
    pub(crate) fn start(&self, node: &Arc<Node>) {
        self.running.get_or_init(|| {
            tokio::spawn(run(Arc::downgrade(node), self.changed.clone()));
        });
    }
}

async fn run(node: Weak<Node>, changed: Arc<Notify>) {
    loop {
        let Some(wait) = node.upgrade().map(|node| sweep(&node)) else {
            return;
        };
        tokio::select! {
            () = wait => {}
            () = changed.notified() => {}
        }
    }
}

/// Does what is due, and returns the wait for what is next.
fn sweep(node: &Node) -> impl Future<Output = ()> + use<> {
    let now = node.clock.now();
    let due = std::iter::from_fn(|| node.timers.pop_due(now)).take(TURN);
    for Entry { at, session } in due {
        if let Some(session) = session.upgrade() {
            session.time_out(at);
        }
    }
    node.registry.sweep(now);
    let next = [node.timers.deadline(), node.registry.deadline()]
        .into_iter()
        .flatten()
        .min();
    let next = next.map(|at| node.clock.instant(at));
    async move {
        // Others have their turn, also when the next deadline has passed already.
        tokio::task::yield_now().await;
        match next {
            Some(at) => tokio::time::sleep_until(at).await,
            None => std::future::pending().await,
        }
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at.cmp(&other.at)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn many_sessions_that_nobody_begins_lapse_together() {
        let node = testing::node();
        let sessions: Vec<_> = (0..1000)
            .map(|_| {
                let session = testing::session_of(&node, &node.registry.new_id());
                node.take_in(&session);
                session
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(9_999)).await;
        assert!(sessions.iter().all(|session| session.end().is_none()));
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert!(sessions.iter().all(|session| session.end().is_some()));
        assert_eq!(node.registry.live().len(), 0);
        assert_eq!(node.capacity.sessions(), 0);
        assert_eq!(node.timers.deadline(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_timer_ends_with_its_node() {
        let tasks = || {
            tokio::runtime::Handle::current()
                .metrics()
                .num_alive_tasks()
        };
        let node = testing::node();
        node.timers.start(&node);
        tokio::task::yield_now().await;
        assert_eq!(tasks(), 1);
        drop(node);
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(tasks(), 0);
    }
}
