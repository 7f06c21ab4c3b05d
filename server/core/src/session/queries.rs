//! What a session tells about itself. Nothing here changes it.

use super::{Link, Phase, Session, Tombstone, Transport};
use crate::limits::Limits;
use crate::wire::native::{Cursors, Secret};

/// How far a WebSocket may be behind, in bytes, when it still counts as keeping up.
const LAG: usize = 16 * 1024;

impl Session {
    /// The session's id. Not a secret.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the secret is the session's; compared in constant time.
    #[must_use]
    pub fn proves(&self, secret: &Secret) -> bool {
        self.secret == *secret
    }

    /// The application protocol chosen at the beginning.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// The bounds of this session.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What carries the session now.
    #[must_use]
    pub fn transport(&self) -> Option<Transport> {
        match &self.link {
            Link::None => None,
            Link::Stream(_) => Some(Transport::WebSocket),
            Link::Polled(polled) => Some(polled.transport()),
            Link::Foreign(foreign) => Some(foreign.transport()),
        }
    }

    /// The generation of the WebSocket that carries the session.
    #[must_use]
    pub fn carrier(&self) -> Option<u64> {
        match &self.link {
            Link::Stream(_) => Some(self.generations.current()),
            Link::None | Link::Polled(_) | Link::Foreign(_) => None,
        }
    }

    /// Whether a message that is sent now leaves at once: a WebSocket is not behind by more than 16 KiB, or a poll waits.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        match &self.link {
            Link::None => false,
            Link::Stream(stream) => !self.log.lags(stream.next(), LAG),
            Link::Polled(polled) => polled.held_transport().is_some(),
            Link::Foreign(foreign) => !self.log.lags(foreign.next(), LAG),
        }
    }

    /// The generation that carries the session; 0 before the first.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generations.current()
    }

    /// Whether a first link has begun, and so the handler was started.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.generations.current() > 0
    }

    /// Whether the application has taken all that arrived and asked for more: it has nothing left to answer.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        self.inbox.is_awaited()
    }

    /// Whether it has begun and the application may still send, where there is room.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open) && !self.log.is_closed()
    }

    /// Whether our direction is closed: the application sends nothing more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.log.is_closed()
    }

    /// Our cursors: what arrived from the client, and what the application took.
    #[must_use]
    pub fn incoming(&self) -> Cursors {
        self.inbox.cursors()
    }

    /// The number of the last frame sent, and the client's cursors for that direction.
    #[must_use]
    pub fn outgoing(&self) -> (u64, Cursors) {
        (self.log.last(), self.log.peer())
    }

    /// Bytes held for the application and for the client, as the limits count them.
    #[must_use]
    pub fn held_bytes(&self) -> (usize, usize) {
        (self.inbox.cost(), self.log.cost())
    }

    /// Generations on offer.
    #[must_use]
    pub fn offers(&self) -> usize {
        self.generations.offers()
    }

    /// Requests that wait for their answer: the held one and its repetitions.
    #[must_use]
    pub fn held_requests(&self) -> usize {
        match &self.link {
            Link::Polled(polled) => polled.held_requests(),
            Link::None | Link::Stream(_) | Link::Foreign(_) => 0,
        }
    }

    /// What to keep after the end; `None` before it.
    #[must_use]
    pub fn tombstone(&self) -> Option<&Tombstone> {
        match &self.phase {
            Phase::Ended(tombstone, _) => Some(tombstone),
            Phase::New | Phase::Open => None,
        }
    }
}
