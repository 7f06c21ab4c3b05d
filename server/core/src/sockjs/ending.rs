//! How a session of SockJS ends: the application closes it, and its client is told as often as it asks; or the client is
//! gone, and the application finds the end after all that arrived.

use super::receiver::Receiver;
use super::{Answer, Connection, Down};
use crate::code::Code;
use crate::time::Time;
use crate::wire::native::{Close, Item};
use crate::wire::sockjs::{self, Transport};

/// Why the client is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ending {
    code: Code,
    reason: &'static str,
}

impl Ending {
    /// The client said so, as it can over a WebSocket alone.
    pub(super) const CLOSED: Self = Self::new(Code::NORMAL, "closed by the client");
    /// The WebSocket, response or request that received is gone.
    pub(super) const LOST: Self = Self::new(Code::EXPIRED, "connection lost");
    /// Nothing received for too long.
    pub(super) const ABSENT: Self = Self::new(Code::EXPIRED, "disconnected");
    /// It did not answer a ping in time.
    pub(super) const SILENT: Self = Self::new(Code::EXPIRED, "no response from heartbeat");
    /// What it sent was no JSON.
    pub(super) const BROKEN: Self = Self::new(Code::VIOLATION, "broken framing");
    /// What it sent was longer than the limit.
    pub(super) const TOO_LONG: Self = Self::new(Code::VIOLATION, "message too long");

    const fn new(code: Code, reason: &'static str) -> Self {
        Self { code, reason }
    }
}

/// What the client is told: why the session is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parting {
    code: u16,
    reason: String,
}

impl Parting {
    pub(super) fn new(code: Code, reason: &str) -> Self {
        Self {
            code: code.value(),
            reason: reason.to_owned(),
        }
    }

    pub(super) fn frame(&self) -> String {
        sockjs::close(self.code, &self.reason)
    }

    /// The last words on a link: the frame, and for a WebSocket its own close.
    pub(super) fn on(&self, transport: &Transport) -> Vec<Down> {
        match transport {
            Transport::RawWebSocket => vec![Down::Close(self.code, self.reason.clone())],
            Transport::WebSocket => {
                let closure = Down::Close(1000, "Normal closure".to_owned());
                vec![Down::Text(self.frame().into()), closure]
            }
            _ => vec![Down::Text(transport.wrap(self.frame()))],
        }
    }
}

impl Connection {
    /// What a client is told that comes back to a session which the server's side has ended.
    #[must_use]
    pub fn last_frame(&self) -> Option<String> {
        self.parting.as_ref().map(Parting::frame)
    }

    /// Whether the client is gone, or the session is over for another reason.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.ending.is_some() || self.parting.is_some() || self.session.tombstone().is_some()
    }

    /// The client is gone: nothing more is taken from it. Its WebSocket may be told, where it has one still.
    pub(super) fn end(&mut self, now: Time, ending: Ending, last: Vec<Down>) {
        if self.is_over() {
            return;
        }
        self.ending = Some(ending);
        self.drop_uplink(&Answer::Over);
        let close = Close::new(ending.code, ending.reason.to_owned());
        self.session.receive(now, Item::Close(Box::new(close)));
        self.session.put_down(now);
        self.let_receiver_go(last);
        for rival in std::mem::take(&mut self.rivals) {
            self.answer(rival.asked.id, Answer::Over);
        }
    }

    /// A link finds the last words.
    fn let_receiver_go(&mut self, words: Vec<Down>) {
        match &mut self.receiver {
            Receiver::None => {}
            Receiver::Stream(stream) => stream.last = Some(words.into()),
            Receiver::Poll(poll) => {
                for id in std::mem::take(&mut poll.requests) {
                    self.answer(id, Answer::Over);
                }
                self.receiver = Receiver::None;
            }
        }
        self.wake_stream();
    }

    /// The application has taken what there was, or has had its time: the rest has nowhere to go.
    pub(super) fn finish_ending(&mut self) {
        let Some(Ending { code, reason }) = self.ending else {
            return;
        };
        if self.session.is_closed() {
            self.session.abort(code, reason, None);
        }
    }

    /// The server's side ended the session, and whoever receives is told.
    pub(super) fn part(&mut self, parting: Parting) {
        self.drop_uplink(&Answer::Taken);
        match std::mem::take(&mut self.receiver) {
            Receiver::None => {}
            Receiver::Poll(poll) => {
                let frame = poll.transport.wrap(parting.frame());
                for id in poll.requests {
                    self.answer(id, Answer::Frame(frame.clone()));
                }
            }
            Receiver::Stream(mut stream) => {
                stream.last = Some(parting.on(&stream.transport).into());
                self.receiver = Receiver::Stream(stream);
                self.wake_stream();
            }
        }
        for rival in std::mem::take(&mut self.rivals) {
            let frame = rival.asked.transport.wrap(parting.frame());
            self.answer(rival.asked.id, Answer::Frame(frame));
        }
        self.parting = Some(parting);
    }
}
