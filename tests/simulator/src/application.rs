//! An application on either side: sends at its pace, takes at its speed, and looks at what it takes.

use crate::context::Context;
use crate::history::{Direction, Wrong, message, wrong};
use crate::scenario::{Pace, Traffic};
use std::time::Duration;
use throughline_core::{Message, Time};

/// What an application uses of a session, on either side.
pub(crate) trait Endpoint {
    fn send(&mut self, now: Time, message: Message) -> Sent;
    fn take(&mut self, now: Time) -> Option<Message>;
}

/// What became of a `send`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// It has a number.
    Numbered,
    /// There is no room.
    Full,
    /// The session is not open for it.
    Closed,
}

#[derive(Debug)]
pub(crate) struct Application {
    session: String,
    /// Where its own messages go.
    sends: Direction,
    takes: Direction,
    sends_longest: usize,
    takes_longest: usize,
    pub(crate) total: u64,
    pub(crate) sent: u64,
    pub(crate) taken: u64,
    pub(crate) pace: Pace,
    /// The message that found no room.
    waiting: Option<Message>,
    /// Messages that an echo still owes.
    owed: u64,
    next_send: Time,
    next_take: Time,
    take: Duration,
    /// It takes nothing any more.
    pub(crate) stalled: bool,
    /// It was kept from sending by a full window.
    full: bool,
    pub(crate) wrong: Option<Wrong>,
}

impl Application {
    pub(crate) fn new(
        now: Time,
        session: &str,
        sends: Direction,
        own: &Traffic,
        other: &Traffic,
    ) -> Self {
        let takes = match sends {
            Direction::Up => Direction::Down,
            Direction::Down => Direction::Up,
        };
        let owed = match own.pace {
            Pace::Every(_) => 0,
            Pace::Echo(tokens) => tokens,
        };
        Self {
            session: session.to_owned(),
            sends,
            takes,
            sends_longest: own.longest,
            takes_longest: other.longest,
            total: own.messages,
            sent: 0,
            taken: 0,
            pace: own.pace,
            waiting: None,
            owed,
            next_send: now,
            next_take: now,
            take: other.take,
            stalled: false,
            full: false,
            wrong: None,
        }
    }

    /// Does whatever it can do at this moment.
    pub(crate) fn run(&mut self, cx: &mut Context, endpoint: &mut impl Endpoint) {
        loop {
            let sent = self.send(cx, endpoint);
            let taken = self.take(cx, endpoint);
            if !sent && !taken {
                return;
            }
        }
    }

    fn send(&mut self, cx: &mut Context, endpoint: &mut impl Endpoint) -> bool {
        self.full = false;
        if !self.wants_to_send() || cx.now < self.next_send {
            return false;
        }
        let next = self.waiting.take().unwrap_or_else(|| {
            message(&self.session, self.sends, self.sent + 1, self.sends_longest)
        });
        match endpoint.send(cx.now, next.clone()) {
            Sent::Numbered => {
                self.sent += 1;
                match self.pace {
                    Pace::Every(pause) => self.next_send = cx.now + pause,
                    Pace::Echo(_) => self.owed -= 1,
                }
                true
            }
            Sent::Full => {
                self.full = true;
                self.waiting = Some(next);
                false
            }
            Sent::Closed => false,
        }
    }

    fn wants_to_send(&self) -> bool {
        let may = match self.pace {
            Pace::Every(_) => true,
            Pace::Echo(_) => self.owed > 0,
        };
        may && self.sent < self.total
    }

    fn take(&mut self, cx: &mut Context, endpoint: &mut impl Endpoint) -> bool {
        let blocked = self.full && matches!(self.pace, Pace::Echo(_));
        if self.stalled || blocked || cx.now < self.next_take {
            return false;
        }
        let Some(message) = endpoint.take(cx.now) else {
            return false;
        };
        self.taken += 1;
        self.next_take = cx.now + self.take;
        if matches!(self.pace, Pace::Echo(_)) {
            self.owed += 1;
        }
        let verdict = wrong(
            &self.session,
            self.takes,
            self.taken,
            self.takes_longest,
            &message,
        );
        self.wrong = self.wrong.or(verdict);
        true
    }

    /// Whether it has sent all that it wants to send.
    pub(crate) fn has_sent_all(&self) -> bool {
        self.sent >= self.total
    }

    /// When it has something to do by itself.
    pub(crate) fn wake(&self, now: Time) -> Option<Time> {
        let send = (self.wants_to_send() && !self.full).then_some(self.next_send);
        let take = (!self.stalled).then_some(self.next_take);
        [send, take]
            .into_iter()
            .flatten()
            .filter(|at| *at > now)
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Trace;
    use crate::random::Random;

    const LONGEST: usize = 1000;

    /// A session that delivers these numbers, whatever was sent.
    struct Broken(std::vec::IntoIter<u64>);

    impl Endpoint for Broken {
        fn send(&mut self, _: Time, _: Message) -> Sent {
            Sent::Closed
        }

        fn take(&mut self, _: Time) -> Option<Message> {
            let seq = self.0.next()?;
            Some(message("a.0.1", Direction::Down, seq, LONGEST))
        }
    }

    fn verdict_on(delivered: Vec<u64>) -> Option<Wrong> {
        let traffic = Traffic {
            messages: 0,
            longest: LONGEST,
            pace: Pace::Every(Duration::ZERO),
            take: Duration::ZERO,
        };
        let mut cx = Context::new(Random::new(1), 0, Trace::Off);
        let mut application =
            Application::new(Time::ZERO, "a.0.1", Direction::Up, &traffic, &traffic);
        application.run(&mut cx, &mut Broken(delivered.into_iter()));
        application.wrong
    }

    #[test]
    fn an_application_notices_what_a_broken_session_delivers() {
        assert_eq!(verdict_on(vec![1, 2, 3]), None);
        assert_eq!(verdict_on(vec![1, 2, 2, 3]), Some(Wrong::Repeated));
        assert_eq!(verdict_on(vec![1, 3, 2]), Some(Wrong::Reordered));
        assert_eq!(verdict_on(vec![1, 3]), Some(Wrong::Reordered));
    }
}
