//! What all connections of a proxy share.

use crate::counters::Counters;
use crate::fault::Faults;
use crate::target::Target;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::JoinSet;

#[derive(Debug)]
pub(crate) struct Shared {
    /// Where requests go that name no server themselves.
    pub(crate) upstream: Option<Target>,
    pub(crate) seed: u64,
    pub(crate) faults: Faults,
    pub(crate) counters: Arc<Counters>,
    pub(crate) tasks: Tasks,
}

/// All tasks of a proxy, until it has ended. They hold what is shared, which holds them, so it takes
/// [`Tasks::end`] to end them.
#[derive(Debug)]
pub(crate) struct Tasks(Mutex<Option<JoinSet<()>>>);

impl Default for Tasks {
    fn default() -> Self {
        Self(Mutex::new(Some(JoinSet::new())))
    }
}

impl Tasks {
    /// Starts a task; none is started after the end.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(tasks) = &mut *self.lock() {
            while tasks.try_join_next().is_some() {}
            tasks.spawn(task);
        }
    }

    pub(crate) fn end(&self) {
        let tasks = self.lock().take();
        drop(tasks);
    }

    fn lock(&self) -> MutexGuard<'_, Option<JoinSet<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
