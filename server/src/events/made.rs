//! The namespaces that patterns have made, each as long as it is of use.
//!
//! One that nobody visits, and nobody can come back to, is gone at once. One that somebody may come back to waits for as long as
//! sockets are remembered; where there are too many, the one that has waited longest makes room. So names that come once and
//! never again keep nobody out.

use super::space::Space;
use bytestring::ByteString;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// As many namespaces as patterns may have made at a time.
const MOST: usize = 10_000;

pub(super) struct MadeSpaces {
    by_name: HashMap<ByteString, Made>,
    /// Those that wait, by the time at which nobody can come back to them any more.
    waiting: BTreeSet<(Instant, ByteString)>,
    /// How long sockets are remembered.
    remembered: Duration,
}

struct Made {
    space: Arc<Space>,
    state: State,
}

enum State {
    /// So many clients are there, or on their way in.
    Visited(usize),
    /// Nobody is there. Until then, somebody may come back.
    Waiting(Instant),
}

impl MadeSpaces {
    pub(super) fn new(remembered: Duration) -> Self {
        Self {
            by_name: HashMap::new(),
            waiting: BTreeSet::new(),
            remembered,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.by_name.len()
    }

    pub(super) fn find(&self, name: &str) -> Option<Arc<Space>> {
        self.by_name.get(name).map(|made| made.space.clone())
    }

    /// Finds or makes the namespace for one more visitor, unless there are too many that have some.
    pub(super) fn enter(
        &mut self,
        name: &ByteString,
        make: impl FnOnce() -> Space,
    ) -> Option<Arc<Space>> {
        if let Some(made) = self.by_name.get_mut(name) {
            made.state = match made.state {
                State::Visited(visitors) => State::Visited(visitors + 1),
                State::Waiting(until) => {
                    self.waiting.remove(&(until, name.clone()));
                    State::Visited(1)
                }
            };
            return Some(made.space.clone());
        }
        if self.by_name.len() >= MOST {
            let (_, oldest) = self.waiting.pop_first()?;
            self.by_name.remove(&oldest);
        }
        let (space, state) = (Arc::new(make()), State::Visited(1));
        let made = Made {
            space: space.clone(),
            state,
        };
        self.by_name.insert(name.clone(), made);
        Some(space)
    }

    /// A visitor has left.
    pub(super) fn leave(&mut self, name: &ByteString) {
        let Some(made) = self.by_name.get_mut(name) else {
            return;
        };
        match made.state {
            State::Visited(visitors @ 2..) => made.state = State::Visited(visitors - 1),
            State::Visited(_) if made.space.hub().is_empty() => {
                self.by_name.remove(name);
            }
            State::Visited(_) => {
                let until = Instant::now() + self.remembered;
                made.state = State::Waiting(until);
                self.waiting.insert((until, name.clone()));
            }
            State::Waiting(_) => {}
        }
    }

    /// Takes out those that nobody can come back to any more. They are given away, to be dropped where no lock is held.
    pub(super) fn sweep(&mut self) -> Vec<Arc<Space>> {
        let now = Instant::now();
        let mut swept = Vec::new();
        while self.waiting.first().is_some_and(|(until, _)| *until <= now) {
            let Some((_, name)) = self.waiting.pop_first() else {
                break;
            };
            swept.extend(self.by_name.remove(&name).map(|made| made.space));
        }
        swept
    }
}
