//! Engine.IO in front of a session: what its clients do, as what happens to a [`Session`], and back.
//!
//! Polling and WebSocket clients of Engine.IO 3 and 4 get the same session as everybody: its order, its bounds, its
//! backpressure. What their wire format cannot carry is missing: numbers and acknowledgements. So a message
//! counts as delivered when its WebSocket took it, or when the client polls again; and a link that is lost ends the
//! session, since its client opens a new one. The invariant: every change of state ends in `settle`.
//!
//! Facts: the Engine.IO protocol, versions 3 and 4.

mod ending;
mod heartbeat;
mod polling;
mod settings;
mod stamps;
mod streams;
mod uplink;

pub use polling::{Answer, Stamp};
pub use settings::Settings;

use crate::session::{self, Output, RequestId, Session, Setup, Transport};
use crate::time::Time;
use crate::wire::Carried;
use crate::wire::engineio::{Handshake, Packet, Version};
use ending::Ending;
use heartbeat::Heartbeat;
use polling::Polling;
use std::collections::VecDeque;
use streams::Streams;
use uplink::Uplink;

/// What a driver uses to tell one WebSocket connection from another.
pub type LinkId = u64;

/// What can happen to an Engine.IO session from outside.
#[derive(Clone, Debug)]
pub enum Input {
    /// A whole request arrived.
    Request(RequestId, Request),
    /// Nobody waits for the answer to this request any more.
    RequestGone(RequestId),
    /// A WebSocket was opened that names this session.
    Opened(LinkId),
    /// A message arrived on that WebSocket.
    Received(LinkId, Carried),
    /// A message came on that WebSocket that is longer than the limit.
    TooLong(LinkId),
    /// That WebSocket is gone.
    Lost(LinkId),
    /// A deadline may have passed.
    Timeout,
}

/// What an HTTP request asks of a session. The stamp is what its client put into the URL to tell its requests apart.
#[derive(Clone, Debug)]
pub enum Request {
    /// A GET: what is there?
    Get(Option<Stamp>),
    /// A POST, with its whole body.
    Post(Option<Stamp>, Carried),
    /// A body of neither kind, or whatever else this session cannot be asked.
    Bad,
}

/// One Engine.IO session, on the server's side.
#[derive(Debug)]
pub struct Engine {
    session: Session,
    settings: Settings,
    heartbeat: Heartbeat,
    polling: Polling,
    streams: Streams,
    uplink: Uplink,
    /// The client is gone, or is told to go.
    ending: Option<Ending>,
    outputs: VecDeque<Output<Answer>>,
}

impl Engine {
    /// Opens a session over a WebSocket, or over polling where `link` is none; its handler starts at once.
    ///
    /// The first packet over a WebSocket is the handshake; over polling the driver answers with [`opening`](Self::opening).
    #[must_use]
    pub fn open(now: Time, setup: Setup, settings: Settings, link: Option<LinkId>) -> Self {
        let setup = Setup {
            limits: settings.limits(&setup.limits),
            ..setup
        };
        let (mut session, _) = Session::open(now, setup);
        let transport = match link {
            Some(_) => Transport::WebSocket,
            None => Transport::LongPoll,
        };
        session.carry(now, transport);
        let mut engine = Self {
            session,
            heartbeat: Heartbeat::start(now, &settings),
            streams: Streams::new(now, link, settings.version),
            settings,
            polling: Polling::default(),
            uplink: Uplink::default(),
            ending: None,
            // That it has started, and what carries it.
            outputs: VecDeque::with_capacity(2),
        };
        engine.settle(now);
        engine
    }

    /// The first packet: the session's parameters.
    #[must_use]
    pub fn opening(&self) -> Packet {
        let Settings {
            sid,
            ping_interval,
            ping_timeout,
            max_payload,
            upgrades,
            ..
        } = &self.settings;
        let may_upgrade = *upgrades && self.streams.carrier().is_none();
        Packet::from(&Handshake {
            sid: sid.clone(),
            upgrades: may_upgrade
                .then(|| "websocket".to_owned())
                .into_iter()
                .collect(),
            ping_interval: session::millis(*ping_interval),
            ping_timeout: session::millis(*ping_timeout),
            max_payload: *max_payload as u64,
        })
    }

    /// The client's version of the protocol.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.settings.version
    }

    /// The session behind it.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// The session behind it, for the application's calls. Call [`settle`](Self::settle) afterwards.
    pub const fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Applies what happened. Drain [`poll`](Self::poll) afterwards.
    pub fn handle(&mut self, now: Time, input: Input) {
        // Whatever comes too late comes too late, also when the driver's timers are.
        self.time_out(now);
        match input {
            Input::Request(id, request) => self.receive_request(now, id, request),
            Input::RequestGone(id) => self.forget_request(now, id),
            Input::Opened(link) => self.open_stream(now, link),
            Input::Received(link, carried) => self.receive_carried(now, link, carried),
            Input::TooLong(link) => self.lose_stream(now, link, Ending::TRANSPORT_ERROR),
            Input::Lost(link) => self.lose_stream(now, link, Ending::TRANSPORT_CLOSE),
            Input::Timeout => {}
        }
        self.settle(now);
    }

    /// Whether [`poll`](Self::poll) has something: most steps leave nothing.
    #[must_use]
    pub fn has_outputs(&self) -> bool {
        !self.outputs.is_empty()
    }

    /// What the driver has to do next; `None` when there is nothing.
    pub fn poll(&mut self) -> Option<Output<Answer>> {
        self.outputs.pop_front()
    }

    /// When to hand in [`Input::Timeout`]. `None` only after the end.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        let session = self.session.deadline();
        if self.is_over() {
            return session;
        }
        let heartbeat = self.heartbeat.deadline();
        let lasting = session.map_or(heartbeat, |session| session.min(heartbeat));
        let is_steady =
            self.polling.is_at_rest() && self.streams.is_at_rest() && self.uplink.is_at_rest();
        if is_steady {
            return Some(lasting);
        }
        Time::earliest([
            Some(lasting),
            self.polling.deadline(),
            self.streams.deadline(),
            self.uplink.deadline(),
        ])
    }

    fn time_out(&mut self, now: Time) {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        self.session.handle(now, session::Input::Timeout);
        if self.is_over() {
            return;
        }
        self.beat(now);
        self.polling_time_out(now);
        self.streams.time_out(now);
    }

    /// Decides what leaves now, and what is taken. Every change of state ends here.
    pub fn settle(&mut self, now: Time) {
        if !self.uplink.is_empty() {
            self.take_uplink(now);
        }
        self.finish_ending();
        if self.is_parked() {
            self.answer_parked(now);
        }
        self.forward();
    }

    fn forward(&mut self) {
        if self.session.has_outputs() {
            self.forward_outputs();
        }
    }

    /// Passes on what the session wants; this engine answers its requests itself.
    #[inline(never)]
    fn forward_outputs(&mut self) {
        while let Some(output) = self.session.poll() {
            let forwarded = match output {
                Output::Started => Some(Output::Started),
                Output::Transport(transport) => Some(Output::Transport(transport)),
                Output::Wake(_) => self.streams.carrier().map(Output::Wake),
                Output::Ended(end) => {
                    self.let_streams_go();
                    Some(Output::Ended(end))
                }
                // Nothing of the native protocol is handed in.
                Output::Answer(..) | Output::LinkFailed(..) | Output::Token(_) => None,
            };
            self.outputs.extend(forwarded);
        }
    }

    /// Whether a message that is sent now leaves at once: the WebSocket keeps up, or a poll waits.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        let may_leave = self.streams.carrier().is_some() || self.is_parked();
        may_leave && !self.is_over() && self.session.is_writable()
    }

    /// Whether no more can be taken from this WebSocket now, since the application takes nothing. A probe brings nothing for
    /// the application, and is always heard.
    #[must_use]
    pub fn is_full(&self, link: LinkId) -> bool {
        self.uplink.is_blocked() && self.streams.carrier() == Some(link)
    }
}
