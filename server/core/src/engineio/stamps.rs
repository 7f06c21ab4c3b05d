//! What tells a request from its repetition: the stamp that clients put into each URL.
//!
//! A proxy may send a request twice; then both have the same stamp. Without stamps no repetition can be told.

use super::Stamp;
use std::collections::VecDeque;

/// As many requests are remembered of each kind. A repetition comes soon.
const MOST: usize = 8;

/// The latest stamps, each with what was noted with it.
#[derive(Debug)]
pub(super) struct Stamps<T>(VecDeque<(Stamp, T)>);

impl<T> Default for Stamps<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Stamps<T> {
    pub(super) fn note(&mut self, stamp: Option<Stamp>, value: T) {
        let Some(stamp) = stamp else { return };
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back((stamp, value));
    }

    pub(super) fn find(&self, stamp: Option<&Stamp>) -> Option<&T> {
        let stamp = stamp?;
        let mut noted = self.0.iter();
        noted
            .find(|(known, _)| known == stamp)
            .map(|(_, value)| value)
    }
}
