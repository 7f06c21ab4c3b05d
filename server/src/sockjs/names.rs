//! The sessions of a mount by what their clients call them.
//!
//! A name leads to one session at most. A session that the server's side has ended leaves its last frame, for whoever
//! comes back within the disconnect delay; how many of those are kept is bounded, and the oldest gives way.

use crate::shared::Shared;
use bytestring::ByteString;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use throughline_core::Time;

/// What a name leads to.
#[derive(Clone, Debug)]
pub(super) enum Found {
    Live(Arc<Shared>),
    /// Its last frame.
    Closed(ByteString),
}

#[derive(Debug)]
pub(crate) struct Names {
    entries: Mutex<Entries>,
    keep: Duration,
    most: usize,
}

#[derive(Debug, Default)]
struct Entries {
    named: HashMap<Arc<str>, Named>,
    /// Those that are closed, by when to look whether they are still needed.
    closed: VecDeque<(Time, Arc<str>)>,
}

#[derive(Debug)]
enum Named {
    Live(Arc<Shared>),
    Closed(ByteString, Time),
}

/// What its client calls a session, as the session has it.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    names: Arc<Names>,
    key: Arc<str>,
}

impl Name {
    /// The session has ended.
    pub(crate) fn end(&self, session: &Arc<Shared>, last_frame: Option<String>) {
        let now = session.node().clock.now();
        self.names.end(now, &self.key, session, last_frame);
    }
}

impl Names {
    pub(super) fn new(keep: Duration, most: usize) -> Arc<Self> {
        Arc::new(Self {
            entries: Mutex::default(),
            keep,
            most,
        })
    }

    /// What the name leads to. A last frame is kept anew for whoever asks for it.
    pub(super) fn find(&self, now: Time, key: &str) -> Option<Found> {
        let mut entries = self.lock();
        entries.sweep(now);
        match entries.named.get_mut(key)? {
            Named::Live(session) => Some(Found::Live(session.clone())),
            Named::Closed(_, until) if *until <= now => None,
            Named::Closed(frame, until) => {
                *until = now + self.keep;
                Some(Found::Closed(frame.clone()))
            }
        }
    }

    /// Gives the name to a session, unless another has it; that one is returned then.
    pub(super) fn claim(self: &Arc<Self>, key: &str, session: &Arc<Shared>) -> Option<Arc<Shared>> {
        let mut entries = self.lock();
        if let Some(Named::Live(other)) = entries.named.get(key) {
            return Some(other.clone());
        }
        let key: Arc<str> = key.into();
        session.set_name(Name {
            names: self.clone(),
            key: key.clone(),
        });
        // One that has ended before it had a name would not give it back.
        if session.end().is_none() {
            entries.named.insert(key, Named::Live(session.clone()));
        }
        None
    }

    /// Takes the name from a session whose client is gone.
    pub(super) fn forget(&self, key: &str, session: &Arc<Shared>) {
        let mut entries = self.lock();
        if entries.is_of(key, session) {
            entries.named.remove(key);
        }
    }

    fn end(&self, now: Time, key: &Arc<str>, session: &Arc<Shared>, last_frame: Option<String>) {
        let mut entries = self.lock();
        if !entries.is_of(key, session) {
            return;
        }
        let Some(frame) = last_frame else {
            entries.named.remove(key);
            return;
        };
        let until = now + self.keep;
        let closed = Named::Closed(frame.into(), until);
        entries.named.insert(key.clone(), closed);
        entries.closed.push_back((until, key.clone()));
        while entries.closed.len() > self.most {
            entries.drop_oldest();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn is_of(&self, key: &str, session: &Arc<Shared>) -> bool {
        matches!(self.named.get(key), Some(Named::Live(known)) if Arc::ptr_eq(known, session))
    }

    /// Forgets the last frames whose time is over. One that was asked for meanwhile is looked at again later.
    fn sweep(&mut self, now: Time) {
        while self.closed.front().is_some_and(|(look, _)| *look <= now) {
            let Some((_, key)) = self.closed.pop_front() else {
                return;
            };
            match self.named.get(&key) {
                Some(Named::Closed(_, until)) if now < *until => {
                    self.closed.push_back((*until, key));
                }
                Some(Named::Closed(..)) => {
                    self.named.remove(&key);
                }
                Some(Named::Live(_)) | None => {}
            }
        }
    }

    fn drop_oldest(&mut self) {
        let oldest = self.closed.pop_front();
        if let Some((_, key)) = oldest
            && matches!(self.named.get(&key), Some(Named::Closed(..)))
        {
            self.named.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    const KEEP: Duration = Duration::from_secs(5);

    fn closed(names: &Names, at: u64, key: &str) -> Option<String> {
        match names.find(Time::from_millis(at), key) {
            Some(Found::Closed(frame)) => Some(frame.to_string()),
            Some(Found::Live(_)) => panic!("{key} is live"),
            None => None,
        }
    }

    fn end(names: &Arc<Names>, at: u64, key: &str, frame: &str) {
        let session = testing::session(key);
        assert!(names.claim(key, &session).is_none());
        let now = Time::from_millis(at);
        names.end(now, &key.into(), &session, Some(frame.to_owned()));
    }

    #[tokio::test]
    async fn a_name_leads_to_one_session() {
        let names = Names::new(KEEP, 2);
        let (first, second) = (testing::session("a"), testing::session("b"));
        assert!(names.claim("x", &first).is_none());
        let other = names.claim("x", &second).unwrap();
        assert!(Arc::ptr_eq(&other, &first));
        names.forget("x", &second);
        assert!(names.find(Time::ZERO, "x").is_some());
        names.forget("x", &first);
        assert!(names.find(Time::ZERO, "x").is_none());
    }

    #[tokio::test]
    async fn a_last_frame_is_kept_for_who_comes_back_in_time() {
        let names = Names::new(KEEP, 2);
        end(&names, 0, "x", "c[1,\"\"]");
        assert!(closed(&names, 4_999, "x").is_some());
        assert!(closed(&names, 9_998, "x").is_some());
        assert!(closed(&names, 14_998, "x").is_none());
        assert!(names.lock().closed.is_empty());
    }

    #[tokio::test]
    async fn the_oldest_last_frame_gives_way() {
        let names = Names::new(KEEP, 2);
        for key in ["x", "y", "z"] {
            end(&names, 0, key, key);
        }
        assert_eq!(closed(&names, 1, "x"), None);
        assert_eq!(closed(&names, 1, "z").as_deref(), Some("z"));
        assert_eq!(names.lock().named.len(), 2);
    }

    #[tokio::test]
    async fn a_client_that_is_gone_leaves_its_name() {
        let names = Names::new(KEEP, 2);
        let session = testing::session("a");
        names.claim("x", &session);
        names.end(Time::ZERO, &"x".into(), &session, None);
        assert!(names.find(Time::ZERO, "x").is_none());
    }
}
