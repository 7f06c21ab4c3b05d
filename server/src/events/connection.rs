//! The one task of a session in the events layer: reads its packets, says what each of them does, and drives its sockets.
//!
//! Acknowledgements and CONNECT are dealt with at once; an event is put into the queue of its socket, whose life
//! handles it, here and now where nothing is under way. A full queue stops the reading, and so the client. Whatever breaks
//! the rules ends the session, as in the reference.

use super::error::Refused;
use super::events::Events;
use super::lives::Lives;
use super::queue::{Job, Queue, Standing};
use super::reason::DisconnectReason;
use super::revision::Revision;
use super::seats::Seats;
use super::socket::end_session;
use super::worker::{self, Arriving};
use crate::session::{Receiver, Sender, Session};
use crate::turn;
use bytes::Bytes;
use bytestring::ByteString;
use futures_util::Stream;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use throughline_core::wire::socketio::{Body, Decoder, Packet, Payload};
use throughline_core::{Code, Message};
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep_until};
use tracing::Instrument;

/// The namespace that clients of Socket.IO 2 are in from the beginning.
const ROOT: ByteString = ByteString::from_static("/");

/// As many messages are taken before other tasks have their turn.
const MOST_IN_TURN: usize = 128;

pub(super) struct Connection {
    events: Events,
    session: Sender,
    receiver: Receiver,
    revision: Revision,
    decoder: Decoder,
    seats: Arc<Seats>,
    lives: Lives,
    /// Until then, a first namespace has to be joined.
    deadline: Option<Instant>,
    /// As many messages were taken in this turn.
    taken: usize,
    /// Where those go on who outlive this.
    runtime: Handle,
}

/// What became of the wait for a first namespace.
enum Waited {
    Said(Option<Message>),
    Joined,
    TooLong,
}

impl Connection {
    /// Serves a session until its end.
    pub(super) async fn serve(events: Events, session: Session) {
        let (session, receiver) = session.split();
        let settings = events.settings();
        let mut connection = Self {
            revision: Revision::of(session.dialect()),
            decoder: Decoder::new(settings.attachments),
            deadline: Some(Instant::now() + settings.connect_timeout),
            seats: Arc::new(Seats::new()),
            lives: Lives::default(),
            taken: 0,
            runtime: Handle::current(),
            session,
            receiver,
            events,
        };
        if connection.revision == Revision::Four {
            // Nothing is joined yet, so nothing can be wrong with it.
            let _ = Box::pin(connection.connect(ROOT, None)).await;
        }
        while let Some(message) = connection.next().await {
            if let Err(reason) = connection.receive(message).await {
                connection.end(reason);
                break;
            }
        }
        connection.part();
        // Most are seen off at once. The others take their time without the session.
        connection.lives.go_on_here().await;
    }

    /// The next message, unless it is too late to join.
    async fn next(&mut self) -> Option<Message> {
        if let Some(deadline) = self.deadline {
            // Its memory is given back once something is joined.
            match Box::pin(self.wait_to_join(deadline)).await {
                Waited::Said(message) => return message,
                Waited::Joined => self.deadline = None,
                Waited::TooLong => {
                    tracing::debug!("no namespace was joined in time");
                    self.end(DisconnectReason::ForcedServerClose);
                    return None;
                }
            }
        }
        poll_fn(|ctx| self.poll_next(ctx)).await
    }

    async fn wait_to_join(&mut self, deadline: Instant) -> Waited {
        let mut late = pin!(sleep_until(deadline));
        poll_fn(|ctx| {
            if self.seats.has_joined() {
                return Poll::Ready(Waited::Joined);
            }
            if let Poll::Ready(message) = self.poll_next(ctx) {
                return Poll::Ready(Waited::Said(message));
            }
            match self.seats.has_joined() {
                true => Poll::Ready(Waited::Joined),
                false => late.as_mut().poll(ctx).map(|()| Waited::TooLong),
            }
        })
        .await
    }

    /// The next message; where there is none, the sockets go on.
    fn poll_next(&mut self, ctx: &mut Context<'_>) -> Poll<Option<Message>> {
        if self.taken < MOST_IN_TURN {
            if let Poll::Ready(message) = Pin::new(&mut self.receiver).poll_next(ctx) {
                self.taken += 1;
                return Poll::Ready(message);
            }
        } else {
            ctx.waker().wake_by_ref();
        }
        self.taken = 0;
        self.go_on(ctx);
        Poll::Pending
    }

    /// Lets the sockets go on that have something to do.
    fn go_on(&mut self, ctx: &mut Context<'_>) {
        let has_news = self.seats.listen(ctx.waker());
        self.lives.go_on(has_news, ctx);
    }

    /// Waits for this, while the sockets go on.
    async fn beside<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|ctx| {
            self.go_on(ctx);
            future.as_mut().poll(ctx)
        })
        .await
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

    async fn react(&mut self, packet: Packet) -> Result<(), DisconnectReason> {
        let Packet { namespace, body } = self.revision.read(packet);
        if let Body::Connect(auth) = body {
            return Box::pin(self.connect(namespace, auth)).await;
        }
        let Some(life) = self.lives.find(&namespace) else {
            return violation("the namespace is not joined");
        };
        match (body, life.queue.standing()) {
            (Body::Connect(_) | Body::ConnectError(_), _) => violation("only a server refuses"),
            (Body::Disconnect, Standing::Joined(socket)) => {
                socket.finish(DisconnectReason::ClientNamespaceDisconnect);
                Ok(())
            }
            (Body::Event { id, payload }, Standing::Joined(_)) => {
                let settings = self.events.settings();
                let cost = cost(&payload, settings.queue_bytes);
                let (room, bytes) = self.seats.room(cost);
                let is_idle = life.queue.is_idle();
                let jobs = life.queue.push(Job { id, payload, room });
                if is_idle {
                    // It is handled without ado, as far as its handlers do not wait.
                    life.go_on_here().await;
                }
                if jobs > settings.queue || bytes > settings.queue_bytes {
                    let queue = life.queue.clone();
                    Box::pin(self.wait_for_room(queue)).await;
                }
                Ok(())
            }
            (Body::Ack { id, payload }, Standing::Joined(socket)) => {
                if let Some(id) = id {
                    socket.awaited().answer(socket, id, payload);
                }
                Ok(())
            }
            (Body::Disconnect, Standing::Dismissed) => {
                life.leave();
                Ok(())
            }
            // The client does not know yet that it was disconnected.
            (Body::Event { .. } | Body::Ack { .. }, Standing::Dismissed) => Ok(()),
            (_, Standing::Arriving | Standing::Gone) => violation("the namespace is not joined"),
        }
    }

    async fn connect(
        &mut self,
        namespace: ByteString,
        auth: Option<ByteString>,
    ) -> Result<(), DisconnectReason> {
        let settings = self.events.settings();
        let (patience, most) = (settings.connect_timeout, settings.namespaces);
        let Some(visit) = self.events.visit(&namespace) else {
            self.refuse(namespace, "Invalid namespace").await;
            return Ok(());
        };
        if let Some(life) = self.lives.find(&namespace) {
            match life.queue.standing() {
                Standing::Dismissed => life.leave(),
                _ => return violation("the namespace is joined already"),
            }
        }
        if self.lives.count() >= most {
            self.refuse(namespace, "too many namespaces").await;
            return Ok(());
        }
        let queue = Arc::new(Queue::new());
        let arriving = Arriving {
            visit,
            session: self.session.clone(),
            seats: self.seats.clone(),
            queue: queue.clone(),
            revision: self.revision,
            patience,
            auth,
        };
        let span = tracing::debug_span!("namespace", name = %namespace);
        let life = Box::pin(worker::run(arriving).instrument(span));
        self.lives.add(namespace, queue, life).go_on_here().await;
        Ok(())
    }

    async fn refuse(&mut self, namespace: ByteString, words: &str) {
        let body = self.revision.refusal(&Refused::new(words));
        let told = Packet { namespace, body }.encode();
        let session = self.session.clone();
        // A session that is over needs no answer.
        let _ = self.beside(session.send_together(&told)).await;
    }

    /// Until there is room, nothing more is read; meanwhile the session may end, which those have to learn for whose answers
    /// its handlers wait.
    async fn wait_for_room(&mut self, queue: Arc<Queue>) {
        let mut closed = self.session.closed();
        poll_fn(|ctx| {
            self.go_on(ctx);
            if Pin::new(&mut closed).poll(ctx).is_ready() {
                self.finish();
                return Poll::Ready(());
            }
            let settings = self.events.settings();
            let is_full =
                queue.len() > settings.queue || self.seats.has_more_than(settings.queue_bytes);
            match is_full {
                true => Poll::Pending,
                false => Poll::Ready(()),
            }
        })
        .await;
    }

    /// Ends all sockets.
    fn finish(&self) {
        let reason = self.reason();
        for socket in self.seats.sockets() {
            socket.finish(reason);
        }
    }

    /// Ends all sockets, and lets nobody in any more.
    fn part(&self) {
        let reason = self.reason();
        for socket in self.seats.close() {
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
    /// However the reading ends, no socket outlives it. What is under way there comes to its end.
    fn drop(&mut self) {
        self.part();
        for life in self.lives.take() {
            self.runtime.spawn(turn::in_turns(life));
        }
    }
}

/// What a waiting event costs on top of its bytes.
const OVERHEAD: usize = 256;

/// What a waiting event costs. One that is larger than all that may wait, waits alone.
fn cost(payload: &Payload, most: usize) -> usize {
    let attachments: usize = payload.attachments().iter().map(Bytes::len).sum();
    let cost = payload.json().len() + attachments + OVERHEAD;
    cost.min(most)
}

fn violation(what: &str) -> Result<(), DisconnectReason> {
    tracing::debug!(what, "the session breaks a rule");
    Err(DisconnectReason::ForcedServerClose)
}
