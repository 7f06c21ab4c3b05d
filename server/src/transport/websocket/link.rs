//! A WebSocket link, which drives its session's core while it carries it.
//!
//! One task waits, for the socket and for the session's deadlines, reads what is ready and hands it in. Whoever makes the session
//! say something has it written, at the end of its [turn] or soon after: the task sleeps on, unless the socket takes nothing more. It
//! never stops reading while a write is pending, so two ends that both wait for room cannot wait for ever. Once the core has given
//! the link up, a socket that takes nothing is cut after a while.

use super::alarm::{Alarm, Due};
use super::socket::{Arrived, Socket};
use crate::dialect::Speaker;
use crate::metrics;
use crate::shared::{Attended, Handle, Linked, Transmitted};
use crate::turn::{self, Outlet};
use futures_util::task::AtomicWaker;
use std::fmt;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::task::{Context, Poll, Waker, ready};
use throughline_core::Time;
use throughline_core::wire::native::Malformed;
use throughline_core::wire::websocket::{Close, Failure, Received};
use tokio::runtime::Handle as Runtime;

/// As often is read in one turn; then others have theirs.
const READS: usize = 4;
/// As much is collected before it is written, but for the last message.
const WRITE: usize = 16 * 1024;

/// A link, for its task and for all who write on it.
struct Link<D: Speaker> {
    linked: Handle<D>,
    /// `None` once the link has ended.
    wire: Mutex<Option<Wire>>,
    /// The session may have something to write.
    is_roused: AtomicBool,
    task: AtomicWaker,
    runtime: Runtime,
}

/// The connection of a link.
struct Wire {
    socket: Box<Socket>,
    /// Whom the socket wakes when it takes more.
    task: Waker,
    /// The session takes nothing more, and the task waits until it does.
    is_full: bool,
    /// When the session must be told of the time; `None` when the link has nothing more to do with it.
    deadline: Option<Time>,
    state: State,
    /// What it is closed with, where that says something.
    close: Option<Close>,
}

/// Whether there is more to do with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// The link has ended, and the connection is still good for a last word.
    Parting,
    /// The connection is gone.
    Lost,
}

/// Why nothing more is read.
#[derive(Debug)]
enum Stop {
    Closed(Option<Close>),
    Malformed(Malformed),
    Failed(Failure),
}

/// Carries the session until the link ends; returns the connection where it can still be closed in order.
pub(super) async fn run<D: Speaker>(
    socket: Box<Socket>,
    linked: Linked<D>,
) -> Option<(Box<Socket>, Option<Close>)> {
    let mut alarm = Alarm::new(linked.session().node().clock);
    let link = Arc::new(Link::new(socket, linked.handle()));
    let outlet: Arc<dyn Outlet> = link.clone();
    linked.lead_to(&outlet);
    let end = End(link);
    poll_fn(|cx| end.0.poll(cx, &mut alarm)).await;
    let wire = end.0.wire().take()?;
    (wire.state == State::Parting).then_some((wire.socket, wire.close))
}

/// However the task ends, whoever would still write finds no connection.
struct End<D: Speaker>(Arc<Link<D>>);

impl<D: Speaker> Drop for End<D> {
    fn drop(&mut self) {
        self.0.wire().take();
    }
}

impl<D: Speaker> Link<D> {
    fn new(socket: Box<Socket>, linked: Handle<D>) -> Self {
        Self {
            linked,
            wire: Mutex::new(Some(Wire {
                socket,
                task: Waker::noop().clone(),
                is_full: true,
                deadline: None,
                state: State::Open,
                close: None,
            })),
            is_roused: AtomicBool::new(true),
            task: AtomicWaker::new(),
            runtime: Runtime::current(),
        }
    }

    /// It is whole after every step, so a panic elsewhere does not spoil it.
    fn wire(&self) -> MutexGuard<'_, Option<Wire>> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A turn of the task; ready when the link has ended.
    fn poll(&self, cx: &mut Context<'_>, alarm: &mut Alarm) -> Poll<()> {
        // Registered before anything is looked at, so that no change is missed.
        self.task.register(cx.waker());
        turn::run(|| self.read(cx));
        loop {
            self.write();
            let deadline = match &*self.wire() {
                Some(wire) if wire.state == State::Open => wire.deadline,
                _ => return Poll::Ready(()),
            };
            match ready!(alarm.poll(deadline, cx)) {
                Due::Session => self.tick(),
                Due::Cut => self.cut(),
            }
        }
    }

    /// Reads what is ready, as long as the session has room for it.
    fn read(&self, cx: &mut Context<'_>) {
        let mut wire = self.wire();
        let Some(wire) = &mut *wire else { return };
        wire.task.clone_from(cx.waker());
        if wire.is_full {
            self.attend(wire);
        }
        for read in 0..READS {
            if wire.is_full || wire.state != State::Open {
                return;
            }
            if wire.socket.is_deaf() {
                return self.attend(wire);
            }
            match wire.socket.poll_read(cx, |arrived| self.hear(arrived)) {
                // Something else has woken the task.
                Poll::Pending if read == 0 => return self.attend(wire),
                Poll::Pending => return,
                Poll::Ready(Ok(Some((stop, attended)))) => {
                    self.heed(wire, attended);
                    stop.into_iter().for_each(|stop| wire.stop(stop));
                }
                Poll::Ready(Ok(None)) => return wire.lose(&"it was closed without a word"),
                Poll::Ready(Err(error)) => return wire.lose(&error),
            }
        }
        cx.waker().wake_by_ref();
    }

    /// Hands in what has come, as one step of the session.
    fn hear(&self, arrived: &mut Arrived<'_>) -> (Option<Stop>, Attended) {
        let number = self.linked.number();
        self.linked.step(|core, now| {
            let mut is_alive = false;
            while !core.is_full(number) {
                let up = match arrived.next() {
                    Ok(Some(Received::Message(message))) => match D::decode(message) {
                        Ok(up) => Some(up),
                        Err(malformed) => return Some(Stop::Malformed(malformed)),
                    },
                    Ok(Some(Received::Ping(_) | Received::Pong)) => D::alive(),
                    Ok(Some(Received::Close(close))) => {
                        if let Some(up) = D::closed() {
                            core.receive(now, number, up);
                        }
                        return Some(Stop::Closed(close));
                    }
                    // A part of a message is a sign of life, too.
                    Ok(None) if !is_alive => D::alive(),
                    Ok(None) => return None,
                    Err(failure) => {
                        if failure == Failure::TooLong {
                            core.too_long(now, number);
                        }
                        return Some(Stop::Failed(failure));
                    }
                };
                is_alive = true;
                if let Some(up) = up {
                    core.receive(now, number, up);
                }
            }
            None
        })
    }

    /// Writes what waits and what the session has, if there may be something, while the socket takes it.
    fn write(&self) {
        let mut wire = match self.wire.try_lock() {
            Ok(wire) => wire,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // Whoever has it may be past writing.
            Err(TryLockError::WouldBlock) => return self.task.wake(),
        };
        if let Some(wire) = &mut *wire
            && (self.is_roused.swap(false, Ordering::AcqRel) || wire.socket.has_unsent())
        {
            wire.write(&self.linked);
        }
    }

    /// Whether the session has room again is for `read` to find out, which then reads.
    fn tick(&self) {
        turn::run(|| self.linked.session().clock_ticked());
        self.is_roused.store(true, Ordering::Release);
        if let Some(wire) = &mut *self.wire() {
            wire.deadline = self.linked.attended().deadline;
        }
    }

    fn attend(&self, wire: &mut Wire) {
        self.heed(wire, self.linked.attended());
    }

    fn heed(&self, wire: &mut Wire, attended: Attended) {
        wire.is_full = attended.is_full;
        wire.deadline = attended.deadline;
        if wire.deadline.is_none() {
            // It is over, or will be once this has been asked for its last word.
            self.is_roused.store(true, Ordering::Release);
        }
    }

    fn cut(&self) {
        if let Some(wire) = &mut *self.wire() {
            wire.lose(&"its last words were not taken");
        }
    }
}

impl<D: Speaker> Outlet for Link<D> {
    fn flush(&self) {
        self.is_roused.store(true, Ordering::Release);
        self.write();
        let is_task_asked = match self.wire.try_lock().as_deref() {
            Ok(Some(wire)) => wire.is_full || wire.state != State::Open,
            _ => false,
        };
        if is_task_asked {
            self.task.wake();
        }
    }

    fn rouse(&self) {
        self.is_roused.store(true, Ordering::Release);
        self.task.wake();
    }

    fn wake(&self) {
        self.task.wake();
    }

    fn runtime(&self) -> &Runtime {
        &self.runtime
    }
}

impl Wire {
    fn stop(&mut self, stop: Stop) {
        match stop {
            Stop::Closed(close) => self.part(close),
            Stop::Malformed(malformed) => {
                tracing::debug!(%malformed, "malformed message");
                metrics::malformed("websocket");
                self.part(None);
            }
            Stop::Failed(failure) => {
                tracing::debug!(%failure, "connection failed");
                let close = Close::of(failure.status());
                match failure {
                    // The session has a last word for it.
                    Failure::TooLong => self.close = Some(close),
                    Failure::Protocol(_) | Failure::Utf8 => self.part(Some(close)),
                }
            }
        }
    }

    fn part(&mut self, close: Option<Close>) {
        self.state = State::Parting;
        self.close = close;
    }

    fn lose(&mut self, error: &dyn fmt::Display) {
        tracing::debug!(%error, "connection lost");
        self.state = State::Lost;
    }

    /// Writes what waits and what the session has, while the socket takes it.
    fn write<D: Speaker>(&mut self, linked: &Handle<D>) {
        if self.state != State::Open {
            return;
        }
        let (state, close) = (&mut self.state, &mut self.close);
        let written = self
            .socket
            .poll_write(&mut Context::from_waker(&self.task), |out| {
                let (transmitted, last) = linked.write_into(WRITE, out);
                if transmitted == Transmitted::End {
                    *state = State::Parting;
                    *close = close.take().or(last);
                }
                transmitted == Transmitted::Some
            });
        if let Poll::Ready(Err(error)) = written {
            self.lose(&error);
        }
    }
}
