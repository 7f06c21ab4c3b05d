//! The life of a socket: lets it in, handles the events that have had to wait, and sees it off.
//!
//! A handler runs when the one before it has ended, `on_disconnect` after all of them; what comes while nothing is under way is
//! handled ahead of this ([`lives`](super::lives)). A handler that panics ends its socket, and nothing else.

use super::context::{Arrival, Departure, Incoming};
use super::error::Refused;
use super::events::Visit;
use super::handling::Handling;
use super::memory::Claim;
use super::namespace::OnEvent;
use super::queue::Queue;
use super::reason::DisconnectReason;
use super::revision::{Revision, recovers};
use super::running::{answer_with, note, run_one};
use super::seats::Seats;
use super::socket::{Birth, Socket};
use super::space::{Admitted, Space};
use crate::session::Sender;
use crate::turn;
use bytestring::ByteString;
use std::sync::Arc;
use std::time::Duration;
use throughline_core::Code;
use throughline_core::wire::socketio::Packet;
use tokio::task::JoinSet;

/// As many concurrent handlers of one socket as run at a time.
const MOST_CONCURRENT: usize = 64;

/// A client that wants into a namespace.
pub(super) struct Arriving {
    pub(super) visit: Visit,
    pub(super) session: Sender,
    pub(super) seats: Arc<Seats>,
    pub(super) queue: Arc<Queue>,
    pub(super) revision: Revision,
    /// How long guards may think.
    pub(super) patience: Duration,
    pub(super) auth: Option<ByteString>,
}

/// Why a client did not get in.
enum Stopped {
    Refused(Refused),
    /// What it missed is gone: it may have a fresh socket.
    Lost,
    /// The session is over.
    Gone,
}

/// Runs a socket from its client's CONNECT to its end.
pub(super) fn run(arriving: Arriving) -> impl Future<Output = ()> + Send {
    // Its memory is given back before events are handled.
    let arrival = Box::pin(arriving.arrive());
    async move {
        if let Some(worker) = arrival.await {
            worker.work().await;
        }
    }
}

impl Arriving {
    /// Lets a client in, or tells it why not.
    async fn arrive(self) -> Option<Worker> {
        match self.let_in().await {
            Ok(socket) => {
                return Some(Worker {
                    socket,
                    queue: self.queue,
                    running: None,
                    _visit: self.visit,
                });
            }
            Err(Stopped::Refused(refused)) => self.refuse(&refused).await,
            Err(Stopped::Lost | Stopped::Gone) => {}
        }
        None
    }

    fn space(&self) -> &Arc<Space> {
        self.visit.space()
    }

    fn birth(&self) -> Birth<'_> {
        Birth {
            space: self.space(),
            session: &self.session,
            seats: &self.seats,
            auth: self.auth.clone(),
        }
    }

    async fn let_in(&self) -> Result<Socket, Stopped> {
        let identity = self.session.identity();
        let claim = match recovers(self.session.dialect()) {
            true => self.space().claim(self.auth.as_ref(), identity),
            false => None,
        };
        if let Some((claim, asks_guards)) = claim {
            let socket = Socket::claimed(self.birth(), &claim);
            match self.enter(socket, Some(&claim), asks_guards).await {
                Err(Stopped::Lost) => {}
                entered => return entered,
            }
        }
        let Ok(socket) = Socket::fresh(self.birth()) else {
            return Err(Stopped::Refused(Refused::new("unavailable")));
        };
        self.enter(socket, None, true).await
    }

    async fn enter(
        &self,
        socket: Socket,
        claim: Option<&Claim>,
        asks_guards: bool,
    ) -> Result<Socket, Stopped> {
        if asks_guards {
            self.ask_guards(&socket).await.map_err(Stopped::Refused)?;
        }
        if !self.seats.sit(&socket) {
            return Err(Stopped::Gone);
        }
        let admit = || self.space().admit(&socket, claim);
        let admitted = self.session.wait_for_room(admit).await;
        match admitted {
            Ok(Admitted::In) => {}
            Ok(Admitted::Instead(old)) => replace(&old),
            Ok(Admitted::Lost) => return Err(Stopped::Lost),
            Err(_) if socket.disconnected().is_some() => {
                return Err(Stopped::Refused(Refused::new("disconnected")));
            }
            Err(_) => return Err(Stopped::Gone),
        }
        self.queue.open(&socket);
        self.seats.note_joined();
        if claim.is_some() {
            let catch_up = || self.space().catch_up(&socket);
            // A session that ends meanwhile ends the socket as well, which is then seen off like any other.
            let _ = self.session.wait_for_room(catch_up).await;
        }
        Ok(socket)
    }

    async fn ask_guards(&self, socket: &Socket) -> Result<(), Refused> {
        let arrival = Arrival(socket.clone());
        let asking = async {
            for guard in &self.space().handlers.guards {
                let verdict = run_one(guard, &arrival, "guard").await;
                verdict.unwrap_or_else(|not_run| Err(not_run.into()))?;
            }
            Ok(())
        };
        let asked = tokio::time::timeout(self.patience, asking).await;
        asked.unwrap_or_else(|_| Err(Refused::new("the guards took too long")))
    }

    async fn refuse(&self, refused: &Refused) {
        let namespace = self.space().name().clone();
        let body = self.revision.refusal(refused);
        let told = Packet { namespace, body }.encode();
        // A session that is over needs no answer.
        let _ = self.session.send_together(&told).await;
    }
}

/// Ends a socket whose client has come back over another session, while the server still believed in this one.
fn replace(old: &Socket) {
    old.finish(DisconnectReason::TransportClose);
    let reason = DisconnectReason::TransportClose.as_str();
    old.session().abort_with(Code::TAKEN_OVER, reason);
}

struct Worker {
    socket: Socket,
    queue: Arc<Queue>,
    /// Handlers that need not wait for each other, once there was one.
    running: Option<JoinSet<()>>,
    _visit: Visit,
}

impl Worker {
    async fn work(mut self) {
        let space = self.socket.space().clone();
        Box::pin(self.welcome(&space)).await;
        while let Some(incoming) = self.queue.next(&self.socket).await {
            if incoming.runs_beside() {
                Box::pin(self.handle_beside(Arc::new(incoming))).await;
            } else {
                Handling::of(incoming).await;
            }
        }
        Box::pin(self.see_off(&space)).await;
    }

    async fn welcome(&self, space: &Space) {
        let arrival = Arrival(self.socket.clone());
        for handler in &space.handlers.on_connect {
            let ran = run_one(handler, &arrival, "on_connect").await;
            note(&self.socket, ran.as_ref().err());
        }
    }

    /// Handles an event where some of its handlers need not wait for each other.
    async fn handle_beside(&mut self, incoming: Arc<Incoming>) {
        let handlers: Vec<_> = incoming.handlers().cloned().collect();
        for handler in handlers {
            if handler.is_concurrent {
                self.run_beside(handler, incoming.clone()).await;
            } else {
                answer_with(&handler, &incoming).await;
            }
        }
    }

    async fn run_beside(&mut self, handler: OnEvent, incoming: Arc<Incoming>) {
        let running = self.running.get_or_insert_default();
        while running.try_join_next().is_some() {}
        if running.len() >= MOST_CONCURRENT {
            running.join_next().await;
        }
        running.spawn(turn::in_turns(async move {
            answer_with(&handler, &incoming).await;
        }));
    }

    async fn see_off(mut self, space: &Space) {
        if let Some(running) = &mut self.running {
            while running.join_next().await.is_some() {}
        }
        let Some(reason) = self.socket.disconnected() else {
            return;
        };
        let departure = Departure {
            socket: self.socket,
            reason,
        };
        for handler in &space.handlers.on_disconnect {
            // It has nothing left to end.
            let _ = run_one(handler, &departure, "on_disconnect").await;
        }
    }
}
