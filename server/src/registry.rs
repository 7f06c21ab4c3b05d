//! The sessions of this node by their id, and the tombstones of those that ended.
//!
//! The map never leaves this file, so that no guard of it is held while a session is locked or a task
//! waits. Tombstones are bounded in number and time; which one gives way is not chance, but age.
//!
//! The ids in it are this node's own, at random, and no client can choose one. So they are hashed quickly.

use crate::shared::Shared;
use dashmap::DashMap;
use dashmap::mapref::entry::Entry as MapEntry;
use rapidhash::quality::RandomState;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use throughline_core::Time;
use throughline_core::session::Tombstone;
use uuid::Uuid;

/// What an id leads to.
#[derive(Debug)]
pub(crate) enum Found {
    Live(Arc<Shared>),
    /// It ended; this is what is left.
    Ended(Tombstone),
    /// It was never here, or it is forgotten.
    Unknown,
    /// Another node made it.
    Elsewhere,
}

#[derive(Debug)]
pub(crate) struct Registry {
    node: String,
    incarnation: String,
    sessions: DashMap<Arc<str>, Entry, RandomState>,
    graves: Mutex<Graves>,
}

#[derive(Debug)]
enum Entry {
    Live(Arc<Shared>),
    Ended(Tombstone),
}

/// Tombstones in the order of their age. All are kept equally long, so the front is the next to go.
#[derive(Debug)]
struct Graves {
    by_age: VecDeque<(Time, Arc<str>)>,
    most: usize,
}

impl Registry {
    pub(crate) fn new(node: String, most_tombstones: usize) -> Self {
        let incarnation = Uuid::new_v4().simple().to_string();
        Self {
            node,
            incarnation: incarnation[..8].to_owned(),
            sessions: DashMap::with_hasher(RandomState::new()),
            graves: Mutex::new(Graves {
                by_age: VecDeque::new(),
                most: most_tombstones,
            }),
        }
    }

    /// An id that names this node and this run of it (spec ATT-8).
    pub(crate) fn new_id(&self) -> Arc<str> {
        let Self {
            node, incarnation, ..
        } = self;
        format!("{node}.{incarnation}.{}", Uuid::new_v4().simple()).into()
    }

    pub(crate) fn find(&self, id: &str) -> Found {
        if self.is_elsewhere(id) {
            return Found::Elsewhere;
        }
        match self.sessions.get(id).as_deref() {
            Some(Entry::Live(session)) => Found::Live(session.clone()),
            Some(Entry::Ended(tombstone)) => Found::Ended(tombstone.clone()),
            None => Found::Unknown,
        }
    }

    /// An id of another node. One that no node can have made is nobody's, and so nobody will find it.
    fn is_elsewhere(&self, id: &str) -> bool {
        let own = id.strip_prefix(&*self.node);
        let is_own = own.is_some_and(|rest| rest.starts_with('.'));
        !is_own && id.matches('.').count() == 2
    }

    pub(crate) fn insert(&self, session: Arc<Shared>) {
        self.sessions
            .insert(session.id().clone(), Entry::Live(session));
    }

    /// Forgets a session that nobody ever began.
    pub(crate) fn forget(&self, id: &Arc<str>) {
        self.sessions.remove(id);
    }

    /// Puts a tombstone in a session's place until then.
    pub(crate) fn bury(&self, id: &Arc<str>, tombstone: Tombstone, until: Time) {
        if let MapEntry::Occupied(mut entry) = self.sessions.entry(id.clone()) {
            entry.insert(Entry::Ended(tombstone));
        }
        let mut graves = self.graves();
        graves.by_age.push_back((until, id.clone()));
        while graves.by_age.len() > graves.most {
            self.open_oldest(&mut graves);
        }
    }

    /// Forgets the tombstones whose time is over.
    pub(crate) fn sweep(&self, now: Time) {
        let mut graves = self.graves();
        while graves
            .by_age
            .front()
            .is_some_and(|(until, _)| *until <= now)
        {
            self.open_oldest(&mut graves);
        }
    }

    fn open_oldest(&self, graves: &mut Graves) {
        if let Some((_, id)) = graves.by_age.pop_front() {
            self.sessions.remove(&id);
        }
    }

    /// When the next tombstone is forgotten.
    pub(crate) fn deadline(&self) -> Option<Time> {
        self.graves().by_age.front().map(|(until, _)| *until)
    }

    /// All sessions that have not ended, begun or not.
    pub(crate) fn live(&self) -> Vec<Arc<Shared>> {
        let live = self
            .sessions
            .iter()
            .filter_map(|entry| match entry.value() {
                Entry::Live(session) => Some(session.clone()),
                Entry::Ended(_) => None,
            });
        live.collect()
    }

    fn graves(&self) -> MutexGuard<'_, Graves> {
        self.graves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn registry() -> Registry {
        Registry::new("a".to_owned(), 2)
    }

    // spec: ATT-8
    #[test]
    fn an_id_names_its_node_and_fits_the_wire() {
        let registry = Registry::new("n".repeat(20), 2);
        let id = registry.new_id();
        assert!(id.starts_with(&"n".repeat(20)), "{id}");
        assert!(id.len() <= throughline_core::wire::native::LONGEST_ID);
        assert_ne!(id, registry.new_id());
    }

    // spec: ATT-8, ABT-3
    #[test]
    fn only_the_owner_declares_a_session_unknown() {
        let registry = registry();
        assert!(matches!(registry.find("b.12345678.0"), Found::Elsewhere));
        assert!(matches!(registry.find("a.87654321.0"), Found::Unknown));
        assert!(matches!(registry.find("nonsense"), Found::Unknown));
    }

    // spec: ABT-2
    #[tokio::test]
    async fn tombstones_are_bounded_in_time_and_number() {
        let registry = registry();
        let ids: Vec<_> = (1..4)
            .map(|ms| {
                let session = testing::session(&registry.new_id());
                let id = session.id().clone();
                registry.insert(session);
                assert!(matches!(registry.find(&id), Found::Live(_)));
                registry.bury(&id, testing::tombstone(), Time::from_millis(ms));
                id
            })
            .collect();
        assert!(matches!(registry.find(&ids[0]), Found::Unknown));
        assert!(matches!(registry.find(&ids[1]), Found::Ended(_)));
        assert_eq!(registry.deadline(), Some(Time::from_millis(2)));
        registry.sweep(Time::from_millis(2));
        assert!(matches!(registry.find(&ids[1]), Found::Unknown));
        assert!(matches!(registry.find(&ids[2]), Found::Ended(_)));
        assert!(registry.live().is_empty());
    }
}
