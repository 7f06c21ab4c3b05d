//! A WebSocket connection, from its handshake to its end.
//!
//! The client speaks first (spec ATT-1): hellos are answered one after the other until one link begins, or
//! until the deadline. Then `link` carries the session. Frames are the core's to read and to write; `socket` has the bytes.

mod alarm;
mod io;
mod link;
mod socket;
mod upgrade;

use crate::attach::{Attached, Caller, Visitor};
use crate::dialect::Speaker;
use crate::metrics;
use crate::node::{Counted, Node};
use crate::service::no_room;
use crate::shared::Linked;
use axum::response::Response;
use socket::Socket;
use std::sync::Arc;
use std::time::Duration;
use throughline_core::wire::native::websocket::write;
use throughline_core::wire::native::{Begin, Frame, Hello, LONGEST_JSON};
use throughline_core::wire::websocket::{Close, Received};
use throughline_core::{Limits, Session};
use tokio::time::{Instant, timeout, timeout_at};
use tracing::Instrument;
pub(crate) use upgrade::Upgrade;

/// A client repeats its hello once a second; more than this is not a client.
const MOST_HELLOS: usize = 32;
/// How long the last frames have to get through before the connection is cut.
const LINGER: Duration = Duration::from_secs(2);

/// Accepts the handshake, if there is room.
pub(crate) fn accept(node: &Arc<Node>, caller: Caller, upgrade: Upgrade) -> Response {
    let visitor = match Visitor::new(node.clone(), caller) {
        Ok(visitor) => visitor,
        Err(full) => return no_room(full, node.jitter()),
    };
    let node = node.clone();
    let longest = longest_message(&node.config.limits);
    upgrade.accept(longest, move |socket| run(node, visitor, socket))
}

/// The longest WebSocket message: a message and its header, or a hello.
fn longest_message(limits: &Limits) -> usize {
    (limits.message + 1).max(LONGEST_JSON)
}

// What a connection needs once, at its beginning or its end, lies in boxes: their memory is given back before the session is carried,
// which takes much longer. For the same reason these are no async functions, whose futures keep their arguments twice.

fn run(node: Arc<Node>, visitor: Visitor, socket: Box<Socket>) -> impl Future<Output = ()> + Send {
    let counted = Counted::new(node.clone());
    let greeted = Box::pin(greet(node, visitor, socket));
    async move {
        let _counted = counted;
        match greeted.await {
            (socket, Ok(linked)) => drive(socket, linked).await,
            (socket, Err(close)) => Box::pin(part(socket, close)).await,
        }
    }
}

/// Answers a client until it has begun a session, or the connection is to be closed.
async fn greet(
    node: Arc<Node>,
    visitor: Visitor,
    socket: Box<Socket>,
) -> (Box<Socket>, Result<Linked<Session>, Option<Close>>) {
    let mut door = Door::new(visitor, socket, node.config.limits.offer);
    let begin = tokio::select! {
        begin = door.greet() => begin,
        () = node.closed() => None,
    };
    let Door {
        visitor,
        socket,
        close,
        ..
    } = door;
    let session = begin.zip(visitor.into_session());
    let linked = session.map(|(begin, session)| Linked::begin(session, begin));
    (socket, linked.ok_or(close))
}

/// Lets a connection carry a session, and counts it meanwhile.
pub(crate) fn carry<D: Speaker>(
    node: Arc<Node>,
    socket: Box<Socket>,
    linked: Linked<D>,
) -> impl Future<Output = ()> + Send {
    let counted = Counted::new(node);
    async move {
        let _counted = counted;
        drive(socket, linked).await;
    }
}

/// Lets a connection carry its session until the link ends, and closes it.
fn drive<D: Speaker>(socket: Box<Socket>, linked: Linked<D>) -> impl Future<Output = ()> + Send {
    let span =
        tracing::info_span!("link", session = %linked.session().id(), number = linked.number());
    let carrying = async move {
        if let Some((socket, close)) = link::run(socket, linked).await {
            Box::pin(part(socket, close)).await;
        }
    };
    carrying.instrument(span)
}

/// Closes a connection in order. Whoever does not answer in time is cut off.
async fn part(mut socket: Box<Socket>, close: Option<Close>) {
    let _ = timeout(LINGER, socket.close(close)).await;
}

/// A connection on which nothing has begun.
struct Door {
    visitor: Visitor,
    socket: Box<Socket>,
    patience: Duration,
    /// When the handshake, or the latest offer, has led to nothing.
    deadline: Instant,
    /// What the connection is closed with, where that says something.
    close: Option<Close>,
}

impl Door {
    fn new(visitor: Visitor, socket: Box<Socket>, patience: Duration) -> Self {
        Self {
            visitor,
            socket,
            patience,
            deadline: Instant::now() + patience,
            close: None,
        }
    }

    /// Answers hellos until a link begins; `None` when the connection is to be dropped (spec LIV-5).
    async fn greet(&mut self) -> Option<Begin> {
        for _ in 0..MOST_HELLOS {
            let frame = timeout_at(self.deadline, self.next_frame()).await.ok()??;
            match frame {
                Frame::Hello(hello) => self.answer(*hello).await?,
                Frame::Begin(begin) => return Some(begin),
                _ => return None,
            }
        }
        None
    }

    async fn next_frame(&mut self) -> Option<Frame> {
        let message = match self.socket.next().await {
            Ok(Some(Received::Message(message))) => message,
            Ok(Some(Received::Close(close))) => {
                self.close = close;
                return None;
            }
            Ok(Some(Received::Ping(_) | Received::Pong) | None) => return None,
            Err(failure) => {
                self.close = Some(Close::of(failure.status()));
                return None;
            }
        };
        let decoded = Session::decode(message).inspect_err(|malformed| {
            let address = self.visitor.caller().address;
            tracing::debug!(?address, %malformed, "malformed frame");
            metrics::malformed("websocket");
        });
        decoded.ok()
    }

    /// `None` when the connection is gone, or does not take the answer.
    async fn answer(&mut self, hello: Hello) -> Option<()> {
        let frame = match self.visitor.hello(hello).await {
            Attached::Welcome(welcome) => Frame::Welcome(welcome),
            Attached::Refused(refusal) => Frame::Refuse(refusal.into()),
            Attached::Ended(abort) => Frame::Abort(abort),
        };
        let welcomes = matches!(frame, Frame::Welcome(_));
        let sending = self.socket.send(|out| write(&frame, out));
        timeout(self.patience, sending).await.ok()?.ok()?;
        if welcomes {
            self.deadline = Instant::now() + self.patience;
        }
        Some(())
    }
}
