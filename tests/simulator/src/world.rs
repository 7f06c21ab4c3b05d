//! One simulated session from its first hello to its last trace, and what must hold at every step.

use crate::application::Application;
use crate::context::{Context, Event, Trace};
use crate::driver::Driver;
use crate::fault::{Fault, Faults};
use crate::history::Wrong;
use crate::network::{Network, Way};
use crate::node::{Hosted, Node};
use crate::random::Random;
use crate::scenario::{Closer, Ending, Injection, Pace, Scenario, When};
use crate::telling::Telling;
use crate::verdict;
use std::time::Duration;
use throughline_client::Input;
use throughline_core::{Code, Time};

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) cx: Context,
    pub(crate) scenario: Scenario,
    pub(crate) network: Network,
    pub(crate) node: Node,
    pub(crate) driver: Driver,
    /// Cursors that a held request has to tell.
    pub(crate) telling: Option<Telling>,
    closed: bool,
    /// How often the scenario struck to end the session.
    injected: bool,
}

/// What a run was like.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Summary {
    /// Messages that an application took.
    pub(crate) messages: u64,
    pub(crate) faults: Faults,
    pub(crate) moves: u64,
    /// Ends that were not orderly.
    pub(crate) ends: u64,
    /// Ends that the scenario brought about.
    pub(crate) injected: u64,
}

/// What did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Wrong(Wrong),
    /// A message was neither taken nor named at the end.
    Lost(String),
    Broken(String),
}

/// Longer than any scenario takes, in simulated time and in steps.
const LONGEST: Time = Time::from_millis(3 * 3600 * 1000);
const MOST_STEPS: u64 = 500_000;

impl World {
    pub(crate) fn new(mut random: Random, scenario: Scenario, trace: Trace) -> Self {
        let salt = random.next();
        let trouble = scenario.network.trouble;
        let mut cx = Context::new(random, trouble, trace);
        cx.note(|| format!("{scenario:#?}"));
        if let Ending::Injected(_, at) = scenario.ending {
            cx.after(at, Event::Injection);
        }
        let driver = Driver::new(&mut cx, scenario.clone());
        Self {
            network: Network::new(scenario.network.clone()),
            node: Node::new(scenario.clone(), salt),
            driver,
            telling: None,
            closed: false,
            injected: false,
            scenario,
            cx,
        }
    }

    /// Runs until both sides have come to an end.
    pub(crate) fn run(&mut self) -> Result<Summary, Failure> {
        let mut steps = 0;
        while !self.is_over() {
            self.step()?;
            steps += 1;
            if steps > MOST_STEPS || self.cx.now > LONGEST {
                return broken(format!("no end after {steps} steps and {}", self.cx.now));
            }
        }
        self.note_early_injection();
        verdict::final_check(self)?;
        Ok(self.summary())
    }

    fn is_over(&self) -> bool {
        let hosted = |hosted: &Hosted| hosted.forgotten || hosted.session.tombstone().is_some();
        self.driver.client.is_ended() && self.node.sessions.values().all(hosted)
    }

    fn step(&mut self) -> Result<(), Failure> {
        let now = self.cx.now;
        let next = [
            self.cx.next_event(),
            self.driver.deadline(now),
            self.node.deadline(now),
        ];
        let Some(next) = next.into_iter().flatten().min() else {
            return broken("nothing will ever happen again".to_owned());
        };
        self.cx.now = next.max(now);
        self.telling
            .map_or(Ok(()), |telling| telling.check(self.cx.now))?;
        self.time_out();
        while let Some(event) = self.cx.due() {
            self.happen(event);
        }
        self.settle();
        self.telling = Telling::of(self);
        verdict::check(self)
    }

    fn time_out(&mut self) {
        let Self {
            cx,
            network,
            node,
            driver,
            ..
        } = self;
        driver.run_tasks(cx, network);
        if driver.client.deadline().is_some_and(|at| at <= cx.now) {
            driver.handle(cx, network, Input::Timeout);
        }
        node.time_out(cx, network);
    }

    fn happen(&mut self, event: Event) {
        let Self {
            cx,
            network,
            node,
            driver,
            ..
        } = self;
        match event {
            Event::Accepted(socket) => node.accept(cx, socket),
            Event::Connected(socket) => driver.connected(cx, network, socket),
            Event::ToServer(socket, carried) => {
                if network.arrives(socket, Way::Up, &carried) {
                    node.receive(cx, network, socket, carried);
                }
            }
            Event::ToClient(socket, carried) => {
                if network.arrives(socket, Way::Down, &carried) {
                    driver.receive(cx, network, socket, carried);
                }
                node.pump(cx, network, socket);
            }
            Event::LostByServer(socket) => {
                network.close(cx, socket, Way::Down);
                node.lose(cx, network, socket);
                network.forget(socket);
            }
            Event::LostByClient(socket) => {
                driver.lost(cx, network, socket);
                network.forget(socket);
            }
            Event::Breaks(socket) => network.breaks(cx, socket),
            Event::RequestArrives(copy, body) => node.receive_request(cx, network, copy, &body),
            Event::RequestGone(copy) => node.request_gone(cx, network, copy),
            Event::AnswerArrives(request, body) => {
                driver.receive_answer(cx, network, request, &body);
            }
            Event::RequestFails(request) => driver.handle(cx, network, Input::Failed(request)),
            Event::TokenChecked(id) => node.token_checked(cx, network, &id),
            // Tasks and deadlines are looked at in every step.
            Event::Driver => {}
            Event::Injection => self.inject(),
        }
    }

    /// Lets the applications run, and closes when it is time.
    fn settle(&mut self) {
        let Self {
            cx,
            network,
            node,
            driver,
            ..
        } = self;
        driver.run(cx, network);
        node.run(cx, network);
        self.close_when_due();
    }

    fn close_when_due(&mut self) {
        let Ending::Close(closer, when) = self.scenario.ending else {
            return;
        };
        if self.closed || !self.is_time_to_close(closer, when) {
            return;
        }
        self.closed = true;
        let id = self.session().expect("an open session has an id");
        let Self {
            cx,
            network,
            node,
            driver,
            ..
        } = self;
        if closer != Closer::Server {
            driver.close(cx, network);
        }
        if closer != Closer::Client {
            node.close(cx, network, &id);
        }
    }

    fn is_time_to_close(&self, closer: Closer, when: When) -> bool {
        let (Some(client), Some(server)) = (&self.driver.application, self.server()) else {
            return false;
        };
        let done =
            |one: &Application, other: &Application| one.has_sent_all() && other.taken == one.total;
        match (when, closer) {
            (When::Done, _) | (When::Early, Closer::Both) => {
                done(client, server) && done(server, client)
            }
            (When::Early, Closer::Client) => client.has_sent_all(),
            (When::Early, Closer::Server) => server.has_sent_all(),
        }
    }

    /// The id of the session that the client is on.
    pub(crate) fn session(&self) -> Option<String> {
        self.driver.client.session().map(str::to_owned)
    }

    pub(crate) fn hosted(&self) -> Option<&Hosted> {
        self.node.sessions.get(self.driver.client.session()?)
    }

    fn server(&self) -> Option<&Application> {
        self.hosted()?.application.as_ref()
    }

    /// Brings the session to its end; where it is not open, later.
    fn inject(&mut self) {
        let Ending::Injected(injection, _) = self.scenario.ending else {
            return;
        };
        if self.driver.client.is_ended() {
            return;
        }
        if !self.driver.client.is_open() {
            return self.cx.after(RETRY, Event::Injection);
        }
        let id = self.session().expect("an open session has an id");
        let Self {
            cx,
            network,
            node,
            driver,
            ..
        } = self;
        if !node.inject(cx, network, &id, injection) {
            return;
        }
        match injection {
            Injection::Expire => network.black_out(cx, outlast(&self.scenario)),
            Injection::WindowExceeded => {
                if let Some(application) = &mut driver.application {
                    application.total = application.sent + node.excess();
                    application.pace = Pace::Every(Duration::ZERO);
                }
            }
            // The client may win the session back; then it is taken over again.
            Injection::TakeOver => cx.after(RETRY, Event::Injection),
            Injection::Forget | Injection::Overflow | Injection::TokenExpires => {}
        }
        self.note_injection();
    }

    /// Two ends are planned from the beginning, and may come before the scenario strikes.
    fn note_early_injection(&mut self) {
        let planned = match self.scenario.injection() {
            Some(Injection::WindowExceeded) => Code::WINDOW_EXCEEDED,
            Some(Injection::TokenExpires) => Code::TOKEN_EXPIRED,
            _ => return,
        };
        if self.driver.ends.iter().any(|end| end.code == planned) {
            self.note_injection();
        }
    }

    fn note_injection(&mut self) {
        if let Some(injection) = self.scenario.injection()
            && !std::mem::replace(&mut self.injected, true)
        {
            self.cx.count(fault(injection));
        }
    }

    fn summary(&self) -> Summary {
        let taken = |application: Option<&Application>| application.map_or(0, |a| a.taken);
        let hosted = self.node.sessions.values();
        let unclean = self.driver.ends.iter().filter(|end| !end.clean).count();
        Summary {
            messages: taken(self.driver.application.as_ref())
                + hosted.map(|h| taken(h.application.as_ref())).sum::<u64>(),
            faults: self.cx.faults,
            moves: self.driver.moves,
            ends: unclean as u64,
            injected: u64::from(self.injected),
        }
    }
}

const RETRY: Duration = Duration::from_millis(700);

/// Longer than the session is kept: a last poll, silence, absence and retention.
fn outlast(scenario: &Scenario) -> Duration {
    let limits = &scenario.limits;
    let absence = Duration::from_secs(3);
    limits.hold + limits.heartbeat + limits.timeout + absence + limits.retention
}

fn fault(injection: Injection) -> Fault {
    match injection {
        Injection::Forget => Fault::Forgotten,
        Injection::Expire => Fault::Expired,
        Injection::Overflow => Fault::Overflow,
        Injection::WindowExceeded => Fault::WindowExceeded,
        Injection::TokenExpires => Fault::TokenExpired,
        Injection::TakeOver => Fault::TakenOver,
    }
}

pub(crate) fn broken<T>(what: String) -> Result<T, Failure> {
    Err(Failure::Broken(what))
}
