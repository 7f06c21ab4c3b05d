//! A namespace while the server runs: its sockets, and the ways in which events reach them.
//!
//! With recovery on, an event is numbered, kept and sent under one lock, so every client gets events in the order of
//! their numbers, and an offset says all about what it has. Without it, nothing is sent under the lock.

use super::error::EmitError;
use super::hub::{Hub, Member};
use super::memory::{Claim, Memory, Recovery, Rooms};
use super::namespace::Namespace;
use super::parcel::{Manner, Parcel};
use super::reason::DisconnectReason;
use super::selection::Selection;
use super::socket::Socket;
use crate::front_door::identity::Identity;
use crate::rooms::Report;
use bytestring::ByteString;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use throughline_core::session::SendError;
use throughline_core::{Code, Message};

pub(super) struct Space {
    name: ByteString,
    pub(super) handlers: Arc<Namespace>,
    has_memory: bool,
    hub: Mutex<Hub>,
    acks: AtomicU64,
}

/// What became of a socket that wanted in.
#[derive(Debug)]
pub(super) enum Admitted {
    In,
    /// It has taken the place of a socket that was still there.
    Instead(Socket),
    /// What its client missed is not there any more.
    Lost,
}

impl Space {
    pub(super) fn new(
        name: ByteString,
        handlers: Arc<Namespace>,
        recovery: Option<&Recovery>,
    ) -> Self {
        let memory = recovery.cloned().map(Memory::new);
        Self {
            name,
            handlers,
            has_memory: memory.is_some(),
            hub: Mutex::new(Hub::new(memory)),
            acks: AtomicU64::new(0),
        }
    }

    pub(super) fn name(&self) -> &ByteString {
        &self.name
    }

    pub(super) fn has_memory(&self) -> bool {
        self.has_memory
    }

    /// An id for an answer. All sockets share the numbers, so that all can be asked with one packet.
    pub(super) fn new_ack(&self) -> u64 {
        self.acks.fetch_add(1, Ordering::Relaxed)
    }

    /// The lock is short, and what it guards is whole after each of its holders.
    pub(super) fn hub(&self) -> MutexGuard<'_, Hub> {
        self.hub.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks for the socket that a client asks for, and whether guards have to be asked.
    pub(super) fn claim(
        &self,
        auth: Option<&ByteString>,
        identity: &Identity,
    ) -> Option<(Claim, bool)> {
        let mut hub = self.hub();
        let memory = hub.memory.as_mut()?;
        Some((memory.claim(auth?, identity)?, memory.asks_guards_again()))
    }

    /// Lets a socket in and says so to its client, in one step: what is sent to it comes behind.
    pub(super) fn admit(
        &self,
        socket: &Socket,
        claim: Option<&Claim>,
    ) -> Result<Admitted, SendError> {
        let mut hub = self.hub();
        let hub = &mut *hub;
        let mut behind = None;
        if let (Some(claim), Some(memory)) = (claim, &hub.memory) {
            behind = memory.resumes_after(claim);
            if behind.is_none() {
                return Ok(Admitted::Lost);
            }
        }
        if socket.disconnected().is_some() {
            return Err(SendError::Closed);
        }
        socket.session().try_send(socket.welcome())?;
        socket.note_in();
        let (rooms, replaced) = match claim {
            Some(claim) => take_over(hub, claim, socket),
            None => (Rooms::new(), None),
        };
        if let (Some(memory), Some(pid), None) = (&mut hub.memory, socket.pid(), claim) {
            memory.enter(pid, socket);
        }
        hub.insert(Member {
            socket: socket.clone(),
            rooms,
            behind,
        });
        Ok(replaced.map_or(Admitted::In, Admitted::Instead))
    }

    /// Sends a socket what it missed, as far as there is room for it. What is too large for its session is left out, as it
    /// would have been when it was sent.
    pub(super) fn catch_up(&self, socket: &Socket) -> Result<(), SendError> {
        let mut hub = self.hub();
        let (Some(member), Some(memory)) = hub.member_and_memory(socket) else {
            return Err(SendError::Closed);
        };
        let Some(pid) = socket.pid() else {
            return Ok(());
        };
        while let Some(behind) = member.behind {
            if !memory.holds_all_for(pid, behind) {
                overflow(socket);
                return Err(SendError::Closed);
            }
            member.behind = match memory.next_for(pid, &member.rooms, behind) {
                None => None,
                Some((number, messages)) => {
                    // What lies between was not meant for it, and is not looked at again.
                    member.behind = Some(number - 1);
                    match socket.session().try_send_together(&messages) {
                        Ok(_) => {}
                        Err(error @ SendError::TooLarge { .. }) => {
                            tracing::debug!(%error, "left out of what was missed");
                        }
                        Err(error) => return Err(error),
                    }
                    Some(number)
                }
            };
        }
        Ok(())
    }

    /// Sends an event to one socket.
    pub(super) fn send_to(
        &self,
        socket: &Socket,
        parcel: &Parcel,
        manner: Manner,
    ) -> Result<(), SendError> {
        if !socket.is_reachable() {
            return Err(SendError::Closed);
        }
        if socket.pid().is_none() {
            let sent = socket.session().try_send_together(parcel.messages());
            return sent.map(drop);
        }
        let mut hub = self.hub();
        let (Some(member), Some(memory)) = hub.member_and_memory(socket) else {
            return Err(SendError::Closed);
        };
        let messages = numbered(memory, parcel, manner);
        let sent = deliver(socket, Pace::of(member), &messages, manner);
        // Where the session is over, its client gets the event when it comes back.
        if manner == Manner::Kept && matches!(sent, Ok(()) | Err(SendError::Closed)) {
            let selection = Selection::one(socket.id_arc());
            memory.keep(messages, Arc::new(selection));
            return Ok(());
        }
        sent
    }

    /// Sends an event to everybody who is meant, and waits for nobody. `before` sees each of them first, and says
    /// whether it is to be sent.
    pub(super) fn broadcast(
        &self,
        parcel: &Parcel,
        selection: Selection,
        manner: Manner,
        mut before: impl FnMut(&Socket) -> bool,
    ) -> Result<Report, EmitError> {
        let mut guard = self.hub();
        let hub = &mut *guard;
        let members = hub.select(&selection);
        let meant = members.into_iter().filter(|member| before(&member.socket));
        let meant: Vec<_> = meant
            .map(|member| (member.socket.clone(), Pace::of(member)))
            .collect();
        let Some(memory) = &mut hub.memory else {
            drop(guard);
            return send_to_many(&meant, parcel, parcel.messages(), manner);
        };
        let messages = numbered(memory, parcel, manner);
        let report = send_to_many(&meant, parcel, &messages, manner)?;
        if manner == Manner::Kept {
            memory.keep(messages, Arc::new(selection));
        }
        Ok(report)
    }

    /// Everybody who is meant.
    pub(super) fn sockets(&self, selection: &Selection) -> Vec<Socket> {
        let hub = self.hub();
        let members = hub.select(selection);
        members.iter().map(|member| member.socket.clone()).collect()
    }

    pub(super) fn remove(&self, socket: &Socket, reason: DisconnectReason) {
        self.hub().remove(socket, reason);
    }
}

impl fmt::Debug for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Space").field(&self.name).finish()
    }
}

/// The rooms of the socket that was claimed, and that socket where it is still there.
fn take_over(hub: &mut Hub, claim: &Claim, socket: &Socket) -> (Rooms, Option<Socket>) {
    let memory = hub.memory.as_mut();
    match memory.and_then(|memory| memory.take_over(claim, socket)) {
        None => (Rooms::new(), None),
        Some(Ok(rooms)) => (rooms, None),
        Some(Err(old)) => (hub.take_out(&old).unwrap_or_default(), Some(old)),
    }
}

/// The messages of an event with its offset. A client takes the last argument of any event for one, but of one that asks for
/// an answer; so one that is not kept has an offset as well, that of the last event before it.
fn numbered(memory: &Memory, parcel: &Parcel, manner: Manner) -> Arc<[Message]> {
    match manner {
        Manner::Kept => parcel.with_offset(&memory.offset(memory.last() + 1)),
        Manner::Volatile => parcel.with_offset(&memory.offset(memory.last())),
        Manner::Asking => parcel.messages().into(),
    }
}

fn send(socket: &Socket, messages: &[Message], manner: Manner) -> Result<(), SendError> {
    // What would only be kept for a client that is not there now comes too late.
    if manner == Manner::Volatile && !socket.session().is_writable() {
        return Err(SendError::Full);
    }
    socket.session().try_send_together(messages).map(drop)
}

/// Whether a socket has all that was sent, or is still getting what it missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    UpToDate,
    Behind,
}

impl Pace {
    fn of(member: &Member) -> Self {
        match member.behind {
            None => Self::UpToDate,
            Some(_) => Self::Behind,
        }
    }
}

/// Sends to one socket. Who is still getting what it missed will get an event from memory, or not at all; what it could
/// not take from there either is refused now.
fn deliver(
    socket: &Socket,
    pace: Pace,
    messages: &[Message],
    manner: Manner,
) -> Result<(), SendError> {
    match (pace, manner) {
        (Pace::UpToDate, _) => send(socket, messages, manner),
        (Pace::Behind, Manner::Kept) => socket.session().check_size(messages),
        (Pace::Behind, Manner::Volatile | Manner::Asking) => Err(SendError::Full),
    }
}

/// Sends to each of these. An offset is for those who can come back. Whoever cannot take an event of that size goes on without
/// it; where that is everybody, nothing was sent.
fn send_to_many(
    meant: &[(Socket, Pace)],
    parcel: &Parcel,
    numbered: &[Message],
    manner: Manner,
) -> Result<Report, EmitError> {
    let mut report = Report::default();
    let mut refused = None;
    for (socket, pace) in meant {
        let messages = match socket.pid() {
            Some(_) => numbered,
            None => parcel.messages(),
        };
        let sent = deliver(socket, *pace, messages, manner);
        if let (Err(_), Some(id)) = (&sent, parcel.ack()) {
            socket.awaited().forget(id);
        }
        match sent {
            Ok(()) => report.sent += 1,
            Err(SendError::Closed) => report.closed += 1,
            Err(error @ SendError::TooLarge { .. }) => {
                report.too_large += 1;
                refused = Some(error);
            }
            Err(_) if manner == Manner::Volatile || *pace == Pace::Behind => report.skipped += 1,
            Err(_) => {
                overflow(socket);
                report.aborted += 1;
            }
        }
    }
    match refused {
        Some(error) if report.too_large == meant.len() => Err(error.into()),
        _ => Ok(report),
    }
}

/// Ends the session of a socket that is too slow: what it gets has no holes.
fn overflow(socket: &Socket) {
    let code = Code::OVERFLOW;
    socket.session().abort_with(code, code.reason());
}
