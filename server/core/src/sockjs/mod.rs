//! SockJS in front of a session: what its clients do, as what happens to a [`Session`], and back.
//!
//! Clients over WebSocket, streaming responses and polls get the same session as everybody: its order, its bounds, its
//! backpressure. What their wire format cannot carry is missing: numbers and acknowledgements. So a message counts as
//! delivered when its stream took it, or when the client polls again; and a receiver that is lost ends the session,
//! since its client opens a new one. The invariant: every change of state ends in `settle`.
//!
//! Facts: the protocol that SockJS 0.3.3 describes, and what its reference server and its client 1.6 do.

mod clock;
mod downlink;
mod ending;
mod heartbeat;
mod receiver;
mod repetition;
mod settings;
mod stamp;
mod uplink;

pub use settings::Settings;
pub use stamp::Stamp;

use crate::collecting::Collecting;
use crate::session::{self, Output, RequestId, Session, Setup};
use crate::time::Time;
use crate::wire::Carried;
use crate::wire::sockjs::{Malformed, Transport};
use bytes::Bytes;
use bytestring::ByteString;
use clock::Clock;
use ending::{Ending, Parting};
use heartbeat::Heartbeat;
use receiver::{Asked, Receiver, Rival};
use repetition::Answered;
use std::collections::VecDeque;
use uplink::Uplink;

/// What a driver uses to tell one WebSocket or streaming response from another.
pub type LinkId = u64;

/// What can happen to a SockJS session from outside.
#[derive(Clone, Debug)]
pub enum Input {
    /// A whole request arrived.
    Request(RequestId, Request),
    /// Nobody waits for the answer to this request any more.
    RequestGone(RequestId),
    /// The WebSocket was opened whose session this is.
    Opened(LinkId, Transport),
    /// Something arrived on that WebSocket.
    Received(LinkId, Up),
    /// A message came on that WebSocket that is longer than the limit.
    TooLong(LinkId),
    /// That WebSocket or streaming response is gone.
    Lost(LinkId),
    /// A deadline may have passed.
    Timeout,
}

/// What arrives on a WebSocket.
#[derive(Clone, Debug)]
pub enum Up {
    /// A message.
    Carried(Carried),
    /// A ping or pong of WebSocket itself.
    Alive,
    /// The close of WebSocket itself: the client says goodbye.
    Closed,
}

/// What leaves on a WebSocket or a streaming response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Down {
    /// A text message, or a part of a response's body.
    Text(ByteString),
    /// A binary message.
    Binary(Bytes),
    /// A ping of WebSocket itself.
    Ping,
    /// The close of WebSocket itself, with its code and reason.
    Close(u16, String),
}

/// What an HTTP request asks of a session. The stamp is what its client put into the URL to tell its requests apart.
#[derive(Clone, Debug)]
pub enum Request {
    /// To receive.
    Receive(Transport, Option<Stamp>),
    /// To take the messages in this body.
    Send(Option<Stamp>, ByteString),
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// One frame, and the end of the response.
    Frame(ByteString),
    /// A response that goes on, and the number of its link, for [`Connection::transmit`].
    Streaming(LinkId),
    /// The messages were taken.
    Taken,
    /// The body holds no messages.
    Malformed(Malformed),
    /// Too many requests wait already.
    Busy,
    /// The client of this session is gone: who receives opens another.
    Over,
}

/// One SockJS session, on the server's side.
#[derive(Debug)]
pub struct Connection {
    session: Session,
    settings: Settings,
    /// The first frame has to leave.
    is_greeting: bool,
    receiver: Receiver,
    rivals: Vec<Rival>,
    /// Nobody receives, and somebody has to until then.
    absent: Option<Time>,
    heartbeat: Heartbeat,
    uplink: Uplink,
    /// The application is answering what came.
    collecting: Collecting,
    /// The client's, by which it stamps its requests.
    clock: Clock,
    answered: Answered,
    /// The client is gone.
    ending: Option<Ending>,
    /// The server's side ended the session, and the client is told.
    parting: Option<Parting>,
    outputs: VecDeque<Output<Answer>>,
}

impl Connection {
    /// Opens a session. It begins with whoever receives first; nobody has to know of it before.
    #[must_use]
    pub fn open(now: Time, setup: Setup, settings: Settings) -> Self {
        let setup = Setup {
            limits: settings.limits(&setup.limits),
            ..setup
        };
        let (session, _) = Session::open(now, setup);
        Self {
            session,
            is_greeting: true,
            receiver: Receiver::None,
            rivals: Vec::new(),
            absent: Some(now + settings.disconnect_delay),
            heartbeat: Heartbeat::new(now + settings.heartbeat_delay),
            uplink: Uplink::default(),
            collecting: Collecting::default(),
            clock: Clock::default(),
            answered: Answered::default(),
            ending: None,
            parting: None,
            // That it has started, and what carries it.
            outputs: VecDeque::with_capacity(2),
            settings,
        }
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
            Input::Request(id, Request::Receive(transport, stamp)) => {
                let asked = Asked {
                    id,
                    transport,
                    not_before: self.poll_not_before(now, stamp.as_ref()),
                    stamp,
                };
                self.receive_receiver(now, asked);
            }
            Input::Request(id, Request::Send(stamp, body)) => {
                self.receive_send(now, id, stamp, body);
            }
            Input::RequestGone(id) => self.forget_request(now, id),
            Input::Opened(link, transport) => self.open_stream(now, link, transport),
            Input::Received(link, up) => self.receive_up(now, link, up),
            Input::TooLong(link) if self.stream(link).is_some() => {
                self.end(now, Ending::TOO_LONG, Vec::new());
            }
            Input::Lost(link) => self.lose_link(now, link),
            Input::TooLong(_) | Input::Timeout => {}
        }
        self.settle(now);
    }

    fn receive_up(&mut self, now: Time, link: LinkId, up: Up) {
        if self.stream(link).is_none() || self.is_over() {
            return;
        }
        self.heartbeat.hear();
        match up {
            Up::Carried(carried) => self.receive_carried(now, carried),
            Up::Alive => {}
            Up::Closed => self.end(now, Ending::CLOSED, Vec::new()),
        }
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

    fn answer(&mut self, id: RequestId, answer: Answer) {
        self.outputs.push_back(Output::Answer(id, answer));
    }

    /// When to hand in [`Input::Timeout`]. `None` only after the end.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        let session = self.session.deadline();
        if self.is_over() {
            return session;
        }
        Time::earliest([
            session,
            self.receiver_deadline(),
            self.uplink.deadline(),
            self.collecting.deadline(),
        ])
    }

    fn time_out(&mut self, now: Time) {
        let deadline = self.session.deadline();
        if deadline.is_some_and(|deadline| deadline <= now) {
            self.session.handle(now, session::Input::Timeout);
            self.forward();
        }
        if self.is_over() {
            return;
        }
        self.receiver_time_out(now);
        self.uplink_time_out(now);
        self.beat(now);
        if self.collecting.time_out(now) {
            // Before the next request has the answers collected anew.
            self.serve(now);
        }
    }

    /// Decides what leaves now, and what is taken. Every change of state ends here.
    pub fn settle(&mut self, now: Time) {
        self.take_uplink(now);
        self.finish_ending();
        self.serve(now);
        self.forward();
    }

    /// Passes on what the session wants; its requests are answered here.
    fn forward(&mut self) {
        while let Some(output) = self.session.poll() {
            match output {
                Output::Started => self.outputs.push_back(Output::Started),
                Output::Transport(transport) => {
                    self.outputs.push_back(Output::Transport(transport));
                }
                Output::Wake(_) => self.wake_stream(),
                Output::Ended(end) => {
                    if self.ending.is_none() {
                        self.part(Parting::new(end.code, &end.reason));
                    }
                    self.outputs.push_back(Output::Ended(end));
                }
                // Nothing of the native protocol is handed in.
                Output::Answer(..) | Output::LinkFailed(..) | Output::Token(_) => {}
            }
        }
    }

    /// Whether whoever receives is given frames, and not the application's messages as they are.
    fn has_frames(&self) -> bool {
        !matches!(&self.receiver, Receiver::Stream(stream) if stream.transport == Transport::RawWebSocket)
    }

    /// Whether a message that is sent now leaves at once: a stream keeps up, or a poll waits.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.receiver.is_attached() && !self.is_over() && self.session.is_writable()
    }

    /// The WebSocket that carries the session.
    #[must_use]
    pub fn carrier(&self) -> Option<LinkId> {
        match &self.receiver {
            Receiver::Stream(stream) if stream.transport.is_websocket() => {
                Some(stream.link).filter(|_| !self.is_over())
            }
            _ => None,
        }
    }

    /// Until when the connection of that WebSocket need not look; `None` when it carries nothing.
    #[must_use]
    pub fn attends(&self, link: LinkId) -> Option<Time> {
        self.deadline().filter(|_| self.carrier() == Some(link))
    }

    /// Whether no more can be taken from this WebSocket now, since the application takes nothing.
    #[must_use]
    pub fn is_full(&self, link: LinkId) -> bool {
        self.uplink.is_blocked() && self.carrier() == Some(link)
    }
}
