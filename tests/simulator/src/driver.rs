//! The client's driver: which links to open and when to move, and the wires between client and network.

use crate::application::{Application, Endpoint, Sent};
use crate::context::{Context, Event, SocketId};
use crate::fault::Fault;
use crate::history::Direction;
use crate::network::{Network, Way};
use crate::node::show;
use crate::scenario::{Injection, Scenario};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;
use throughline_client::{
    Carrier, Client, End, Input, LinkId, Output, Polling, RequestId, SendError, Setup,
};
use throughline_core::wire::native::{
    Frame, Response, Welcome,
    websocket::{self, Carried},
};
use throughline_core::{Code, Message, Time};

#[derive(Debug)]
pub(crate) struct Driver {
    scenario: Scenario,
    pub(crate) client: Client,
    pub(crate) application: Option<Application>,
    links: BTreeMap<LinkId, Link>,
    sockets: BTreeMap<SocketId, LinkId>,
    tasks: BTreeMap<(Time, u64), Task>,
    scheduled: u64,
    /// A new attempt is due, since nothing carries the session.
    retrying: bool,
    attempts: u32,
    last: Option<Kind>,
    /// How often the session moved from one kind of transport to another.
    pub(crate) moves: u64,
    pub(crate) opened: u32,
    pub(crate) ends: Vec<End>,
}

#[derive(Debug)]
struct Link {
    carrier: Carrier,
    socket: Option<SocketId>,
    purpose: Purpose,
    offered: bool,
}

/// Why a link was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// Nothing carried the session.
    Connect,
    /// It shall take over.
    Move,
}

/// What the driver does by itself at some time.
#[derive(Clone, Copy, Debug)]
enum Task {
    Open(Carrier, Purpose),
    Retry,
    Hint,
    Refresh,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    WebSocket,
    LongPoll,
    Periodic,
}

/// After so many failed requests in a row, another transport is tried.
const PATIENCE: u32 = 5;

impl Driver {
    pub(crate) fn new(cx: &mut Context, scenario: Scenario) -> Self {
        let setup = Setup {
            token: scenario.token.map(|_| "token".to_owned()),
            window: scenario.window,
            ..Setup::default()
        };
        let mut driver = Self {
            client: Client::new(setup),
            application: None,
            links: BTreeMap::new(),
            sockets: BTreeMap::new(),
            tasks: BTreeMap::new(),
            scheduled: 0,
            retrying: false,
            attempts: 0,
            last: None,
            moves: 0,
            opened: 0,
            ends: Vec::new(),
            scenario,
        };
        driver.plan(cx);
        driver
    }

    fn plan(&mut self, cx: &mut Context) {
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
    fn ensure_progress(&mut self, cx: &mut Context, network: &mut Network) {
        if self.client.is_ended() || self.retrying {
            return;
        }
        if self.client.current().is_none() {
            if let Some(offered) = self.first_offered() {
                return self.begin(cx, network, offered);
            }
            let waits = !self.links.is_empty() || !self.tasks_open_links();
            if !self.links.is_empty() || (self.attempts == 0 && !waits) {
                return;
            }
        } else if self.client.failures() < PATIENCE || self.links.len() > 1 {
            return;
        }
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
        let carrier = match cx.random.within(0..3) {
            0 => Carrier::WebSocket,
            1 => Carrier::Http(Polling {
                hold: Duration::from_secs(25),
                interval: Duration::ZERO,
            }),
            _ => Carrier::Http(Polling {
                hold: Duration::ZERO,
                interval: cx.random.millis(100..2000),
            }),
        };
        let purpose = match self.client.current() {
            None => Purpose::Connect,
            Some(_) => Purpose::Move,
        };
        self.open(cx, network, carrier, purpose);
    }

    fn begin(&mut self, cx: &mut Context, network: &mut Network, id: LinkId) {
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

    // What happens to the client.

    pub(crate) fn handle(&mut self, cx: &mut Context, network: &mut Network, input: Input) {
        self.client.handle(cx.now, input);
        self.drain(cx, network);
    }

    pub(crate) fn connected(&mut self, cx: &mut Context, network: &mut Network, socket: SocketId) {
        if let Some(link) = self.sockets.get(&socket).copied() {
            self.handle(cx, network, Input::Opened(link));
        }
    }

    pub(crate) fn lost(&mut self, cx: &mut Context, network: &mut Network, socket: SocketId) {
        if let Some(link) = self.sockets.get(&socket).copied() {
            self.handle(cx, network, Input::Lost(link));
        }
    }

    pub(crate) fn receive(
        &mut self,
        cx: &mut Context,
        network: &mut Network,
        socket: SocketId,
        carried: Carried,
    ) {
        let Some(link) = self.sockets.get(&socket).copied() else {
            return;
        };
        let decoded = websocket::decode(carried);
        cx.note(|| format!("client < socket {socket}: {}", show(&decoded)));
        let input = match decoded {
            Ok(Frame::Welcome(welcome)) => Input::Frame(link, Frame::Welcome(self.doctor(welcome))),
            Ok(frame) => Input::Frame(link, frame),
            Err(_) => Input::Lost(link),
        };
        self.handle(cx, network, input);
    }

    pub(crate) fn receive_answer(
        &mut self,
        cx: &mut Context,
        network: &mut Network,
        request: RequestId,
        body: &Bytes,
    ) {
        let input = match Response::decode(body) {
            Ok(Response::Welcome(welcome)) => {
                Input::Answer(request, Response::Welcome(self.doctor(welcome)))
            }
            Ok(response) => {
                cx.note(|| format!("client < answer {request}: {}", show_answer(&response)));
                Input::Answer(request, response)
            }
            Err(_) => Input::Failed(request),
        };
        self.handle(cx, network, input);
    }

    /// Makes the client one that does not keep to the window, where the scenario wants that.
    fn doctor(&self, mut welcome: Welcome) -> Welcome {
        if self.scenario.injection() == Some(Injection::WindowExceeded) {
            welcome.limits.window = u64::from(u32::MAX);
        }
        welcome
    }

    // What the client wants.

    pub(crate) fn drain(&mut self, cx: &mut Context, network: &mut Network) {
        while let Some(output) = self.client.poll() {
            self.perform(cx, network, output);
        }
        self.ensure_progress(cx, network);
    }

    fn perform(&mut self, cx: &mut Context, network: &mut Network, output: Output) {
        match output {
            Output::Frame(link, frame) => {
                cx.note(|| {
                    format!(
                        "client > link {link}: {}",
                        show::<Infallible>(&Ok(frame.clone()))
                    )
                });
                if let Some(socket) = self.links.get(&link).and_then(|link| link.socket) {
                    network.send(cx, socket, Way::Up, websocket::encode(&frame));
                }
            }
            Output::Request(link, request, body) => {
                cx.note(|| format!("client > link {link}, request {request}"));
                network.post(cx, link, request, body.encode());
            }
            Output::Cancel(request) => network.cancel(cx, request),
            Output::Drop(link) => self.drop_link(cx, network, link),
            Output::Offered(link) => self.offered(cx, network, link),
            Output::LinkLost(link, end) => cx.note(|| format!("client: lost link {link}, {end:?}")),
            Output::Opened => self.start(cx),
            Output::TokenAccepted(_) => {}
            Output::Ended(end) => {
                cx.note(|| format!("client: ended {end:?}"));
                self.ends.push(end);
            }
        }
    }

    fn drop_link(&mut self, cx: &mut Context, network: &mut Network, id: LinkId) {
        network.cancel_link(cx, id);
        if let Some(link) = self.links.remove(&id)
            && let Some(socket) = link.socket
        {
            self.sockets.remove(&socket);
            network.close(cx, socket, Way::Up);
        }
    }

    fn offered(&mut self, cx: &mut Context, network: &mut Network, id: LinkId) {
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        link.offered = true;
        if link.purpose == Purpose::Move || self.client.current().is_none() {
            self.begin(cx, network, id);
        }
    }

    fn start(&mut self, cx: &Context) {
        self.opened += 1;
        let Scenario { up, down, .. } = &self.scenario;
        let session = self.client.session().expect("an open session has an id");
        let application = Application::new(cx.now, session, Direction::Up, up, down);
        self.application = Some(application);
    }

    /// Lets the application do what it can.
    pub(crate) fn run(&mut self, cx: &mut Context, network: &mut Network) {
        if let Some(application) = &mut self.application {
            application.run(cx, &mut self.client);
        }
        self.drain(cx, network);
    }

    pub(crate) fn close(&mut self, cx: &mut Context, network: &mut Network) {
        let code = Code::application(1000).expect("the code is an application's");
        self.client.close(cx.now, code, "");
        self.drain(cx, network);
    }

    /// When the client or its application has something to do.
    pub(crate) fn deadline(&self, now: Time) -> Option<Time> {
        if self.client.is_ended() {
            return None;
        }
        let application = self.application.as_ref().and_then(|a| a.wake(now));
        let tasks = self.tasks.keys().map(|(at, _)| *at);
        tasks.chain(self.client.deadline()).chain(application).min()
    }

    /// Whether the client waits for something that will come.
    pub(crate) fn is_waiting_for_something(&self) -> bool {
        self.client.deadline().is_some() || !self.tasks.is_empty()
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

impl Endpoint for Client {
    fn send(&mut self, now: Time, message: Message) -> Sent {
        match Client::send(self, now, message) {
            Ok(_) => Sent::Numbered,
            Err(SendError::Full) => Sent::Full,
            Err(_) => Sent::Closed,
        }
    }

    fn take(&mut self, now: Time) -> Option<Message> {
        Client::take(self, now)
    }
}

fn show_answer(response: &Response) -> String {
    match response {
        Response::Answer(batch) => {
            let abort = batch.abort.is_some();
            format!(
                "{:?}, {} items, abort {abort}",
                batch.answer,
                batch.items.len()
            )
        }
        other => format!("{other:?}"),
    }
}
