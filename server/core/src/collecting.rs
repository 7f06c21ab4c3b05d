//! Whether an answer waits for more, for dialects whose clients poll again after each.
//!
//! While the application still takes what a request brought, it may say several things one after the other. They leave
//! together as soon as it has taken everything and asks for more, with one poll instead of one poll each. However long it
//! takes, nothing is held back for more than a moment.

use crate::session::Session;
use crate::time::Time;
use std::time::Duration;

/// How long answers are collected at most.
const LONGEST: Duration = Duration::from_millis(50);

#[derive(Debug, Default)]
pub(crate) struct Collecting {
    until: Option<Time>,
}

impl Collecting {
    /// The application is about to take, and to answer, what a request brought.
    pub(crate) fn begin(&mut self, now: Time) {
        self.until.get_or_insert(now + LONGEST);
    }

    /// Whether the application is about to say more in answer to the last request.
    pub(crate) fn goes_on(&mut self, session: &Session) -> bool {
        if session.is_awaited() || session.is_closed() {
            self.until = None;
        }
        self.until.is_some()
    }

    pub(crate) fn deadline(&self) -> Option<Time> {
        self.until
    }

    /// Whether it ends now, without the application.
    pub(crate) fn time_out(&mut self, now: Time) -> bool {
        self.until.take_if(|until| *until <= now).is_some()
    }
}
