//! The client's driver: which links to open and when to move, and the wires between client and network.

mod policy;

use crate::application::{Application, Endpoint, Sent};
use crate::context::{Context, SocketId};
use crate::history::Direction;
use crate::network::{Network, Way};
use crate::node::show;
use crate::scenario::{Injection, Scenario};
use bytes::Bytes;
use policy::{Kind, Purpose, Task};
use std::collections::BTreeMap;
use std::convert::Infallible;
use throughline_client::{
    Carrier, Client, End, Input, LinkId, Output, RequestId, SendError, Setup,
};
use throughline_core::wire::Carried;
use throughline_core::wire::native::{Frame, Response, Welcome, websocket};
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
            Ok(Frame::Welcome(welcome)) => {
                Input::Frame(link, Frame::Welcome(Box::new(self.doctor(*welcome))))
            }
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
                Input::Answer(request, Response::Welcome(Box::new(self.doctor(*welcome))))
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
