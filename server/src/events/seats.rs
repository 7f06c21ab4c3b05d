//! Which namespaces a session has joined, and where its events go.
//!
//! The session's reader looks here for each packet. Once it is closed, nobody takes a seat any more; so no socket outlives
//! its session, whatever is under way.

use super::reason::DisconnectReason;
use super::socket::Socket;
use bytestring::ByteString;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use throughline_core::wire::socketio::Payload;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

/// An event on its way to its handlers.
pub(super) struct Job {
    /// The answer that is awaited.
    pub(super) id: Option<u64>,
    pub(super) payload: Payload,
    /// The bytes that it takes of what its session may have waiting.
    pub(super) room: OwnedSemaphorePermit,
}

/// Where events wait for their handlers. A channel keeps places for many, so each is small.
pub(super) type Queue = mpsc::Sender<Box<Job>>;

pub(super) struct Seats {
    /// `None` once the session is over.
    seats: Mutex<Option<HashMap<ByteString, Seat>>>,
    /// The server has closed the session, for this reason.
    closing: OnceLock<DisconnectReason>,
}

enum Seat {
    /// Guards are thinking.
    Taken(Queue),
    Joined(Socket, Queue),
    /// The server has ended it, and what the client sent before it knew may still come.
    Dismissed,
}

/// Whom a packet is for.
pub(super) enum Found {
    Joined(Socket, Queue),
    Dismissed,
    Nobody,
}

/// Why a namespace cannot be joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoSeat {
    /// It is joined, or about to be.
    Taken,
    TooMany,
}

impl Seats {
    pub(super) fn new() -> Self {
        Self {
            seats: Mutex::new(Some(HashMap::new())),
            closing: OnceLock::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<HashMap<ByteString, Seat>>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a seat for a client that asks for one.
    pub(super) fn take(
        &self,
        namespace: &ByteString,
        queue: Queue,
        most: usize,
    ) -> Result<(), NoSeat> {
        let mut seats = self.lock();
        let seats = seats.as_mut().ok_or(NoSeat::Taken)?;
        let count = seats.len();
        match seats.entry(namespace.clone()) {
            Entry::Occupied(mut seat) if matches!(seat.get(), Seat::Dismissed) => {
                seat.insert(Seat::Taken(queue));
            }
            Entry::Occupied(_) => return Err(NoSeat::Taken),
            Entry::Vacant(_) if count >= most => return Err(NoSeat::TooMany),
            Entry::Vacant(seat) => {
                seat.insert(Seat::Taken(queue));
            }
        }
        Ok(())
    }

    /// Gives the seat to a socket. Says no when the session is over.
    pub(super) fn sit(&self, socket: &Socket) -> bool {
        let mut seats = self.lock();
        let seat = seats
            .as_mut()
            .and_then(|seats| seats.get_mut(socket.namespace()));
        let Some(seat) = seat else { return false };
        let (Seat::Taken(queue) | Seat::Joined(_, queue)) = seat else {
            return false;
        };
        *seat = Seat::Joined(socket.clone(), queue.clone());
        true
    }

    /// Nobody was let in.
    pub(super) fn vacate(&self, namespace: &str) {
        if let Some(seats) = &mut *self.lock() {
            seats.remove(namespace);
        }
    }

    /// A socket is disconnected, by the server or by its client.
    pub(super) fn leave(&self, socket: &Socket, reason: DisconnectReason) {
        let mut seats = self.lock();
        let Some(seats) = &mut *seats else { return };
        let Some(seat) = seats.get_mut(socket.namespace()) else {
            return;
        };
        let is_own = matches!(seat, Seat::Joined(own, _) if own == socket);
        match is_own {
            true if reason.is_by_server() => *seat = Seat::Dismissed,
            true => drop(seats.remove(socket.namespace())),
            false => {}
        }
    }

    pub(super) fn find(&self, namespace: &str) -> Found {
        let seats = self.lock();
        match seats.as_ref().and_then(|seats| seats.get(namespace)) {
            Some(Seat::Joined(socket, queue)) => Found::Joined(socket.clone(), queue.clone()),
            Some(Seat::Dismissed) => Found::Dismissed,
            Some(Seat::Taken(_)) | None => Found::Nobody,
        }
    }

    /// Everybody who has joined.
    pub(super) fn sockets(&self) -> Vec<Socket> {
        let seats = self.lock();
        let seats = seats.iter().flat_map(HashMap::values);
        seats.filter_map(Seat::socket).cloned().collect()
    }

    /// The server closes the session.
    pub(super) fn close_with(&self, reason: DisconnectReason) {
        // The first reason counts.
        let _ = self.closing.set(reason);
    }

    pub(super) fn closing(&self) -> Option<DisconnectReason> {
        self.closing.get().copied()
    }

    /// The session is over: all get up.
    pub(super) fn close(&self) -> Vec<Socket> {
        let sockets = self.sockets();
        // Dropped behind the lock: the last handle of a queue wakes its worker.
        let seats = self.lock().take();
        drop(seats);
        sockets
    }
}

impl Seat {
    fn socket(&self) -> Option<&Socket> {
        match self {
            Self::Joined(socket, _) => Some(socket),
            Self::Taken(_) | Self::Dismissed => None,
        }
    }
}
