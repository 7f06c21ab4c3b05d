//! The task that drives the state machine: hands in what happened, carries out what it wants.

use super::links::{Links, Network};
use super::{Plan, Shared};
use crate::target::Target;
use std::sync::{Arc, Weak};
use std::time::Duration;
use throughline_client::{Input, LinkEnd, LinkId, Output};
use throughline_core::Time;
use throughline_core::session::Transport;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// The pause after the first failure in a row; it doubles with each further one.
const PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(256);

/// What the driver is told.
#[derive(Debug)]
pub(super) enum Event {
    /// The application called: look whether there is something to do.
    Called,
    /// Something happened on a link.
    Input(Input),
    /// The test wants the network to fail.
    Cut,
    /// The test takes the network away, or gives it back.
    Network(Network),
    /// The test wants another transport.
    Switch(Transport),
}

pub(super) struct Driver {
    /// Weak, so that the task ends with the client.
    shared: Weak<Shared>,
    plan: Plan,
    links: Links,
    /// The link that is to carry the session next, or does already.
    wanted: Option<LinkId>,
    failures: u32,
    retry: Option<Instant>,
}

impl Driver {
    pub(super) fn new(
        shared: &Arc<Shared>,
        target: &Target,
        plan: Plan,
        events: mpsc::UnboundedSender<Event>,
    ) -> Self {
        Self {
            shared: Arc::downgrade(shared),
            links: Links::new(target, &plan, events),
            plan,
            wanted: None,
            failures: 0,
            retry: Some(Instant::now()),
        }
    }

    pub(super) async fn run(mut self, mut events: mpsc::UnboundedReceiver<Event>) {
        while let Some(deadline) = self.work() {
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) => self.apply(event),
                    None => return,
                },
                () = sleep_until(deadline) => self.apply(Event::Input(Input::Timeout)),
            }
        }
    }

    fn apply(&mut self, event: Event) {
        let Some(shared) = self.shared.upgrade() else {
            return;
        };
        match event {
            Event::Called => {}
            Event::Input(input) => {
                shared.lock().note(&input);
                shared.lock().model.handle(shared.now(), input);
                shared.news.notify_waiters();
            }
            Event::Cut => self.links.cut(),
            Event::Network(network) => self.links.set(network),
            Event::Switch(transport) => {
                shared.lock().transport = transport;
                self.open(&shared);
            }
        }
    }

    /// Does all that there is to do; says when to look again, or that the client is gone.
    fn work(&mut self) -> Option<Instant> {
        let shared = self.shared.upgrade()?;
        if self.retry.is_some_and(|at| at <= Instant::now()) {
            self.retry = None;
            self.open(&shared);
        }
        let mut has_news = false;
        while let Some(output) = { shared.lock().model.poll() } {
            self.carry_out(&shared, output);
            has_news = true;
        }
        if has_news {
            shared.news.notify_waiters();
        }
        let deadline = shared.lock().model.deadline();
        let deadline = deadline.map(|at| shared.start + at.since(Time::ZERO));
        let far = Instant::now() + Duration::from_secs(3600);
        [deadline, self.retry]
            .into_iter()
            .flatten()
            .min()
            .or(Some(far))
    }

    fn open(&mut self, shared: &Shared) {
        let mut state = shared.lock();
        if state.end.is_some() {
            return;
        }
        let carrier = self.plan.carrier(state.transport);
        let link = state.model.open(shared.now(), carrier);
        drop(state);
        self.wanted = Some(link);
        self.links.open(link, carrier);
    }

    fn carry_out(&mut self, shared: &Shared, output: Output) {
        match output {
            Output::Frame(link, frame) => self.links.send(link, frame),
            Output::Request(_, request, body) => self.links.request(request, body),
            Output::Cancel(request) => self.links.cancel(request),
            Output::Drop(link) => self.links.close(link),
            Output::Offered(link) => self.begin(shared, link),
            Output::LinkLost(link, end) => self.lose(shared, link, end),
            Output::Opened => shared.lock().is_open = true,
            Output::TokenAccepted(accepted) => shared.lock().tokens.push(accepted),
            Output::Ended(end) => shared.lock().end = Some(end),
        }
    }

    fn begin(&mut self, shared: &Shared, link: LinkId) {
        let mut state = shared.lock();
        if self.wanted == Some(link) && state.model.begin(shared.now(), link) {
            state.moves += 1;
            self.failures = 0;
        }
    }

    fn lose(&mut self, shared: &Shared, link: LinkId, end: LinkEnd) {
        if let LinkEnd::Refused(refuse) = end {
            shared.lock().refusal = Some(refuse);
            return;
        }
        let carries = shared.lock().model.current().is_some();
        if self.wanted == Some(link) || !carries {
            let pause = LONGEST_PAUSE.min(PAUSE * (1 << self.failures.min(16)));
            self.failures += 1;
            self.retry = Some(Instant::now() + pause);
        }
    }
}
