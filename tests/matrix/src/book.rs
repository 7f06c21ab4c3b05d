//! The book of runs: which numbers came from each, in the order in which they came, and which session is its own.

use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use throughline::Sender;

/// All runs of this process by their names.
#[derive(Debug, Default)]
pub(crate) struct Book(Mutex<HashMap<String, Run>>);

#[derive(Debug, Default)]
struct Run {
    /// The session that joined it last.
    session: Option<Sender>,
    is_streaming: bool,
    received: Vec<u64>,
    /// When the last number came, or when the first one could.
    received_at: Option<Instant>,
    gap: Duration,
}

impl Book {
    /// From now on the run is this session's.
    pub(crate) fn join(&self, run: &str, session: Sender) {
        self.lock().entry(run.to_owned()).or_default().session = Some(session);
    }

    /// The session that the run's messages go to.
    pub(crate) fn session(&self, run: &str) -> Option<Sender> {
        self.lock().get(run)?.session.clone()
    }

    /// Whether the run's messages are still to be started; from now on they are not.
    pub(crate) fn starts(&self, run: &str) -> bool {
        let mut runs = self.lock();
        let run = runs.entry(run.to_owned()).or_default();
        run.received_at.get_or_insert_with(Instant::now);
        !std::mem::replace(&mut run.is_streaming, true)
    }

    /// Notes a number that came.
    pub(crate) fn note(&self, run: &str, number: u64) {
        let mut runs = self.lock();
        let run = runs.entry(run.to_owned()).or_default();
        let now = Instant::now();
        if let Some(before) = run.received_at.replace(now) {
            run.gap = run.gap.max(now - before);
        }
        run.received.push(number);
    }

    /// What came of a run, and in milliseconds the longest time between two arrivals, and the time since the last.
    pub(crate) fn read(&self, run: &str) -> Value {
        let runs = self.lock();
        let Some(run) = runs.get(run) else {
            return json!({ "received": [], "gap": 0, "silence": null });
        };
        json!({
            "received": run.received,
            "gap": run.gap.as_millis() as u64,
            "silence": run.received_at.map(|at| at.elapsed().as_millis() as u64),
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Run>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
