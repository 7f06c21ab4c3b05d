//! One client's messages go to everybody in its room: some are in flight, and the next one is sent when everybody has one.

use super::opening::{join, join_by_polls, open, open_pollers};
use crate::Outcome;
use crate::load::arrivals::Arrivals;
use crate::load::connection::{Connection, Target};
use crate::load::message::Template;
use crate::load::polling::Poller;
use crate::measure::stage::{Ready, Stage};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Instant;
use tokio::sync::Notify;
use tokio::task::JoinSet;

const ROOM: usize = 1;

pub(super) struct Fanout {
    pub(super) size: usize,
    pub(super) members: usize,
    pub(super) in_flight: usize,
    pub(super) by: By,
}

/// How the members get the messages.
pub(super) enum By {
    Socket,
    /// The publisher is on a WebSocket then, too.
    Polls,
}

impl Fanout {
    pub(super) async fn open(&self, target: Target) -> Outcome<Ready> {
        let (stage, board) = (Rc::new(Stage::default()), Rc::new(Board::default()));
        let template = Template::broadcast(ROOM, self.size);
        let mut clients = JoinSet::new();
        let ear = || Ear {
            template: template.clone(),
            arrivals: Arrivals::default(),
            board: board.clone(),
            stage: stage.clone(),
        };
        match self.by {
            By::Socket => {
                for mut member in open(target, self.members).await? {
                    join(&mut member, &[ROOM]).await?;
                    clients.spawn_local(listen(member, ear()));
                }
            }
            By::Polls => {
                for mut member in open_pollers(target, self.members).await? {
                    join_by_polls(&mut member, ROOM).await?;
                    clients.spawn_local(poll(member, ear()));
                }
            }
        }
        let publisher = Publisher {
            connection: Connection::open(target).await?,
            template: template.clone(),
            members: self.members,
            depth: self.in_flight,
            board: board.clone(),
            stage: stage.clone(),
        };
        clients.spawn_local(publisher.play());
        Ok(Ready { stage, clients })
    }
}

/// What is under way.
#[derive(Debug, Default)]
struct Board {
    state: RefCell<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// When each message was sent that somebody has not got, and how many have not.
    waiting: VecDeque<(Instant, usize)>,
    /// The number of the first of them.
    first: u32,
}

impl Board {
    /// Whether everybody has everything.
    fn is_clear(&self) -> bool {
        self.state.borrow().waiting.is_empty()
    }

    /// One member has this message; says when it was sent.
    fn arrived(&self, number: u32) -> Outcome<Instant> {
        let state = &mut *self.state.borrow_mut();
        let place = number.wrapping_sub(state.first) as usize;
        let (sent, missing) = state
            .waiting
            .get_mut(place)
            .ok_or("a message came too often")?;
        *missing -= 1;
        let sent = *sent;
        while let Some((_, 0)) = state.waiting.front() {
            state.waiting.pop_front();
            state.first += 1;
            self.changed.notify_one();
        }
        Ok(sent)
    }
}

struct Publisher {
    connection: Connection,
    template: Template,
    members: usize,
    depth: usize,
    board: Rc<Board>,
    stage: Rc<Stage>,
}

impl Publisher {
    async fn play(mut self) -> Outcome<()> {
        loop {
            if self.board.is_clear() {
                self.stage.turn().await;
            }
            self.send();
            self.connection.flush().await?;
            let none = |message: &[u8]| Err(format!("not a member's: {message:?}").into());
            tokio::select! {
                () = self.board.changed.notified() => {}
                received = self.connection.receive(none) => received?,
            }
        }
    }

    fn send(&mut self) {
        if !self.stage.is_on() {
            return;
        }
        let state = &mut *self.board.state.borrow_mut();
        let now = Instant::now();
        while state.waiting.len() < self.depth {
            let number = state.first + state.waiting.len() as u32;
            self.connection.push(&self.template, number);
            state.waiting.push_back((now, self.members));
            self.stage.begun(self.members);
        }
    }
}

/// One member's ear.
struct Ear {
    template: Template,
    arrivals: Arrivals,
    board: Rc<Board>,
    stage: Rc<Stage>,
}

impl Ear {
    fn take(&mut self, message: &[u8]) -> Outcome<()> {
        let number = self.template.read(message)?;
        if !self.arrivals.take(number)? {
            self.stage.disordered();
        }
        self.stage.done(self.board.arrived(number)?.elapsed());
        Ok(())
    }
}

async fn listen(mut member: Connection, mut ear: Ear) -> Outcome<()> {
    loop {
        member.receive(|message| ear.take(message)).await?;
        member.flush().await?;
    }
}

async fn poll(mut member: Poller, mut ear: Ear) -> Outcome<()> {
    loop {
        member.poll(&mut |message| ear.take(message)).await?;
    }
}
