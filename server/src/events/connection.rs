//! The one task of a session in the events layer: reads its packets, says what each of them does, and drives its sockets.
//!
//! Acknowledgements and CONNECT are dealt with at once, and so is an event where nothing is under way at its socket; where
//! something is, it waits in the socket's queue. A full queue stops the reading, and so the client. Whatever breaks
//! the rules ends the session, as in the reference.

use super::context::Incoming;
use super::error::Refused;
use super::events::{Events, Settings};
use super::lives::Lives;
use super::queue::{Queue, Standing};
use super::reason::DisconnectReason;
use super::revision::Revision;
use super::seats::Seats;
use super::socket::end_session;
use super::worker::{self, Arriving};
use crate::session::{Receiver, Sender, Session};
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
use tokio::task::coop::has_budget_remaining;
use tokio::time::{Instant, sleep_until};

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
    /// There were more, so now it is the sockets' turn.
    was_cut: bool,
}

/// What a client says, or why its session has to end; `None` when it says no more.
type Said = Option<Result<Packet, DisconnectReason>>;

/// What became of the wait for a first namespace.
enum Waited {
    Said(Said),
    Joined,
    TooLong,
}

/// What has to be waited for.
enum Rare {
    Connect(ByteString, Option<ByteString>),
    /// The client has left this namespace.
    Part(ByteString),
    /// An event that is not handled at once.
    Event(ByteString, Option<u64>, Payload),
}

impl Connection {
    /// Serves a session until its end.
    pub(super) fn serve(events: Events, session: Session) -> impl Future<Output = ()> + Send {
        let mut connection = Self::new(events, session);
        // As an argument of an async function it would be in its future twice.
        async move { connection.run().await }
    }

    fn new(events: Events, session: Session) -> Self {
        let (session, receiver) = session.split();
        let settings = events.settings();
        Self {
            revision: Revision::of(session.dialect()),
            decoder: Decoder::new(settings.attachments),
            deadline: Some(Instant::now() + settings.connect_timeout),
            seats: Arc::new(Seats::new()),
            lives: Lives::new(Handle::current()),
            taken: 0,
            was_cut: false,
            session,
            receiver,
            events,
        }
    }

    async fn run(&mut self) {
        if self.revision == Revision::Four {
            // Nothing is joined yet, so nothing can be wrong with it.
            let _ = Box::pin(self.connect(ROOT, None)).await;
        }
        while let Some(said) = self.next().await {
            let reacted = match said.and_then(|packet| self.react(packet)) {
                Ok(Some(rare)) => Box::pin(self.see_to(rare)).await,
                Ok(None) => Ok(()),
                Err(reason) => Err(reason),
            };
            if let Err(reason) = reacted {
                self.end(reason);
                break;
            }
        }
        self.part();
        // Most are seen off at once. The others take their time without the session.
        self.lives.poll_all_now().await;
    }

    /// The next packet that asks for more than is done at once, unless it is too late to join.
    async fn next(&mut self) -> Said {
        if let Some(deadline) = self.deadline {
            // Its memory is given back once something is joined.
            match Box::pin(self.wait_to_join(deadline)).await {
                Waited::Said(said) => return said,
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
            if let Poll::Ready(said) = self.poll_next(ctx) {
                return Poll::Ready(Waited::Said(said));
            }
            match self.seats.has_joined() {
                true => Poll::Ready(Waited::Joined),
                false => late.as_mut().poll(ctx).map(|()| Waited::TooLong),
            }
        })
        .await
    }

    /// Takes messages, and handles events here and now as far as that goes; gives the first packet of another kind. Where there are no more
    /// messages, the sockets go on. After many they come first: neither who says much nor who does much uses up all that the
    /// task may do at a time, time after time.
    fn poll_next(&mut self, ctx: &mut Context<'_>) -> Poll<Said> {
        if std::mem::take(&mut self.was_cut) {
            self.go_on(ctx);
            if !has_budget_remaining() {
                ctx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        while self.taken == 0 || (self.taken < MOST_IN_TURN && has_budget_remaining()) {
            let Poll::Ready(message) = Pin::new(&mut self.receiver).poll_next(ctx) else {
                self.go_on(ctx);
                self.taken = 0;
                return Poll::Pending;
            };
            self.taken += 1;
            let Some(message) = message else {
                return Poll::Ready(None);
            };
            if let Some(said) = self.receive(message, ctx) {
                return Poll::Ready(Some(said));
            }
        }
        self.was_cut = true;
        self.taken = 0;
        ctx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Takes a message; gives the packet that it completes, unless that is dealt with.
    fn receive(
        &mut self,
        message: Message,
        ctx: &mut Context<'_>,
    ) -> Option<Result<Packet, DisconnectReason>> {
        let mut received = self.decoder.receive(message);
        if let Ok(Some(packet)) = &mut received {
            self.revision.read(packet);
        }
        match received {
            Ok(None) => None,
            Ok(Some(Packet {
                namespace,
                body: Body::Event { id, payload },
            })) => self.handle_now(namespace, id, payload, ctx).map(Ok),
            Ok(Some(packet)) => Some(Ok(packet)),
            Err(malformed) => {
                tracing::debug!(%malformed, "not a packet");
                Some(Err(DisconnectReason::ParseError))
            }
        }
    }

    /// Handles an event at once, as far as its handlers do not wait; gives it back where something is under way already.
    fn handle_now(
        &mut self,
        namespace: ByteString,
        id: Option<u64>,
        payload: Payload,
        ctx: &mut Context<'_>,
    ) -> Option<Packet> {
        let most = self.events.settings().queue_bytes;
        let cost = cost(&payload, most);
        let life = self.lives.find(&namespace);
        if let Some(life) = life
            && let Some(socket) = life.ready()
            && !self.seats.has_more_than(most - cost)
        {
            if let Some(event) = Incoming::of(socket, id, payload) {
                life.handle(event, || self.seats.room(cost), ctx);
            }
            return None;
        }
        let body = Body::Event { id, payload };
        Some(Packet { namespace, body })
    }

    /// Lets the sockets go on that have something to do.
    fn go_on(&mut self, ctx: &mut Context<'_>) {
        let has_news = self.seats.listen(ctx.waker());
        self.lives.poll(has_news, ctx);
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

    /// What comes seldom, and takes more memory than the rest; gives a reason to end the session.
    async fn see_to(&mut self, rare: Rare) -> Result<(), DisconnectReason> {
        match rare {
            Rare::Connect(namespace, auth) => return self.connect(namespace, auth).await,
            Rare::Part(namespace) => self.lives.part(&namespace).await,
            Rare::Event(namespace, id, payload) => self.enqueue(&namespace, id, payload).await,
        }
        Ok(())
    }

    /// Does what a packet says, but for what has to be waited for; gives a reason to end the session.
    fn react(&mut self, packet: Packet) -> Result<Option<Rare>, DisconnectReason> {
        let Packet { namespace, body } = packet;
        if let Body::Connect(auth) = body {
            return Ok(Some(Rare::Connect(namespace, auth)));
        }
        let Some(life) = self.lives.find(&namespace) else {
            return violation("the namespace is not joined");
        };
        match (body, life.standing()) {
            (Body::Connect(_) | Body::ConnectError(_), _) => violation("only a server refuses"),
            (Body::Disconnect, Standing::Joined(socket)) => {
                socket.finish(DisconnectReason::ClientNamespaceDisconnect);
                Ok(Some(Rare::Part(namespace)))
            }
            (Body::Event { id, payload }, Standing::Joined(_)) => {
                Ok(Some(Rare::Event(namespace, id, payload)))
            }
            (Body::Ack { id, payload }, Standing::Joined(socket)) => {
                if let Some(id) = id {
                    socket.awaited().answer(socket, id, payload);
                }
                Ok(None)
            }
            (Body::Disconnect, Standing::Dismissed) => Ok(Some(Rare::Part(namespace))),
            // The client does not know yet that it was disconnected.
            (Body::Event { .. } | Body::Ack { .. }, Standing::Dismissed) => Ok(None),
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
            match life.standing() {
                Standing::Dismissed | Standing::Gone => self.lives.part(&namespace).await,
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
        let worker = Box::pin(worker::run(arriving));
        self.lives.add(namespace, queue, worker).await;
        Ok(())
    }

    async fn refuse(&mut self, namespace: ByteString, words: &str) {
        let body = self.revision.refusal(&Refused::new(words));
        let told = Packet { namespace, body }.encode();
        let session = self.session.clone();
        // A session that is over needs no answer.
        let _ = self.beside(session.send_together(&told)).await;
    }

    /// Puts an event into its queue, where there is room or when there is.
    async fn enqueue(&mut self, namespace: &str, id: Option<u64>, payload: Payload) {
        let settings = self.events.settings();
        let cost = cost(&payload, settings.queue_bytes);
        let life = self.lives.find(namespace);
        let Some(queue) = life.and_then(|life| life.queue().cloned()) else {
            return;
        };
        if is_full(settings, &self.seats, &queue, cost) {
            self.wait_for_room(&queue, cost).await;
        }
        let socket = queue.socket();
        let event = socket.and_then(|socket| Incoming::of(socket, id, payload));
        if let Some(mut event) = event {
            event.hold(self.seats.room(cost));
            queue.push(event);
        }
        if let Some(life) = self.lives.find(namespace)
            && life.is_idle()
        {
            life.poll_now().await;
        }
    }

    /// Until there is room, nothing more is read; meanwhile the session may end, which those have to learn for whose answers
    /// its handlers wait.
    async fn wait_for_room(&mut self, queue: &Queue, cost: usize) {
        let mut closed = self.session.closed();
        let mut has_ended = false;
        poll_fn(|ctx| {
            self.go_on(ctx);
            if !has_ended && Pin::new(&mut closed).poll(ctx).is_ready() {
                has_ended = true;
                self.finish();
            }
            let settings = self.events.settings();
            match !has_ended && is_full(settings, &self.seats, queue, cost) {
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
    }
}

/// Whether an event of this cost has to wait before it may wait in its queue.
fn is_full(settings: &Settings, seats: &Seats, queue: &Queue, cost: usize) -> bool {
    queue.len() >= settings.queue || seats.has_more_than(settings.queue_bytes - cost)
}

/// What a waiting event costs on top of its bytes.
const OVERHEAD: usize = 256;

/// What a waiting event costs, with its name once more where that is not as it is written. One that is larger than all that
/// may wait, waits alone.
fn cost(payload: &Payload, most: usize) -> usize {
    let attachments: usize = payload.attachments().iter().map(Bytes::len).sum();
    let name = match (payload.plain_name(), payload.first()) {
        (None, Some((written, _))) => written.len(),
        _ => 0,
    };
    let cost = payload.json().len() + name + attachments + OVERHEAD;
    cost.min(most)
}

fn violation<T>(what: &str) -> Result<T, DisconnectReason> {
    tracing::debug!(what, "the session breaks a rule");
    Err(DisconnectReason::ForcedServerClose)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_escapes_is_kept_beside_its_text_and_costs_for_both() {
        let of = |json: &str| {
            let payload = Payload::new(json.to_owned(), Vec::new());
            cost(&payload.expect("an event"), usize::MAX)
        };
        assert_eq!(of(r#"["ab"]"#), OVERHEAD + 6);
        assert_eq!(of(r#"["\n"]"#), OVERHEAD + 6 + 4);
        assert_eq!(
            cost(&Payload::new("[1]".to_owned(), Vec::new()).unwrap(), 100),
            100
        );
    }
}
