//! Events for many, and what else can be done with many sockets at once.
//!
//! Who is meant is decided when something is done, not when it is described. Nobody is waited for: who has no
//! room for an event is passed over where the event is volatile, and aborted where it is not. Who can never take an event of
//! that size goes on without it: what one client sends to a room ends nobody else.

use super::ack::Waiter;
use super::args::{Args, IntoArgs};
use super::error::EmitError;
use super::events::Events;
use super::parcel::{Manner, Parcel};
use super::selection::Selection;
use super::socket::Socket;
use super::space::Space;
use crate::rooms::Report;
use crate::turn;
use bytestring::ByteString;
use futures_util::Stream;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Sleep;

/// How long answers are awaited unless it is said.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who of a namespace is meant, and how an event is sent to them. Cheap to make; it can be kept and used again.
///
/// Without a room, everybody is meant; with rooms, everybody who is in one of them, each once; never who is in an excepted
/// one, nor the socket that it was made of.
///
/// ```
/// # use throughline::events::{EmitError, Events};
/// # fn announce(events: &Events) -> Result<(), EmitError> {
/// let report = events.of("/").to("news").except("muted").emit("headline", ("…",))?;
/// println!("{} got it", report.sent);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "it says who is meant, and does nothing by itself"]
pub struct Broadcast {
    source: Source,
    reach: Reach,
    selection: Selection,
    is_volatile: bool,
    timeout: Duration,
}

#[derive(Clone)]
enum Source {
    Space(Arc<Space>),
    /// A namespace that may come and go meanwhile.
    Named(Events, ByteString),
}

/// Whether a room has been named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// The socket that it was made of, until another room is named.
    Itself,
    Selected,
}

impl Broadcast {
    pub(super) fn of(socket: &Socket, reach: Reach) -> Self {
        let own = Selection::one(socket.id_arc());
        let selection = match reach {
            Reach::Itself => own,
            Reach::Selected => Selection {
                rooms: Vec::new(),
                except: own.rooms,
            },
        };
        Self::new(Source::Space(socket.space().clone()), reach, selection)
    }

    pub(super) fn named(events: Events, name: ByteString) -> Self {
        Self::new(
            Source::Named(events, name),
            Reach::Selected,
            Selection::default(),
        )
    }

    fn new(source: Source, reach: Reach, selection: Selection) -> Self {
        Self {
            source,
            reach,
            selection,
            is_volatile: false,
            timeout: PATIENCE,
        }
    }

    /// Means those in this room, too.
    pub fn to(mut self, room: &str) -> Self {
        self.name_others();
        self.selection.rooms.push(room.into());
        self
    }

    /// The same as [`to`](Self::to).
    pub fn in_room(self, room: &str) -> Self {
        self.to(room)
    }

    /// Does not mean those in this room.
    pub fn except(mut self, room: &str) -> Self {
        self.name_others();
        self.selection.except.push(room.into());
        self
    }

    /// Once others are named, the socket itself is not meant any more.
    fn name_others(&mut self) {
        if self.reach == Reach::Itself {
            self.reach = Reach::Selected;
            self.selection.except.append(&mut self.selection.rooms);
        }
    }

    /// Means only sockets of this node. As long as nodes are not joined, there are no others.
    pub fn local(self) -> Self {
        self
    }

    /// Sends now or never: who cannot get the event at once is passed over, and who comes back does not get it. On a
    /// WebSocket that is whoever is behind by more than 16 KiB, and whoever polls and has no poll waiting.
    pub fn volatile(mut self) -> Self {
        self.is_volatile = true;
        self
    }

    /// How long answers are awaited. Default 10 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sends an event to all who are meant. It is written once, and shared by them.
    ///
    /// How large an event may be is a matter of each client: see [Clients](super#clients). Those for whom it is too large go on
    /// without it, and are [counted](Report::too_large).
    ///
    /// # Errors
    /// [`EmitError`]: nobody got it, nor will who comes back. [`EmitError::TooLarge`] where it is too large for all.
    pub fn emit(&self, event: &str, args: impl IntoArgs) -> Result<Report, EmitError> {
        let Some(space) = self.space() else {
            return Ok(Report::default());
        };
        let parcel = Parcel::new(space.name(), event, args, None)?;
        let manner = match self.is_volatile {
            true => Manner::Volatile,
            false => Manner::Kept,
        };
        turn::run(|| space.broadcast(&parcel, self.selection.clone(), manner, |_| true))
    }

    /// Sends an event to all who are meant, and collects their answers, as they come: each with who gave it. The
    /// stream ends when all have answered or have gone, or when the time is up.
    ///
    /// ```
    /// # use futures_util::StreamExt;
    /// # use std::time::Duration;
    /// # use throughline::events::{EmitError, Events};
    /// # async fn vote(events: &Events) -> Result<(), EmitError> {
    /// let mut answers = events.of("/").to("jury").timeout(Duration::from_secs(1)).emit_with_ack("vote", ())?;
    /// while let Some((socket, args)) = answers.next().await {
    ///     println!("{}: {:?}", socket.id(), args.parse::<(u8,)>());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`EmitError`]: nobody got it.
    pub fn emit_with_ack(&self, event: &str, args: impl IntoArgs) -> Result<Answers, EmitError> {
        let Some(space) = self.space() else {
            return Ok(Answers::none());
        };
        let id = space.new_ack();
        let parcel = Parcel::new(space.name(), event, args, Some(id))?;
        let most = space.sockets(&self.selection).len().max(1);
        let (waiter, answers) = mpsc::channel(most);
        let mut asked = Vec::new();
        let ask = |socket: &Socket| {
            let waiter = Waiter::Many(waiter.clone());
            let is_asked = asked.len() < most && socket.awaited().insert(id, waiter).is_ok();
            if is_asked {
                asked.push(socket.clone());
            }
            is_asked
        };
        let selection = self.selection.clone();
        let report = turn::run(|| space.broadcast(&parcel, selection, Manner::Asking, ask));
        // Where nobody got it, this is dropped, and what was awaited is struck off.
        let mut answers = Answers {
            id,
            asked,
            answers,
            deadline: Box::pin(tokio::time::sleep(self.timeout)),
            report: Report::default(),
        };
        answers.report = report?;
        Ok(answers)
    }

    /// All who are meant.
    #[must_use]
    pub fn sockets(&self) -> Vec<Socket> {
        let space = self.space();
        space.map_or_else(Vec::new, |space| space.sockets(&self.selection))
    }

    /// Lets all who are meant join a room.
    pub fn join(&self, room: &str) {
        for socket in self.sockets() {
            socket.join(room);
        }
    }

    /// Lets all who are meant leave a room.
    pub fn leave(&self, room: &str) {
        for socket in self.sockets() {
            socket.leave(room);
        }
    }

    /// Disconnects all who are meant from the namespace.
    pub fn disconnect(&self) {
        for socket in self.sockets() {
            socket.disconnect();
        }
    }

    fn space(&self) -> Option<Arc<Space>> {
        match &self.source {
            Source::Space(space) => Some(space.clone()),
            Source::Named(events, name) => events.space(name),
        }
    }
}

impl fmt::Debug for Broadcast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broadcast")
            .field("selection", &self.selection)
            .field("is_volatile", &self.is_volatile)
            .finish_non_exhaustive()
    }
}

/// The answers to an event that was sent to many; see [`Broadcast::emit_with_ack`]. Dropped, it ignores those
/// that are still to come.
pub struct Answers {
    id: u64,
    asked: Vec<Socket>,
    answers: mpsc::Receiver<(Socket, Args)>,
    deadline: Pin<Box<Sleep>>,
    report: Report,
}

impl Answers {
    /// Nobody was asked.
    fn none() -> Self {
        let (_, answers) = mpsc::channel(1);
        Self {
            id: 0,
            asked: Vec::new(),
            answers,
            deadline: Box::pin(tokio::time::sleep(Duration::ZERO)),
            report: Report::default(),
        }
    }

    /// What became of the event.
    #[must_use]
    pub const fn report(&self) -> Report {
        self.report
    }

    fn forget(&mut self) {
        for socket in self.asked.drain(..) {
            socket.awaited().forget(self.id);
        }
    }
}

impl Stream for Answers {
    type Item = (Socket, Args);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Poll::Ready(answer) = self.answers.poll_recv(cx) {
            return Poll::Ready(answer);
        }
        if self.deadline.as_mut().poll(cx).is_ready() {
            self.forget();
            self.answers.close();
            return Poll::Ready(None);
        }
        Poll::Pending
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        self.forget();
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers")
            .field("asked", &self.asked.len())
            .field("report", &self.report)
            .finish_non_exhaustive()
    }
}
