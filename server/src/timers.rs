//! One timer for all sessions that have no connection of their own to wait on.
//!
//! A session has one entry. It is moved when its deadline comes nearer, never when that moves away: an entry that
//! comes too early finds nothing due and is entered again. The task that waits holds the node weakly and ends with it.

use crate::node::Node;
use crate::shared::Shared;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use throughline_core::Time;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

/// As many sessions are looked at in one turn.
const TURN: usize = 256;

#[derive(Debug, Default)]
pub(crate) struct Timers {
    entries: Mutex<Entries>,
    /// The earliest deadline came nearer, or the node is gone.
    changed: Arc<Notify>,
    /// The task that waits.
    waiting: Mutex<Option<AbortHandle>>,
}

/// Who is to be looked at, by the time and the session's id.
type Entries = BTreeMap<(Time, Arc<str>), Weak<Shared>>;

/// When a session is to be looked at, and when it was until now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Move {
    pub(crate) from: Option<Time>,
    pub(crate) to: Option<Time>,
}

impl Timers {
    pub(crate) fn change(&self, session: &Arc<Shared>, Move { from, to }: Move) {
        let mut entries = self.lock();
        if let Some(at) = from {
            entries.remove(&(at, session.id().clone()));
        }
        let Some(at) = to else { return };
        let is_next = entries
            .first_key_value()
            .is_none_or(|((next, _), _)| at < *next);
        entries.insert((at, session.id().clone()), Arc::downgrade(session));
        if is_next {
            self.changed.notify_one();
        }
    }

    /// The next session whose time has come.
    fn pop_due(&self, now: Time) -> Option<(Time, Weak<Shared>)> {
        let mut entries = self.lock();
        let first = entries.first_entry()?;
        let at = first.key().0;
        (at <= now).then(|| (at, first.remove()))
    }

    fn deadline(&self) -> Option<Time> {
        self.lock().first_key_value().map(|((at, _), _)| *at)
    }

    /// Something else than an entry has changed: a tombstone, or the node is gone.
    pub(crate) fn look_again(&self) {
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the task that waits in the runtime of the caller, if there is none, or its runtime has ended.
    pub(crate) fn start(&self, node: &Arc<Node>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.as_ref().is_none_or(AbortHandle::is_finished) {
            let task = tokio::spawn(run(Arc::downgrade(node), self.changed.clone()));
            *waiting = Some(task.abort_handle());
        }
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
    for (at, session) in due {
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

#[cfg(test)]
mod tests {
    use crate::testing;
    use crate::waiting::Waiting;
    use std::time::Duration;
    use throughline_core::wire::native::{Cursors, Poll, PollRequest, Secret};

    /// A poll that is held for a moment only, from a client that promises to be back much later.
    fn short_poll(number: u64) -> PollRequest {
        let poll = Poll {
            session: "polled".to_owned(),
            secret: Secret::new([7; 16]),
            generation: 1,
            number,
            cursors: Cursors::default(),
            first: 1,
            hold: 1,
            next: 600_000,
            max_bytes: 0,
        };
        PollRequest {
            poll: Box::new(poll),
            token: None,
            items: Vec::new(),
            abort: None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_has_one_entry_however_often_its_deadline_changes() {
        let node = testing::node();
        let session = testing::session_of(&node, "polled");
        node.take_in(&session);
        for number in 1..=100 {
            let poll = short_poll(number);
            Waiting::<throughline_core::Session>::new(session.clone(), number, poll).await;
            assert!(node.timers.lock().len() <= 1);
        }
        session.abort(throughline_core::Code::ABORTED, "", None);
        assert_eq!(node.timers.lock().len(), 0);
    }

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

    #[test]
    fn the_timer_starts_anew_when_its_runtime_has_ended() {
        let runtime = || {
            tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .unwrap()
        };
        let first = runtime();
        let node = first.block_on(async { testing::node() });
        first.block_on(async { node.timers.start(&node) });
        drop(first);
        runtime().block_on(async {
            let session = testing::session_of(&node, "later");
            node.take_in(&session);
            tokio::time::sleep(Duration::from_secs(11)).await;
            assert!(session.end().is_some());
        });
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
