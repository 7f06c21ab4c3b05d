//! A client in a namespace, as the application holds it.
//!
//! It ends once, with one reason, whoever ends it: from then on it sends nothing, is in no room, and awaits no answer.

use super::ack::{Awaited, Wait, Waiter, Waiting};
use super::args::{Args, IntoArgs};
use super::broadcast::{Broadcast, Reach};
use super::error::{AckError, EmitError};
use super::handshake::Handshake;
use super::memory::Claim;
use super::messages::{Messages, Written};
use super::parcel::{Manner, Parcel};
use super::reason::DisconnectReason;
use super::revision::{Revision, recovers};
use super::seats::Seats;
use super::space::Space;
use crate::session::Sender;
use bytestring::ByteString;
use data_encoding::BASE64URL_NOPAD;
use http::Extensions;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;
use throughline_core::session::SendError;
use throughline_core::wire::socketio::{Body, Packet};
use throughline_core::{Code, Message};
use tokio::sync::oneshot;

/// What is kept with a socket, and outlives it where its client may come back.
pub(super) type StateMap = Arc<Mutex<Extensions>>;

/// A client in a namespace. Cheap to clone.
///
/// Two are equal when they are the same connection to the namespace.
#[derive(Clone)]
pub struct Socket(Arc<Inner>);

struct Inner {
    id: Arc<str>,
    /// What a client shows when it comes back.
    pid: Option<Arc<str>>,
    is_recovered: bool,
    revision: Revision,
    space: Arc<Space>,
    session: Sender,
    seats: Weak<Seats>,
    handshake: Handshake,
    state: StateMap,
    awaited: Awaited,
    is_in: AtomicBool,
    end: OnceLock<DisconnectReason>,
}

/// What a socket is made of, besides its ids.
pub(super) struct Birth<'a> {
    pub(super) space: &'a Arc<Space>,
    pub(super) session: &'a Sender,
    pub(super) seats: &'a Arc<Seats>,
    pub(super) auth: Option<ByteString>,
}

impl Birth<'_> {
    fn revision(&self) -> Revision {
        Revision::of(self.session.dialect())
    }
}

impl Socket {
    /// A socket of its own.
    pub(super) fn fresh(birth: Birth<'_>) -> Result<Self, getrandom::Error> {
        let id = random()?.into();
        let is_remembered = birth.space.has_memory() && recovers(birth.session.dialect());
        let pid = match is_remembered {
            true => Some(random()?.into()),
            false => None,
        };
        Ok(Self::new(birth, id, pid, None))
    }

    /// The socket that a client comes back to.
    pub(super) fn claimed(birth: Birth<'_>, claim: &Claim) -> Self {
        let (id, pid) = (claim.id.clone(), claim.pid.clone());
        Self::new(birth, id, Some(pid), Some(claim.state.clone()))
    }

    fn new(birth: Birth<'_>, id: Arc<str>, pid: Option<Arc<str>>, state: Option<StateMap>) -> Self {
        Self(Arc::new(Inner {
            id,
            pid,
            is_recovered: state.is_some(),
            revision: birth.revision(),
            space: birth.space.clone(),
            session: birth.session.clone(),
            seats: Arc::downgrade(birth.seats),
            handshake: Handshake::new(birth.session, birth.auth),
            state: state.unwrap_or_default(),
            awaited: Awaited::new(),
            is_in: AtomicBool::new(false),
            end: OnceLock::new(),
        }))
    }

    /// Sends an event to the client, and waits for room where there is none.
    ///
    /// # Errors
    /// [`EmitError`] says what stands against it; the event was not sent.
    ///
    /// # Cancellation
    /// Safe: an event whose future was dropped was not sent.
    pub async fn emit(&self, event: &str, args: impl IntoArgs) -> Result<(), EmitError> {
        let written = self.written(event, args)?;
        match self.send(&written) {
            Err(SendError::Full) => Box::pin(self.wait_to_send_on(written)).await,
            sent => Ok(sent?),
        }
    }

    /// Sends an event to the client, if there is room for it now.
    ///
    /// # Errors
    /// [`EmitError`] says what stands against it; the event was not sent.
    pub fn try_emit(&self, event: &str, args: impl IntoArgs) -> Result<(), EmitError> {
        Ok(self.send(&self.written(event, args)?)?)
    }

    /// Sends an event to the client and waits for its answer, as long as `timeout`.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use throughline::events::{Namespace, Socket};
    /// let quiz = Namespace::new().on("ready", |socket: Socket| async move {
    ///     let answer = socket.emit_with_ack("question", ("2 + 2",), Duration::from_secs(10)).await;
    ///     if let Ok(Ok((4,))) = answer.map(|args| args.parse::<(u8,)>()) {
    ///         let _ = socket.emit("right", ()).await;
    ///     }
    /// });
    /// # let _ = quiz;
    /// ```
    ///
    /// # Errors
    /// [`AckError`]: no answer came, and none will be taken any more.
    ///
    /// # Cancellation
    /// When the future is dropped, the event may have been sent; its answer is then ignored.
    pub async fn emit_with_ack(
        &self,
        event: &str,
        args: impl IntoArgs,
        timeout: Duration,
    ) -> Result<Args, AckError> {
        let id = self.0.space.new_ack();
        let parcel =
            Parcel::new(self.namespace(), event, args, Some(id)).map_err(AckError::NotSent)?;
        let (waiter, answer) = oneshot::channel();
        let awaited = &self.0.awaited;
        awaited
            .insert(id, Waiter::One(waiter))
            .map_err(AckError::NotSent)?;
        let _wait = Wait { awaited, id };
        let asking = async {
            let sent = self.wait_to_send(&parcel, Manner::Asking).await;
            sent.map_err(AckError::NotSent)?;
            answer.await.map_err(|_| AckError::Disconnected)
        };
        let answered = tokio::time::timeout(timeout, asking).await;
        answered.unwrap_or(Err(AckError::Timeout))
    }

    fn written(&self, event: &str, args: impl IntoArgs) -> Result<Written, EmitError> {
        Written::event(self.namespace(), event, args, None)
    }

    /// Sends an event from where it was written, unless it is kept for who comes back.
    fn send(&self, written: &Written) -> Result<(), SendError> {
        match written.as_text() {
            Some(text) if self.pid().is_none() => self.send_text(text),
            _ => self
                .0
                .space
                .send_to(self, &Parcel::of(written), Manner::Kept),
        }
    }

    fn send_text(&self, text: &str) -> Result<(), SendError> {
        match self.is_reachable() {
            true => self.0.session.try_send_text(text).map(drop),
            false => Err(SendError::Closed),
        }
    }

    async fn wait_to_send_on(&self, written: Written) -> Result<(), EmitError> {
        let parcel = Parcel::of(&written);
        drop(written);
        self.wait_to_send(&parcel, Manner::Kept).await
    }

    async fn wait_to_send(&self, parcel: &Parcel, manner: Manner) -> Result<(), EmitError> {
        let send = || self.0.space.send_to(self, parcel, manner);
        Ok(self.0.session.wait_for_room(send).await?)
    }

    /// Events to the client now or never; see [`Broadcast::volatile`].
    pub fn volatile(&self) -> Broadcast {
        Broadcast::of(self, Reach::Itself).volatile()
    }

    /// Everybody in the namespace but this socket.
    pub fn broadcast(&self) -> Broadcast {
        Broadcast::of(self, Reach::Selected)
    }

    /// Everybody in a room but this socket.
    pub fn to(&self, room: &str) -> Broadcast {
        self.broadcast().to(room)
    }

    /// The same as [`to`](Self::to).
    pub fn in_room(&self, room: &str) -> Broadcast {
        self.to(room)
    }

    /// Everybody but this socket and those in a room.
    pub fn except(&self, room: &str) -> Broadcast {
        self.broadcast().except(room)
    }

    /// Joins a room. Every socket is in the one that has its id for a name. Right from `on_connect` on: while guards
    /// think, the socket is not there yet, and this does nothing.
    pub fn join(&self, room: &str) {
        self.0.space.hub().join(self, &room.into());
    }

    /// Leaves a room.
    pub fn leave(&self, room: &str) {
        self.0.space.hub().leave(self, room);
    }

    /// The rooms that it is in; the first has its id for a name. None once it is disconnected.
    #[must_use]
    pub fn rooms(&self) -> Vec<Arc<str>> {
        self.0.space.hub().rooms_of(self)
    }

    /// Its id: random, and no secret. Not that of its session.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The name of its namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.0.space.name()
    }

    /// The session that it lives on, with its identity, its transport and its end.
    #[must_use]
    pub fn session(&self) -> &Sender {
        &self.0.session
    }

    /// What the client told when it came.
    #[must_use]
    pub fn handshake(&self) -> &Handshake {
        &self.0.handshake
    }

    /// Whether this is a socket that its client came back to: with its id, its state and its rooms, and with all that was sent to
    /// it meanwhile.
    #[must_use]
    pub fn recovered(&self) -> bool {
        self.0.is_recovered
    }

    /// Keeps a value with the socket, one of each type. Handlers get it as [`State`](super::State).
    pub fn set_state<T: Clone + Send + Sync + 'static>(&self, value: T) {
        self.with_state(|state| state.insert(value));
    }

    /// A clone of what is kept under that type.
    #[must_use]
    pub fn state<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        self.with_state(|state| state.get().cloned())
    }

    fn with_state<R>(&self, with: impl FnOnce(&mut Extensions) -> R) -> R {
        with(&mut self.0.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Why it was disconnected; `None` while it is connected.
    #[must_use]
    pub fn disconnected(&self) -> Option<DisconnectReason> {
        self.0.end.get().copied()
    }

    /// Disconnects it from the namespace, and tells the client, which does not come back by itself. The
    /// session goes on.
    pub fn disconnect(&self) {
        self.dismiss(DisconnectReason::ServerNamespaceDisconnect);
    }

    /// Disconnects the client from all namespaces and closes its session.
    pub fn close(&self) {
        let Some(seats) = self.0.seats.upgrade() else {
            return;
        };
        for socket in seats.sockets() {
            socket.disconnect();
        }
        seats.close_with(DisconnectReason::ForcedServerClose);
        end_session(
            &self.0.session,
            Code::NORMAL,
            DisconnectReason::ForcedServerClose,
        );
    }

    /// Ends it by the server's will, and tells the client.
    pub(super) fn dismiss(&self, reason: DisconnectReason) {
        if !self.finish(reason) || !self.is_in() {
            return;
        }
        let namespace = self.0.space.name().clone();
        let body = Body::Disconnect;
        let told = Packet { namespace, body }.encode();
        if self.0.session.try_send_together(&told).is_err() {
            // A client that cannot be told would believe that it is still there.
            let code = Code::OVERFLOW;
            self.0.session.abort_with(code, code.reason());
        }
    }

    /// Ends it; says whether it was for this reason.
    pub(super) fn finish(&self, reason: DisconnectReason) -> bool {
        if self.0.end.set(reason).is_err() {
            return false;
        }
        self.0.space.remove(self, reason);
        self.0.awaited.close();
        if let Some(seats) = self.0.seats.upgrade() {
            seats.leave(self);
        }
        true
    }

    /// Sends an answer; gives what waits for room where there is none.
    pub(super) fn answer(&self, written: &Written) -> Result<Option<Waiting>, EmitError> {
        if self.disconnected().is_some() {
            return Err(EmitError::Disconnected);
        }
        let text = written.as_text();
        match text.map(|text| self.0.session.try_send_text(text)) {
            None | Some(Err(SendError::Full)) => {
                let waiting = self.clone().wait_to_answer(written.to_messages());
                Ok(Some(Box::pin(waiting)))
            }
            Some(sent) => Ok(sent.map(|_| None)?),
        }
    }

    async fn wait_to_answer(self, messages: Messages) -> Result<(), EmitError> {
        self.0.session.send_together(&messages).await?;
        Ok(())
    }

    /// What its client gets as the answer to CONNECT.
    pub(super) fn welcome(&self) -> Message {
        let pid = self.0.pid.as_deref();
        let packet = Packet {
            namespace: self.0.space.name().clone(),
            body: self.0.revision.welcome(self.id(), pid),
        };
        packet.encode().swap_remove(0)
    }

    /// Whether it gets what is sent now.
    pub(super) fn is_reachable(&self) -> bool {
        self.disconnected().is_none() && self.is_in()
    }

    /// Whether its client was told that it is in.
    pub(super) fn is_in(&self) -> bool {
        self.0.is_in.load(Ordering::Acquire)
    }

    pub(super) fn note_in(&self) {
        self.0.is_in.store(true, Ordering::Release);
    }

    pub(super) fn awaited(&self) -> &Awaited {
        &self.0.awaited
    }

    pub(super) fn space(&self) -> &Arc<Space> {
        &self.0.space
    }

    pub(super) fn id_arc(&self) -> &Arc<str> {
        &self.0.id
    }

    pub(super) fn pid(&self) -> Option<&Arc<str>> {
        self.0.pid.as_ref()
    }

    pub(super) fn state_map(&self) -> &StateMap {
        &self.0.state
    }
}

impl PartialEq for Socket {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Socket {}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("id", &self.0.id)
            .field("namespace", self.0.space.name())
            .field("disconnected", &self.disconnected())
            .finish_non_exhaustive()
    }
}

/// Ends a session in order, with the words of a reason.
pub(super) fn end_session(session: &Sender, code: Code, reason: DisconnectReason) {
    session
        .close(code, reason.as_str())
        .expect("the words of a reason have less than 123 bytes");
}

/// 20 characters that a URL can hold, of 120 random bits.
pub(super) fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 15];
    getrandom::fill(&mut bytes)?;
    Ok(BASE64URL_NOPAD.encode(&bytes))
}
