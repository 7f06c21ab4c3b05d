//! Which links to open, when to move, and when to try again.

use super::{Driver, Link};
use crate::context::{Context, Event};
use crate::fault::Fault;
use crate::network::Network;
use crate::scenario::{Scenario, carrier};
use std::time::Duration;
use throughline_client::{Carrier, Input, LinkId};

/// Why a link was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Nothing carried the session.
    Connect,
    /// It shall take over.
    Move,
}

/// What the driver does by itself at some time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Task {
    Open(Carrier, Purpose),
    Retry,
    Hint,
    Refresh,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    WebSocket,
    LongPoll,
    Periodic,
}

/// After so many failed requests in a row, another transport is tried.
const PATIENCE: u32 = 5;

impl Driver {
    pub(super) fn plan(&mut self, cx: &mut Context) {
        let Scenario {
            race,
            moves,
            hints,
            refreshes,
            ..
        } = self.scenario.clone();
        if race.len() > 1 {
            cx.count(Fault::Race);
        }
        for (after, carrier) in race {
            self.schedule(cx, after, Task::Open(carrier, Purpose::Connect));
        }
        for (after, carrier) in moves {
            self.schedule(cx, after, Task::Open(carrier, Purpose::Move));
        }
        for after in hints {
            self.schedule(cx, after, Task::Hint);
        }
        for after in refreshes {
            self.schedule(cx, after, Task::Refresh);
        }
    }

    fn schedule(&mut self, cx: &mut Context, after: Duration, task: Task) {
        self.scheduled += 1;
        self.tasks.insert((cx.now + after, self.scheduled), task);
        cx.after(after, Event::Driver);
    }

    /// Does what is due.
    pub(crate) fn run_tasks(&mut self, cx: &mut Context, network: &mut Network) {
        while let Some(first) = self.tasks.first_entry() {
            if first.key().0 > cx.now {
                return;
            }
            let task = first.remove();
            if !self.client.is_ended() {
                self.run_task(cx, network, task);
            }
        }
    }

    fn run_task(&mut self, cx: &mut Context, network: &mut Network, task: Task) {
        match task {
            Task::Open(carrier, purpose) => self.open(cx, network, carrier, purpose),
            Task::Retry => self.retry(cx, network),
            Task::Hint => self.handle(cx, network, Input::Hint),
            Task::Refresh => {
                if self.client.is_open() && self.scenario.token.is_some() {
                    self.client.refresh(cx.now, "fresh".to_owned());
                    self.drain(cx, network);
                }
            }
        }
    }

    fn open(
        &mut self,
        cx: &mut Context,
        network: &mut Network,
        carrier: Carrier,
        purpose: Purpose,
    ) {
        let id = self.client.open(cx.now, carrier);
        let socket = (carrier == Carrier::WebSocket).then(|| network.connect(cx));
        if let Some(socket) = socket {
            self.sockets.insert(socket, id);
        }
        cx.note(|| format!("client: opens link {id}, {carrier:?}, {purpose:?}"));
        let link = Link {
            carrier,
            socket,
            purpose,
            offered: false,
        };
        self.links.insert(id, link);
        self.drain(cx, network);
    }

    /// Where nothing carries the session and nothing is on its way to, tries again after a while.
    pub(super) fn ensure_progress(&mut self, cx: &mut Context, network: &mut Network) {
        if self.client.is_ended() || self.retrying {
            return;
        }
        if self.client.current().is_some() {
            let may_move = self.scenario.only.is_none() && self.links.len() == 1;
            if may_move && self.client.failures() >= PATIENCE {
                self.retry_later(cx);
            }
        } else if let Some(offered) = self.first_offered() {
            self.begin(cx, network, offered);
        } else if self.links.is_empty() && !self.tasks_open_links() {
            self.retry_later(cx);
        }
    }

    fn retry_later(&mut self, cx: &mut Context) {
        self.retrying = true;
        self.attempts += 1;
        let ceiling = (100 << self.attempts.min(5)).min(2000);
        let delay = cx.random.millis(20..ceiling);
        self.schedule(cx, delay, Task::Retry);
    }

    fn tasks_open_links(&self) -> bool {
        self.tasks
            .values()
            .any(|task| matches!(task, Task::Open(_, Purpose::Connect)))
    }

    fn first_offered(&self) -> Option<LinkId> {
        let offered = |(id, link): (&LinkId, &Link)| link.offered.then_some(*id);
        self.links.iter().find_map(offered)
    }

    fn retry(&mut self, cx: &mut Context, network: &mut Network) {
        self.retrying = false;
        let only = self.scenario.only;
        let carrier = only.unwrap_or_else(|| carrier(&mut cx.random));
        let purpose = match self.client.current() {
            None => Purpose::Connect,
            Some(_) => Purpose::Move,
        };
        self.open(cx, network, carrier, purpose);
    }

    pub(super) fn begin(&mut self, cx: &mut Context, network: &mut Network, id: LinkId) {
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        link.offered = false;
        let kind = Kind::of(link.carrier);
        let before = self.client.current();
        if self.client.begin(cx.now, id) {
            cx.note(|| format!("client: begins link {id}"));
            if before.is_some() {
                cx.count(Fault::Takeover);
            }
            if self.last.replace(kind).is_some_and(|last| last != kind) {
                self.moves += 1;
            }
            self.attempts = 0;
        }
        self.drain(cx, network);
    }
}

impl Kind {
    fn of(carrier: Carrier) -> Self {
        match carrier {
            Carrier::WebSocket => Self::WebSocket,
            Carrier::Http(polling) if polling.hold.is_zero() => Self::Periodic,
            Carrier::Http(_) => Self::LongPoll,
        }
    }
}
