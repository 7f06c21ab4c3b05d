//! What a namespace remembers so that a client can come back to its socket: connection state recovery.
//!
//! A socket is remembered from CONNECT on, and not only once its session has ended, so that a client may come back before the
//! server has noticed that it was gone, as often as it likes, and without having received anything. It gets everything
//! that was meant for it since its last offset, or a fresh socket that says so: never a part.
//!
//! All of it lies under the lock of its namespace, so that no event is sent between a look and a step.

use super::reason::DisconnectReason;
use super::ring::{Kept, Ring};
use super::selection::Selection;
use super::socket::{Socket, StateMap, random};
use crate::front_door::identity::Identity;
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use throughline_core::Message;
use tokio::time::Instant;

/// As many rooms as are remembered of those that a socket has left.
const MOST_LEFT: usize = 32;

/// The bounds of connection state recovery: what each namespace remembers.
///
/// ```
/// use std::time::Duration;
/// use throughline::events::{Events, Namespace, Recovery};
///
/// let recovery = Recovery { duration: Duration::from_secs(300), ..Recovery::default() };
/// let events = Events::builder().recovery(recovery).namespace("/", Namespace::new()).build()?;
/// # let _ = events;
/// # Ok::<(), throughline::events::NamespaceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// How long a socket is remembered after it was disconnected. Default 120 s.
    pub duration: Duration,
    /// As many events are kept. Default 10,000.
    pub events: usize,
    /// As many bytes of events are kept. Default 8 MiB.
    pub bytes: usize,
    /// As many disconnected sockets are remembered; beyond it the oldest is forgotten. Default 10,000.
    pub sockets: usize,
    /// Whether guards are asked again when a client comes back to its socket. Default no: it has shown that the socket
    /// was its own.
    pub guards_again: bool,
}

impl Default for Recovery {
    fn default() -> Self {
        Self {
            duration: Duration::from_secs(120),
            events: 10_000,
            bytes: 8 * 1024 * 1024,
            sockets: 10_000,
            guards_again: false,
        }
    }
}

/// The rooms of a socket, each with the number of the last event before it joined.
pub(super) type Rooms = HashMap<Arc<str>, u64>;

/// What a client says that wants its socket back.
#[derive(Debug, Deserialize)]
struct Asked {
    pid: String,
    #[serde(default)]
    offset: Option<String>,
}

/// A socket that a client may come back to.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) pid: Arc<str>,
    pub(super) id: Arc<str>,
    pub(super) state: StateMap,
    offset: Option<String>,
}

#[derive(Debug)]
pub(super) struct Memory {
    recovery: Recovery,
    /// Tells offsets of this memory from those of another one, before a restart for instance.
    epoch: String,
    ring: Ring,
    records: HashMap<Arc<str>, Record>,
    /// Disconnected sockets by the time at which they are forgotten: exactly those whose place is away.
    away: BTreeSet<(Instant, Arc<str>)>,
}

#[derive(Debug)]
struct Record {
    id: Arc<str>,
    /// Whose session it was: nobody else comes back to it.
    owner: Identity,
    state: StateMap,
    /// The last event before the socket was there, or before one of its rooms was forgotten: nothing
    /// up to here may be asked for.
    since: u64,
    /// The client may have received nothing since this one.
    connected: u64,
    left: VecDeque<Left>,
    place: Place,
}

/// A room that a socket was in, for the events after `from`, up to `until`.
#[derive(Debug)]
struct Left {
    room: Arc<str>,
    from: u64,
    until: u64,
}

#[derive(Debug)]
enum Place {
    Here(Socket),
    Away { until: Instant, rooms: Rooms },
}

impl Memory {
    pub(super) fn new(recovery: Recovery) -> Self {
        Self {
            // Where there is no randomness, no socket gets an id either.
            epoch: random().map_or_else(|_| String::new(), |text| text[..8].to_owned()),
            ring: Ring::new(recovery.events, recovery.bytes),
            records: HashMap::new(),
            away: BTreeSet::new(),
            recovery,
        }
    }

    pub(super) fn asks_guards_again(&self) -> bool {
        self.recovery.guards_again
    }

    /// The number of the last event.
    pub(super) fn last(&self) -> u64 {
        self.ring.last()
    }

    /// The offset of an event with that number.
    pub(super) fn offset(&self, number: u64) -> String {
        format!("{}.{number}", self.epoch)
    }

    /// Keeps an event that has the next number. Where there is nobody who could come back, nobody gets it either.
    pub(super) fn keep(&mut self, messages: Arc<[Message]>, selection: Arc<Selection>) {
        self.forget_old(Instant::now());
        if !self.records.is_empty() {
            self.ring.push(Kept {
                messages,
                selection,
            });
        }
    }

    /// A socket is there.
    pub(super) fn enter(&mut self, pid: &Arc<str>, socket: &Socket) {
        let last = self.last();
        let record = Record {
            id: socket.id_arc().clone(),
            owner: socket.session().identity().clone(),
            state: socket.state_map().clone(),
            since: last,
            connected: last,
            left: VecDeque::new(),
            place: Place::Here(socket.clone()),
        };
        self.records.insert(pid.clone(), record);
    }

    /// A socket is gone.
    pub(super) fn leave(&mut self, pid: &Arc<str>, rooms: Rooms, reason: DisconnectReason) {
        let now = Instant::now();
        if !reason.is_recoverable() {
            self.records.remove(pid);
            self.forget_old(now);
            return;
        }
        let until = now + self.recovery.duration;
        if let Some(record) = self.records.get_mut(pid) {
            record.place = Place::Away { until, rooms };
            self.away.insert((until, pid.clone()));
        }
        self.forget_old(now);
    }

    /// Forgets who was away for too long, and all events where nobody is left who could come back.
    fn forget_old(&mut self, now: Instant) {
        while let Some((until, _)) = self.away.first() {
            if *until > now && self.away.len() <= self.recovery.sockets {
                break;
            }
            if let Some((_, pid)) = self.away.pop_first() {
                self.records.remove(&pid);
            }
        }
        if self.records.is_empty() {
            self.ring.clear();
        }
    }

    /// Whether there is nobody who could come back.
    pub(super) fn is_empty(&mut self) -> bool {
        self.forget_old(Instant::now());
        self.records.is_empty()
    }

    /// A socket has left a room.
    pub(super) fn left(&mut self, pid: &Arc<str>, room: Arc<str>, from: u64) {
        let until = self.last();
        if let Some(record) = self.records.get_mut(pid) {
            record.left.push_back(Left { room, from, until });
            if record.left.len() > MOST_LEFT
                && let Some(oldest) = record.left.pop_front()
            {
                record.since = record.since.max(oldest.until);
            }
        }
    }

    /// Looks for the socket that a client asks for, if it is its own.
    pub(super) fn claim(&mut self, auth: &str, identity: &Identity) -> Option<Claim> {
        let asked: Asked = serde_json::from_str(auth).ok()?;
        self.forget_old(Instant::now());
        let (pid, record) = self.records.get_key_value(asked.pid.as_str())?;
        if record.owner != *identity {
            return None;
        }
        Some(Claim {
            pid: pid.clone(),
            id: record.id.clone(),
            state: record.state.clone(),
            offset: asked.offset,
        })
    }

    /// The number of the last event that the client has; `None` when what it missed is not there any more.
    ///
    /// An offset that is not of this memory, or from before this socket, is as good as none: then the client has received nothing
    /// since it connected.
    pub(super) fn resumes_after(&self, claim: &Claim) -> Option<u64> {
        let record = self.records.get(&claim.pid)?;
        let offset = claim.offset.as_deref();
        let number = offset.and_then(|offset| self.number(offset)).unwrap_or(0);
        let number = number.max(record.connected);
        self.holds_all_for(&claim.pid, number).then_some(number)
    }

    fn number(&self, offset: &str) -> Option<u64> {
        let (epoch, number) = offset.split_once('.')?;
        let number = number.parse().ok()?;
        (epoch == self.epoch && number <= self.last()).then_some(number)
    }

    /// Puts a socket in the place of the one that was claimed: gives its rooms where it was away, or itself where it
    /// was still there.
    pub(super) fn take_over(
        &mut self,
        claim: &Claim,
        socket: &Socket,
    ) -> Option<Result<Rooms, Socket>> {
        let record = self.records.get_mut(&claim.pid)?;
        match std::mem::replace(&mut record.place, Place::Here(socket.clone())) {
            Place::Here(old) => Some(Err(old)),
            Place::Away { until, rooms } => {
                self.away.remove(&(until, claim.pid.clone()));
                Some(Ok(rooms))
            }
        }
    }

    /// The first event behind that number that was meant for a socket: its number and its messages.
    pub(super) fn next_for(
        &self,
        pid: &Arc<str>,
        rooms: &Rooms,
        after: u64,
    ) -> Option<(u64, Arc<[Message]>)> {
        let record = self.records.get(pid)?;
        let mut missed = self.ring.after(after);
        let (number, kept) = missed.find(|(number, kept)| {
            kept.selection
                .includes(|room| record.was_in(rooms, room, *number))
        })?;
        Some((number, kept.messages.clone()))
    }

    /// Whether nothing that a socket may have missed behind that number is gone: neither an event, nor in which of its rooms it
    /// was then.
    pub(super) fn holds_all_for(&self, pid: &Arc<str>, number: u64) -> bool {
        let record = self.records.get(pid);
        record.is_some_and(|record| number >= record.since) && self.ring.holds_all_after(number)
    }
}

impl Record {
    /// Whether the socket was in a room when that event was sent.
    fn was_in(&self, rooms: &Rooms, room: &str, number: u64) -> bool {
        let is_in = rooms.get(room).is_some_and(|from| *from < number);
        let was_in =
            |left: &Left| *left.room == *room && left.from < number && number <= left.until;
        *room == *self.id || is_in || self.left.iter().any(was_in)
    }
}
