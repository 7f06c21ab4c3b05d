//! Reads the packets of one session, and says what each of them does.
//!
//! Acknowledgements and CONNECT are dealt with at once; events are put into the queue of their socket, whose worker
//! handles them. A full queue stops the reading, and so the client. Whatever breaks the rules ends the session, as
//! in the reference.

use super::error::Refused;
use super::events::Events;
use super::reason::DisconnectReason;
use super::revision::Revision;
use super::seats::{Found, Job, NoSeat, Queue, Seats};
use super::socket::end_session;
use super::worker::{self, Arriving};
use crate::session::{Receiver, Sender, Session};
use crate::turn;
use bytes::Bytes;
use bytestring::ByteString;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use throughline_core::wire::socketio::{Body, Decoder, Packet, Payload};
use throughline_core::{Code, Message};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Instant;
use tracing::Instrument;

/// The namespace that clients of Socket.IO 2 are in from the beginning.
const ROOT: ByteString = ByteString::from_static("/");

pub(super) struct Connection {
    events: Events,
    session: Sender,
    revision: Revision,
    decoder: Decoder,
    seats: Arc<Seats>,
    has_joined: Arc<AtomicBool>,
    /// As many bytes as may still wait for their handlers.
    bytes: Arc<Semaphore>,
    /// Until then, a first namespace has to be joined.
    deadline: Option<Instant>,
}

impl Connection {
    /// Serves a session until its end.
    pub(super) async fn serve(events: Events, session: Session) {
        let (session, mut receiver) = session.split();
        let settings = events.settings();
        let mut connection = Self {
            revision: Revision::of(session.dialect()),
            decoder: Decoder::new(settings.attachments),
            deadline: Some(Instant::now() + settings.connect_timeout),
            seats: Arc::new(Seats::new()),
            has_joined: Arc::default(),
            bytes: Arc::new(Semaphore::new(settings.queue_bytes)),
            session,
            events,
        };
        if connection.revision == Revision::Four {
            // Nothing is joined yet, so nothing can be wrong with it.
            let _ = Box::pin(connection.connect(ROOT, None)).await;
        }
        while let Some(message) = connection.next(&mut receiver).await {
            if let Err(reason) = connection.receive(message).await {
                connection.end(reason);
                break;
            }
        }
    }

    /// The next message, unless it is too late to join.
    async fn next(&mut self, receiver: &mut Receiver) -> Option<Message> {
        if let Some(deadline) = self.deadline
            && !self.has_joined.load(Ordering::Acquire)
        {
            let waiting = tokio::time::timeout_at(deadline, receiver.recv());
            // Its memory is given back once something is joined.
            if let Ok(message) = Box::pin(waiting).await {
                return message;
            }
            if !self.has_joined.load(Ordering::Acquire) {
                tracing::debug!("no namespace was joined in time");
                self.end(DisconnectReason::ForcedServerClose);
                return None;
            }
        }
        self.deadline = None;
        receiver.recv().await
    }

    /// Ends the session in order.
    fn end(&self, reason: DisconnectReason) {
        self.seats.close_with(reason);
        end_session(&self.session, Code::VIOLATION, reason);
    }

    /// Takes a message; gives a reason to end the session.
    async fn receive(&mut self, message: Message) -> Result<(), DisconnectReason> {
        match self.decoder.receive(message) {
            Ok(None) => Ok(()),
            Ok(Some(packet)) => self.react(packet).await,
            Err(malformed) => {
                tracing::debug!(%malformed, "not a packet");
                Err(DisconnectReason::ParseError)
            }
        }
    }

    async fn react(&self, packet: Packet) -> Result<(), DisconnectReason> {
        let Packet { namespace, body } = self.revision.read(packet);
        match (body, self.seats.find(&namespace)) {
            (Body::Connect(auth), _) => Box::pin(self.connect(namespace, auth)).await,
            (Body::ConnectError(_), _) => violation("only a server refuses"),
            (Body::Disconnect, Found::Joined(socket, _)) => {
                socket.finish(DisconnectReason::ClientNamespaceDisconnect);
                Ok(())
            }
            (Body::Event { id, payload }, Found::Joined(_, queue)) => {
                self.enqueue(queue, id, payload).await;
                Ok(())
            }
            (Body::Ack { id, payload }, Found::Joined(socket, _)) => {
                if let Some(id) = id {
                    socket.awaited().answer(&socket, id, payload);
                }
                Ok(())
            }
            (Body::Disconnect, Found::Dismissed) => {
                self.seats.vacate(&namespace);
                Ok(())
            }
            // The client does not know yet that it was disconnected.
            (Body::Event { .. } | Body::Ack { .. }, Found::Dismissed) => Ok(()),
            (_, Found::Nobody) => violation("the namespace is not joined"),
        }
    }

    async fn connect(
        &self,
        namespace: ByteString,
        auth: Option<ByteString>,
    ) -> Result<(), DisconnectReason> {
        let settings = self.events.settings();
        let Some(visit) = self.events.visit(&namespace) else {
            self.refuse(namespace, "Invalid namespace").await;
            return Ok(());
        };
        let (queue, jobs) = mpsc::channel(settings.queue);
        match self.seats.take(&namespace, queue, settings.namespaces) {
            Ok(()) => {}
            Err(NoSeat::Taken) => return violation("the namespace is joined already"),
            Err(NoSeat::TooMany) => {
                self.refuse(namespace, "too many namespaces").await;
                return Ok(());
            }
        }
        let arriving = Arriving {
            visit,
            session: self.session.clone(),
            seats: self.seats.clone(),
            revision: self.revision,
            has_joined: self.has_joined.clone(),
            patience: settings.connect_timeout,
            auth,
        };
        let span = tracing::debug_span!("namespace", name = %namespace);
        turn::spawn(worker::run(arriving, jobs).instrument(span));
        Ok(())
    }

    async fn refuse(&self, namespace: ByteString, words: &str) {
        let body = self.revision.refusal(&Refused::new(words));
        let told = Packet { namespace, body }.encode();
        // A session that is over needs no answer.
        let _ = self.session.send_together(&told).await;
    }

    /// Puts an event into its queue.
    async fn enqueue(&self, queue: Queue, id: Option<u64>, payload: Payload) {
        let cost = cost(&payload, self.events.settings().queue_bytes);
        // There is room most of the time.
        if let Ok(room) = self.bytes.clone().try_acquire_many_owned(cost)
            && let Ok(place) = queue.try_reserve()
        {
            place.send(Box::new(Job { id, payload, room }));
        } else if let Some((room, place)) = Box::pin(self.wait_for_place(queue, cost)).await {
            place.send(Box::new(Job { id, payload, room }));
        }
    }

    /// Until there is room, nothing more is read; meanwhile the session may end, which those have to learn for whose answers
    /// its handlers wait.
    async fn wait_for_place(
        &self,
        queue: Queue,
        cost: u32,
    ) -> Option<(OwnedSemaphorePermit, mpsc::OwnedPermit<Box<Job>>)> {
        let placing = async {
            let room = self.bytes.clone().acquire_many_owned(cost).await.ok()?;
            // A queue whose worker is gone has no place.
            let place = queue.reserve_owned().await.ok()?;
            Some((room, place))
        };
        tokio::pin!(placing);
        tokio::select! {
            biased;
            placed = &mut placing => placed,
            _ = self.session.closed() => {
                self.finish();
                placing.await
            }
        }
    }

    /// Ends all sockets.
    fn finish(&self) {
        let sockets = self.seats.sockets();
        let reason = self.reason();
        for socket in sockets {
            socket.finish(reason);
        }
    }

    /// Why there are no more messages.
    fn reason(&self) -> DisconnectReason {
        if let Some(reason) = self.seats.closing() {
            return reason;
        }
        if let Some(end) = self.session.end() {
            return DisconnectReason::of_end(end.code, &end.reason);
        }
        if let Some(close) = self.session.peer_close() {
            return DisconnectReason::of_end(close.code, &close.reason);
        }
        match self.session.is_shutting_down() {
            true => DisconnectReason::ServerShuttingDown,
            false => DisconnectReason::ForcedClose,
        }
    }
}

impl Drop for Connection {
    /// However the reading ends, no socket outlives it.
    fn drop(&mut self) {
        let reason = self.reason();
        for socket in self.seats.close() {
            socket.finish(reason);
        }
    }
}

/// What a waiting event costs on top of its bytes.
const OVERHEAD: usize = 256;

/// What a waiting event costs. One that is larger than all that may wait, waits alone.
fn cost(payload: &Payload, most: usize) -> u32 {
    let attachments: usize = payload.attachments().iter().map(Bytes::len).sum();
    let cost = payload.json().len() + attachments + OVERHEAD;
    u32::try_from(cost.min(most)).unwrap_or(u32::MAX)
}

fn violation(what: &str) -> Result<(), DisconnectReason> {
    tracing::debug!(what, "the session breaks a rule");
    Err(DisconnectReason::ForcedServerClose)
}
