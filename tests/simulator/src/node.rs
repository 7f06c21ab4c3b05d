//! The server: one node that hosts sessions, as a driver of the core does it.

use crate::application::{Application, Endpoint, Sent};
use crate::context::{Context, CopyId, Event, SocketId};
use crate::fault::Fault;
use crate::history::Direction;
use crate::network::{Network, Way};
use crate::scenario::{Injection, Pace, Scenario};
use std::collections::BTreeMap;
use std::time::Duration;
use throughline_core::message::OVERHEAD;
use throughline_core::session::{End, SendError, Setup, Take, Transmit};
use throughline_core::wire::native::{
    Abort, Begin, Cursors, Frame, Hello, PollRequest, Request, Response, Secret, Welcome,
    websocket::{self, Carried},
};
use throughline_core::{Code, Input, Message, Output, Session, Time};

#[derive(Debug)]
pub(crate) struct Node {
    scenario: Scenario,
    pub(crate) sessions: BTreeMap<String, Hosted>,
    connections: BTreeMap<SocketId, Connection>,
    /// Which session a request is held by.
    requests: BTreeMap<CopyId, String>,
    /// The highest poll number that each generation brought.
    polls: BTreeMap<(String, u64), u64>,
    opened: u64,
    salt: u64,
}

/// A session and its application.
#[derive(Debug)]
pub(crate) struct Hosted {
    pub(crate) session: Session,
    pub(crate) application: Option<Application>,
    pub(crate) starts: u32,
    pub(crate) end: Option<End>,
    pub(crate) ends: u32,
    /// The node restarted: it does not know the session any more.
    pub(crate) forgotten: bool,
}

/// A WebSocket connection.
#[derive(Debug)]
struct Connection {
    /// The session that it said hello to.
    session: Option<String>,
    /// The generation that it began.
    generation: Option<u64>,
    /// Until when it has to begin (spec LIV-5).
    until: Time,
}

const BEGINNING: Duration = Duration::from_secs(10);

impl Node {
    pub(crate) fn new(scenario: Scenario, salt: u64) -> Self {
        Self {
            scenario,
            sessions: BTreeMap::new(),
            connections: BTreeMap::new(),
            requests: BTreeMap::new(),
            polls: BTreeMap::new(),
            opened: 0,
            salt,
        }
    }

    // Saying hello.

    fn open(&mut self, cx: &mut Context, hello: &Hello) -> Welcome {
        self.opened += 1;
        let id = format!("n{}.{:x}", self.opened, self.salt);
        let bits = [
            cx.random.next().to_be_bytes(),
            cx.random.next().to_be_bytes(),
        ]
        .concat();
        let setup = Setup {
            id: id.clone(),
            secret: Secret::new(bits.try_into().expect("two numbers make 16 bytes")),
            limits: self.scenario.limits.clone(),
            window: hello.window,
            protocol: None,
            token_expires: self.scenario.token.map(|lives| cx.now + lives),
        };
        let (session, welcome) = Session::open(cx.now, setup);
        let hosted = Hosted {
            session,
            application: None,
            starts: 0,
            end: None,
            ends: 0,
            forgotten: false,
        };
        self.sessions.insert(id, hosted);
        welcome
    }

    /// Answers a hello. `own` is the session that this link said hello to before.
    fn greet(&mut self, cx: &mut Context, hello: &Hello, own: Option<&str>) -> Response {
        let Some(id) = hello.session.as_deref().or(own) else {
            return Response::Welcome(self.open(cx, hello));
        };
        let proves = |hosted: &Hosted| {
            let secret = hello.secret.as_ref();
            secret.map_or(hello.session.is_none(), |secret| {
                hosted.session.proves(secret)
            })
        };
        match self.known(id) {
            Some(hosted) if proves(hosted) => match hosted.session.hello(cx.now) {
                Ok(welcome) => Response::Welcome(welcome),
                Err(tombstone) => Response::Abort(tombstone.abort()),
            },
            _ => Response::Abort(unknown()),
        }
    }

    fn known(&mut self, id: &str) -> Option<&mut Hosted> {
        self.sessions.get_mut(id).filter(|hosted| !hosted.forgotten)
    }

    // WebSocket connections.

    pub(crate) fn accept(&mut self, cx: &Context, socket: SocketId) {
        let connection = Connection {
            session: None,
            generation: None,
            until: cx.now + BEGINNING,
        };
        self.connections.insert(socket, connection);
    }

    pub(crate) fn receive(
        &mut self,
        cx: &mut Context,
        network: &mut Network,
        socket: SocketId,
        carried: Carried,
    ) {
        let Some(connection) = self.connections.get(&socket) else {
            return;
        };
        let decoded = websocket::decode(carried);
        cx.note(|| format!("server < socket {socket}: {}", show(&decoded)));
        match (decoded, connection.generation) {
            (Ok(Frame::Hello(hello)), None) => self.receive_hello(cx, network, socket, &hello),
            (Ok(Frame::Begin(begin)), None) => self.receive_begin(cx, network, socket, begin),
            (Ok(frame), Some(generation)) => {
                self.handle(cx, network, socket, Input::Frame(generation, frame));
            }
            (Ok(_), None) | (Err(_), _) => self.drop_connection(cx, network, socket),
        }
    }

    fn receive_hello(
        &mut self,
        cx: &mut Context,
        network: &mut Network,
        socket: SocketId,
        hello: &Hello,
    ) {
        let own = self.connections[&socket].session.clone();
        let frame = match self.greet(cx, hello, own.as_deref()) {
            Response::Welcome(welcome) => {
                let offer = Duration::from_millis(welcome.limits.offer);
                if let Some(connection) = self.connections.get_mut(&socket) {
                    connection.session = Some(welcome.session.clone());
                    connection.until = cx.now + offer;
                }
                Frame::Welcome(welcome)
            }
            Response::Abort(abort) => Frame::Abort(abort),
            other => unreachable!("a hello is welcomed or aborted, not {other:?}"),
        };
        network.send(cx, socket, Way::Down, websocket::encode(&frame));
    }

    fn receive_begin(
        &mut self,
        cx: &mut Context,
        network: &mut Network,
        socket: SocketId,
        begin: Begin,
    ) {
        let Some(connection) = self.connections.get_mut(&socket) else {
            return;
        };
        if connection.session.is_none() {
            return self.drop_connection(cx, network, socket);
        }
        connection.generation = Some(begin.generation);
        self.handle(cx, network, socket, Input::Begin(begin));
        self.pump(cx, network, socket);
    }

    /// Hands an input to the session of a connection, and does what it then wants.
    fn handle(&mut self, cx: &mut Context, network: &mut Network, socket: SocketId, input: Input) {
        let Some(id) = self.session_of(socket) else {
            return;
        };
        if let Some(hosted) = self.known(&id) {
            hosted.session.handle(cx.now, input);
        }
        self.drain(cx, network, &id);
    }

    fn session_of(&self, socket: SocketId) -> Option<String> {
        self.connections.get(&socket)?.session.clone()
    }

    /// Writes what the session has for a connection, while there is room.
    pub(crate) fn pump(&mut self, cx: &mut Context, network: &mut Network, socket: SocketId) {
        let Some(connection) = self.connections.get(&socket) else {
            return;
        };
        let (Some(id), Some(generation)) = (connection.session.clone(), connection.generation)
        else {
            return;
        };
        while network.has_room(socket) {
            let Some(hosted) = self.known(&id) else {
                return self.drop_connection(cx, network, socket);
            };
            match hosted.session.transmit(cx.now, generation) {
                Transmit::Frame(frame) => {
                    network.send(cx, socket, Way::Down, websocket::encode(&frame));
                }
                Transmit::Idle => return,
                Transmit::End(last) => {
                    if let Some(frame) = last {
                        network.send(cx, socket, Way::Down, websocket::encode(&frame));
                    }
                    return self.drop_connection(cx, network, socket);
                }
            }
        }
    }

    fn drop_connection(&mut self, cx: &mut Context, network: &mut Network, socket: SocketId) {
        network.close(cx, socket, Way::Down);
        self.lose(cx, network, socket);
    }

    pub(crate) fn lose(&mut self, cx: &mut Context, network: &mut Network, socket: SocketId) {
        let Some(connection) = self.connections.remove(&socket) else {
            return;
        };
        if let (Some(id), Some(generation)) = (connection.session, connection.generation) {
            if let Some(hosted) = self.known(&id) {
                hosted.session.handle(cx.now, Input::LinkLost(generation));
            }
            self.drain(cx, network, &id);
        }
    }

    // HTTP requests.

    pub(crate) fn receive_request(
        &mut self,
        cx: &mut Context,
        network: &mut Network,
        copy: CopyId,
        body: &bytes::Bytes,
    ) {
        match Request::decode(body) {
            Err(_) => network.reject(cx, copy),
            Ok(Request::Hello(hello)) => {
                let response = self.greet(cx, &hello, None);
                network.answer(cx, copy, response.encode());
            }
            Ok(Request::Poll(request)) => self.receive_poll(cx, network, copy, request),
        }
    }

    fn receive_poll(
        &mut self,
        cx: &mut Context,
        network: &mut Network,
        copy: CopyId,
        request: PollRequest,
    ) {
        let poll = &request.poll;
        let id = poll.session.clone();
        let secret = poll.secret;
        cx.note(|| {
            format!(
                "server < request {copy}: {poll:?}, {} items",
                request.items.len()
            )
        });
        if request.items.is_empty() {
            let highest = self.polls.entry((id.clone(), poll.generation)).or_default();
            if poll.number < *highest {
                cx.count(Fault::Overtaken);
            } else if poll.number > *highest && self.requests.values().any(|held| *held == id) {
                cx.count(Fault::Superseded);
            }
            *highest = poll.number.max(*highest);
        }
        match self.known(&id) {
            Some(hosted) if hosted.session.proves(&secret) => {
                let input = Input::Request(copy, request);
                hosted.session.handle(cx.now, input);
                self.requests.insert(copy, id.clone());
                self.drain(cx, network, &id);
            }
            _ => network.answer(cx, copy, Response::Abort(unknown()).encode()),
        }
    }

    pub(crate) fn request_gone(&mut self, cx: &mut Context, network: &mut Network, copy: CopyId) {
        let Some(id) = self.requests.remove(&copy) else {
            return;
        };
        if let Some(hosted) = self.known(&id) {
            hosted.session.handle(cx.now, Input::RequestGone(copy));
        }
        self.drain(cx, network, &id);
    }

    // What sessions want.

    pub(crate) fn drain(&mut self, cx: &mut Context, network: &mut Network, id: &str) {
        while let Some(output) = self.known(id).and_then(|hosted| hosted.session.poll()) {
            self.perform(cx, network, id, output);
        }
    }

    fn perform(&mut self, cx: &mut Context, network: &mut Network, id: &str, output: Output) {
        cx.note(|| format!("server {id}: {}", brief(&output)));
        match output {
            Output::Started => self.start(cx, id),
            Output::Transport(_) | Output::LinkFailed(..) => {}
            Output::Answer(copy, response) => {
                self.requests.remove(&copy);
                network.answer(cx, copy, response.encode());
            }
            Output::Wake(generation) => {
                if let Some(socket) = self.connection_of(id, generation) {
                    self.pump(cx, network, socket);
                }
            }
            Output::Token(_) => {
                let delay = cx.random.millis(0..50);
                cx.after(delay, Event::TokenChecked(id.to_owned()));
            }
            Output::Ended(end) => {
                if let Some(hosted) = self.known(id) {
                    hosted.end = Some(end);
                    hosted.ends += 1;
                }
            }
        }
    }

    fn start(&mut self, cx: &Context, id: &str) {
        let Scenario { up, down, .. } = &self.scenario;
        let application = Application::new(cx.now, id, Direction::Down, down, up);
        if let Some(hosted) = self.known(id) {
            hosted.starts += 1;
            hosted.application = Some(application);
        }
    }

    fn connection_of(&self, id: &str, generation: u64) -> Option<SocketId> {
        self.connections
            .iter()
            .find(|(_, connection)| {
                connection.session.as_deref() == Some(id)
                    && connection.generation == Some(generation)
            })
            .map(|(socket, _)| *socket)
    }

    pub(crate) fn token_checked(&mut self, cx: &mut Context, network: &mut Network, id: &str) {
        let expires = self.scenario.token.map(|lives| cx.now + lives);
        if let Some(hosted) = self.known(id) {
            hosted.session.handle(cx.now, Input::TokenAccepted(expires));
        }
        self.drain(cx, network, id);
    }

    // Time.

    pub(crate) fn deadline(&self, now: Time) -> Option<Time> {
        let hosted = self.sessions.values().filter(|hosted| !hosted.forgotten);
        let sessions = hosted
            .clone()
            .filter_map(|hosted| hosted.session.deadline());
        let applications = hosted
            .filter(|hosted| hosted.end.is_none())
            .filter_map(|hosted| hosted.application.as_ref()?.wake(now));
        let connections = self
            .connections
            .values()
            .filter(|connection| connection.generation.is_none())
            .map(|connection| connection.until);
        sessions.chain(applications).chain(connections).min()
    }

    pub(crate) fn time_out(&mut self, cx: &mut Context, network: &mut Network) {
        let due = |at: Option<Time>| at.is_some_and(|at| at <= cx.now);
        let sessions: Vec<String> = self
            .sessions
            .iter()
            .filter(|(_, hosted)| !hosted.forgotten && due(hosted.session.deadline()))
            .map(|(id, _)| id.clone())
            .collect();
        let idle: Vec<SocketId> = self
            .connections
            .iter()
            .filter(|(_, connection)| connection.generation.is_none() && connection.until <= cx.now)
            .map(|(socket, _)| *socket)
            .collect();
        for id in sessions {
            if let Some(hosted) = self.known(&id) {
                hosted.session.handle(cx.now, Input::Timeout);
            }
            self.drain(cx, network, &id);
        }
        for socket in idle {
            self.drop_connection(cx, network, socket);
        }
    }

    /// Lets the applications do what they can.
    pub(crate) fn run(&mut self, cx: &mut Context, network: &mut Network) {
        let ids: Vec<String> = self
            .sessions
            .iter()
            .filter(|(_, hosted)| hosted.application.is_some() && hosted.end.is_none())
            .map(|(id, _)| id.clone())
            .collect();
        for id in ids {
            let Some(hosted) = self.known(&id) else {
                continue;
            };
            let Hosted {
                session,
                application,
                ..
            } = hosted;
            if let Some(application) = application {
                application.run(cx, session);
            }
            self.drain(cx, network, &id);
        }
    }

    // What the scenario does.

    pub(crate) fn close(&mut self, cx: &mut Context, network: &mut Network, id: &str) {
        if let Some(hosted) = self.known(id) {
            let code = Code::application(4321).expect("the code is an application's");
            let closed = hosted.session.close(cx.now, code, "that was all");
            closed.expect("the reason is short");
        }
        self.drain(cx, network, id);
    }

    /// Does the server's part of an injected end. Says whether that took place.
    pub(crate) fn inject(
        &mut self,
        cx: &mut Context,
        network: &mut Network,
        id: &str,
        injection: Injection,
    ) -> bool {
        if self.known(id).is_none_or(|hosted| hosted.end.is_some()) {
            return false;
        }
        match injection {
            Injection::Forget => self.forget(cx, network, id),
            Injection::Overflow => self.overflow(cx, network, id),
            Injection::WindowExceeded => self.stall(id),
            Injection::TakeOver => self.steal(cx, network, id),
            Injection::Expire | Injection::TokenExpires => {}
        }
        true
    }

    /// The node restarts.
    fn forget(&mut self, cx: &mut Context, network: &mut Network, id: &str) {
        if let Some(hosted) = self.known(id) {
            hosted.forgotten = true;
        }
        let sockets: Vec<SocketId> = self.connections.keys().copied().collect();
        for socket in sockets {
            self.drop_connection(cx, network, socket);
        }
        for copy in std::mem::take(&mut self.requests).into_keys() {
            network.reject(cx, copy);
        }
    }

    /// Sends until the log is full, then gives the slow client up.
    fn overflow(&mut self, cx: &mut Context, network: &mut Network, id: &str) {
        if let Some(hosted) = self.known(id)
            && let Some(application) = &mut hosted.application
        {
            application.total = u64::MAX;
            application.pace = Pace::Every(Duration::ZERO);
            application.stalled = true;
            application.run(cx, &mut hosted.session);
            application.total = application.sent;
            let code = Code::OVERFLOW;
            hosted.session.abort(code, code.reason(), None);
        }
        self.drain(cx, network, id);
    }

    /// The application takes nothing any more, so that the client's window fills.
    fn stall(&mut self, id: &str) {
        if let Some(application) = self
            .known(id)
            .and_then(|hosted| hosted.application.as_mut())
        {
            application.stalled = true;
        }
    }

    /// More messages than any window lets through, whatever they cost.
    pub(crate) fn excess(&self) -> u64 {
        (self.scenario.limits.window / OVERHEAD) as u64 + 1
    }

    /// Another client, with the same credentials and of few words.
    fn steal(&mut self, cx: &mut Context, network: &mut Network, id: &str) {
        if let Some(hosted) = self.known(id)
            && let Ok(welcome) = hosted.session.hello(cx.now)
        {
            let begin = Begin {
                generation: welcome.generation,
                cursors: Cursors::default(),
                first: welcome.received + 1,
            };
            hosted.session.handle(cx.now, Input::Begin(begin));
        }
        self.drain(cx, network, id);
    }
}

impl Endpoint for Session {
    fn send(&mut self, now: Time, message: Message) -> Sent {
        match Session::send(self, now, message) {
            Ok(_) => Sent::Numbered,
            Err(SendError::Full) => Sent::Full,
            Err(_) => Sent::Closed,
        }
    }

    fn take(&mut self, now: Time) -> Option<Message> {
        match Session::take(self, now) {
            Take::Message(message) => Some(message),
            Take::Empty | Take::End => None,
        }
    }
}

/// What is said of a session that nobody knows, or whose secret is wrong (spec ABT-3).
fn unknown() -> Abort {
    let code = Code::UNKNOWN_SESSION;
    Abort {
        code,
        reason: code.reason().to_owned(),
        received: None,
        ack: None,
        retry_after: None,
    }
}

/// A frame, without the bodies of messages.
pub(crate) fn show<E: std::fmt::Debug>(frame: &Result<Frame, E>) -> String {
    match frame {
        Ok(Frame::Sequenced(seq_mod, throughline_core::wire::native::Item::Message(message))) => {
            format!("message {seq_mod} of {} bytes", message.len())
        }
        Ok(frame) => format!("{frame:?}"),
        Err(error) => format!("{error:?}"),
    }
}

fn brief(output: &Output) -> String {
    match output {
        Output::Answer(copy, Response::Answer(batch)) => format!(
            "answer {copy}: {:?}, {} items",
            batch.answer,
            batch.items.len()
        ),
        other => format!("{other:?}"),
    }
}
