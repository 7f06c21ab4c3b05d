//! A WebSocket link: one task, one poll loop, which drives its session's core while it carries it.
//!
//! Each turn reads all that is ready and hands it in as one step, lets the core's deadlines fire, and writes
//! what the core has while the socket takes it, with one flush at the end. It never stops reading while a
//! write is pending, so two ends that both wait for room cannot wait for ever. Once the core has given the link
//! up, a socket that takes nothing is cut after a while.

use super::LINGER;
use super::carried::{self, Incoming};
use super::readiness::Readiness;
use crate::dialect::Speaker;
use crate::metrics;
use crate::shared::{Linked, Transmitted};
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::{Sink, Stream};
use std::collections::VecDeque;
use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use throughline_core::Time;
use tokio::time::{Sleep, sleep};
use tokio_tungstenite::tungstenite;

/// As many messages are read in one turn; then others have their turn.
const TURN: usize = 64;
/// And as many bytes, but for the last message: what is read waits nowhere but in the session.
const TURN_BYTES: usize = 64 * 1024;
/// As many messages are taken from the core at a time. They are references; bodies are not copied.
const BATCH: usize = 16;

pub(super) struct Link<D: Speaker> {
    socket: WebSocket,
    readiness: Readiness,
    /// Something was written, or answered by the library, that may not have left.
    is_unflushed: bool,
    linked: Linked<D>,
    incoming: Vec<D::Up>,
    outgoing: VecDeque<D::Down>,
    /// When the session must be told of the time; `None` when this link has nothing more to do with it.
    deadline: Option<Time>,
    /// The core has said its last word for this link.
    is_over: bool,
    /// What the connection is closed with, where that says something.
    close: Option<CloseFrame>,
    alarm: Pin<Box<Sleep>>,
    alarm_at: Option<Time>,
    /// The link carries nothing more: until then it may still write what it has.
    cut_at: Option<Time>,
}

/// How a link ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// The connection is still good for a last word.
    Parting,
    /// The connection is gone.
    Lost,
}

impl<D: Speaker> Link<D> {
    pub(super) fn new(socket: WebSocket, linked: Linked<D>) -> Self {
        Self {
            socket,
            readiness: Readiness::new(),
            is_unflushed: false,
            linked,
            incoming: Vec::new(),
            outgoing: VecDeque::new(),
            deadline: None,
            is_over: false,
            close: None,
            alarm: Box::pin(sleep(std::time::Duration::ZERO)),
            alarm_at: Some(Time::ZERO),
            cut_at: None,
        }
    }

    /// Carries the session until the link ends; returns the connection where it can still be closed in order.
    pub(super) async fn run(mut self) -> Option<(WebSocket, Option<CloseFrame>)> {
        match std::future::poll_fn(|cx| self.poll(cx)).await {
            Ending::Parting => Some((self.socket, self.close)),
            Ending::Lost => None,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Ending> {
        // Registered before anything is looked at, so that no change is missed.
        let attended = self.linked.attend(cx.waker());
        self.deadline = attended.deadline;
        let read = match attended.is_full {
            true => Poll::Pending,
            false => self.read_if_ready(cx),
        };
        self.hand_in();
        if let Poll::Ready(ending) = read {
            return Poll::Ready(ending);
        }
        loop {
            if let Poll::Ready(ending) = self.write(cx) {
                return Poll::Ready(ending);
            }
            ready!(self.poll_alarm(cx));
            if self.cut_at.is_some() {
                return Poll::Ready(Ending::Lost);
            }
            self.linked.session().clock_ticked();
            self.deadline = self.linked.attend(cx.waker()).deadline;
        }
    }

    fn read_if_ready(&mut self, cx: &Context<'_>) -> Poll<Ending> {
        if !self.readiness.take(cx.waker()) {
            return Poll::Pending;
        }
        let waker = self.readiness.waker();
        self.read(&mut Context::from_waker(&waker))
    }

    /// Reads what is ready, as long as the session has room for it.
    fn read(&mut self, cx: &mut Context<'_>) -> Poll<Ending> {
        let mut bytes = 0;
        for _ in 0..TURN {
            let message = match Pin::new(&mut self.socket).poll_next(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(Ending::Lost),
                Poll::Ready(Some(Err(error))) => return self.read_failed(&error),
                Poll::Ready(Some(Ok(message))) => message,
            };
            bytes += len(&message);
            match self.take(message) {
                Ok(()) => {}
                Err(ending) => return Poll::Ready(ending),
            }
            if bytes > TURN_BYTES {
                break;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn take(&mut self, message: Message) -> Result<(), Ending> {
        match carried::read::<D>(message) {
            Incoming::Said(up) => self.incoming.push(up),
            Incoming::Alive => {
                self.incoming.extend(D::alive());
                // A ping is answered by the library.
                self.is_unflushed = true;
            }
            Incoming::Closed => {
                self.incoming.extend(D::closed());
                return Err(Ending::Parting);
            }
            Incoming::Malformed(malformed) => {
                tracing::debug!(%malformed, "malformed message");
                metrics::malformed("websocket");
                return Err(Ending::Parting);
            }
        }
        Ok(())
    }

    /// A message that is too long was refused by its header, before the core could see it.
    fn read_failed(&mut self, error: &axum::Error) -> Poll<Ending> {
        if is_too_long(error) {
            self.hand_in();
            self.linked.message_too_long();
            self.close = Some(CloseFrame {
                code: close_code::SIZE,
                reason: "".into(),
            });
            return Poll::Pending;
        }
        tracing::debug!(%error, "connection lost");
        Poll::Ready(Ending::Lost)
    }

    fn hand_in(&mut self) {
        if !self.incoming.is_empty() {
            self.deadline = self.linked.receive(self.incoming.drain(..));
        }
    }

    /// Writes what there is while the socket takes it, then flushes.
    fn write(&mut self, cx: &mut Context<'_>) -> Poll<Ending> {
        loop {
            match Pin::new(&mut self.socket).poll_ready(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(_)) => return Poll::Ready(Ending::Lost),
                Poll::Ready(Ok(())) => {}
            }
            let Some(next) = self.next() else {
                break;
            };
            let message = match carried::write::<D>(next) {
                Ok(message) => message,
                Err(close) => {
                    self.close = Some(close);
                    continue;
                }
            };
            self.is_unflushed = true;
            if Pin::new(&mut self.socket).start_send(message).is_err() {
                return Poll::Ready(Ending::Lost);
            }
        }
        if self.is_over {
            return Poll::Ready(Ending::Parting);
        }
        if self.is_unflushed {
            match Pin::new(&mut self.socket).poll_flush(cx) {
                Poll::Pending => {}
                Poll::Ready(Ok(())) => self.is_unflushed = false,
                Poll::Ready(Err(_)) => return Poll::Ready(Ending::Lost),
            }
        }
        Poll::Pending
    }

    fn next(&mut self) -> Option<D::Down> {
        if self.outgoing.is_empty() && !self.is_over {
            let (taken, deadline) = self.linked.transmit(BATCH, &mut self.outgoing);
            self.deadline = deadline;
            self.is_over = taken == Transmitted::End;
        }
        self.outgoing.pop_front()
    }

    /// Waits for the session's next deadline, or the link's own when it carries the session no more; ready when
    /// it has passed.
    fn poll_alarm(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let clock = self.linked.session().node().clock;
        let at = match self.deadline {
            Some(deadline) => deadline,
            None => *self.cut_at.get_or_insert_with(|| clock.now() + LINGER),
        };
        if self.alarm_at != Some(at) {
            self.alarm_at = Some(at);
            self.alarm.as_mut().reset(clock.instant(at));
        }
        self.alarm.as_mut().poll(cx)
    }
}

fn len(message: &Message) -> usize {
    match message {
        Message::Text(text) => text.len(),
        Message::Binary(bytes) => bytes.len(),
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) => 0,
    }
}

/// axum passes on the errors of tungstenite, of which it has the version that this crate names.
fn is_too_long(error: &axum::Error) -> bool {
    let error = error.source().and_then(|source| source.downcast_ref());
    let too_long = |error: &tungstenite::error::CapacityError| {
        matches!(
            error,
            tungstenite::error::CapacityError::MessageTooLong { .. }
        )
    };
    matches!(error, Some(tungstenite::Error::Capacity(error)) if too_long(error))
}
