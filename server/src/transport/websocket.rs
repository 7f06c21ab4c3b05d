//! A WebSocket connection, from its handshake to its end.
//!
//! The client speaks first (spec ATT-1): hellos are answered one after the other until one link begins, or
//! until the deadline. Then `link` carries the session. The library's buffers are set here on purpose: its
//! defaults are 128 KiB to read, and no bound to write.

mod carried;
mod link;
mod readiness;

use crate::attach::{Attached, Caller, Visitor};
use crate::dialect::Speaker;
use crate::metrics;
use crate::node::{Counted, Node};
use crate::service::no_room;
use crate::shared::Linked;
use axum::extract::FromRequestParts;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse, Response};
use carried::Incoming;
use futures_util::StreamExt;
use http::request::Parts;
use link::Link;
use std::sync::Arc;
use std::time::Duration;
use throughline_core::wire::native::{Begin, Frame, Hello, LONGEST_JSON};
use throughline_core::{Limits, Session};
use tokio::time::{Instant, timeout, timeout_at};
use tracing::Instrument;

/// What a connection reads at a time. Longer messages grow the buffer while they arrive.
const READ_BUFFER: usize = 4 * 1024;
/// What a connection collects before it writes.
const WRITE_BUFFER: usize = 16 * 1024;
/// Room for a header, a pong and a close beside the longest message.
const WRITE_MARGIN: usize = 1024;
/// A client repeats its hello once a second; more than this is not a client.
const MOST_HELLOS: usize = 32;
/// How long the last frames have to get through before the connection is cut.
const LINGER: Duration = Duration::from_secs(2);

/// Takes the upgrade out of a request that has been found to be a handshake.
pub(crate) async fn upgrade(parts: &mut Parts) -> Result<WebSocketUpgrade, Response> {
    let upgrade = WebSocketUpgrade::from_request_parts(parts, &()).await;
    upgrade.map_err(IntoResponse::into_response)
}

/// Accepts the handshake, if there is room.
pub(crate) fn accept(node: &Arc<Node>, caller: Caller, upgrade: WebSocketUpgrade) -> Response {
    let visitor = match Visitor::new(node.clone(), caller) {
        Ok(visitor) => visitor,
        Err(full) => return no_room(full, node.jitter()),
    };
    let node = node.clone();
    within(upgrade, longest_message(&node.config.limits))
        .on_upgrade(move |socket| run(node, visitor, socket))
}

/// Sets the library's buffers, for messages up to the longest.
pub(crate) fn within(upgrade: WebSocketUpgrade, longest: usize) -> WebSocketUpgrade {
    upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(WRITE_BUFFER + longest + WRITE_MARGIN)
        .max_message_size(longest)
        .max_frame_size(longest)
}

/// The longest WebSocket message: a message and its header, or a hello.
fn longest_message(limits: &Limits) -> usize {
    (limits.message + 1).max(LONGEST_JSON)
}

async fn run(node: Arc<Node>, visitor: Visitor, socket: WebSocket) {
    let _counted = Counted::new(node.clone());
    let mut door = Door::new(visitor, socket, node.config.limits.offer);
    let begin = tokio::select! {
        begin = door.greet() => begin,
        () = node.closed() => None,
    };
    let Door {
        visitor, socket, ..
    } = door;
    match (begin, visitor.into_session()) {
        (Some(begin), Some(session)) => drive(socket, Linked::begin(session, begin)).await,
        _ => part(socket, None).await,
    }
}

/// Lets a connection carry a session, and counts it meanwhile.
pub(crate) async fn carry<D: Speaker>(node: &Arc<Node>, socket: WebSocket, linked: Linked<D>) {
    let _counted = Counted::new(node.clone());
    drive(socket, linked).await;
}

/// Lets a connection carry its session until the link ends, and closes it.
async fn drive<D: Speaker>(socket: WebSocket, linked: Linked<D>) {
    let span =
        tracing::info_span!("link", session = %linked.session().id(), number = linked.number());
    let carrying = async {
        if let Some((socket, close)) = Link::new(socket, linked).run().await {
            part(socket, close).await;
        }
    };
    carrying.instrument(span).await;
}

/// Closes a connection in order. Reading on until the client closes too keeps what was written last from
/// being thrown away with the connection.
async fn part(mut socket: WebSocket, close: Option<CloseFrame>) {
    let parting = async {
        if socket.send(Message::Close(close)).await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
        }
    };
    // Whoever does not answer in time is cut off.
    let _ = timeout(LINGER, parting).await;
}

/// A connection on which nothing has begun.
struct Door {
    visitor: Visitor,
    socket: WebSocket,
    patience: Duration,
    /// When the handshake, or the latest offer, has led to nothing.
    deadline: Instant,
}

impl Door {
    fn new(visitor: Visitor, socket: WebSocket, patience: Duration) -> Self {
        Self {
            visitor,
            socket,
            patience,
            deadline: Instant::now() + patience,
        }
    }

    /// Answers hellos until a link begins; `None` when the connection is to be dropped (spec LIV-5).
    async fn greet(&mut self) -> Option<Begin> {
        for _ in 0..MOST_HELLOS {
            let frame = timeout_at(self.deadline, self.next_frame()).await.ok()??;
            match frame {
                Frame::Hello(hello) => self.answer(hello).await?,
                Frame::Begin(begin) => return Some(begin),
                _ => return None,
            }
        }
        None
    }

    async fn next_frame(&mut self) -> Option<Frame> {
        loop {
            let message = self.socket.next().await?.ok()?;
            match carried::read::<Session>(message) {
                Incoming::Said(frame) => return Some(frame),
                Incoming::Alive => {}
                Incoming::Closed => return None,
                Incoming::Malformed(malformed) => {
                    let address = self.visitor.caller().address;
                    tracing::debug!(?address, %malformed, "malformed frame");
                    metrics::malformed("websocket");
                    return None;
                }
            }
        }
    }

    /// `None` when the connection is gone, or does not take the answer.
    async fn answer(&mut self, hello: Hello) -> Option<()> {
        let frame = match self.visitor.hello(hello).await {
            Attached::Welcome(welcome) => Frame::Welcome(welcome),
            Attached::Refused(refusal) => Frame::Refuse(refusal.into()),
            Attached::Ended(abort) => Frame::Abort(abort),
        };
        let welcomes = matches!(frame, Frame::Welcome(_));
        let message = carried::write::<Session>(frame).ok()?;
        let sending = self.socket.send(message);
        timeout(self.patience, sending).await.ok()?.ok()?;
        if welcomes {
            self.deadline = Instant::now() + self.patience;
        }
        Some(())
    }
}
