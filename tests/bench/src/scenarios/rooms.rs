//! Many small rooms: each client is in many of them, and speaks in one after the other of some, whenever its last words have
//! come back to it.

use super::opening::{join, open};
use crate::Outcome;
use crate::load::arrivals::Arrivals;
use crate::load::connection::{Connection, Target};
use crate::load::message::{Template, room_of};
use crate::measure::stage::{Ready, Stage};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Instant;
use tokio::task::JoinSet;

pub(super) struct Rooms {
    pub(super) size: usize,
    pub(super) rooms: usize,
    pub(super) members: usize,
    pub(super) connections: usize,
}

impl Rooms {
    pub(super) async fn open(&self, target: Target) -> Outcome<Ready> {
        let stage = Rc::new(Stage::default());
        // When the last message to each room was sent: its turn comes again after that of all others of its speaker.
        let sent = Rc::new(RefCell::new(vec![Instant::now(); self.rooms]));
        let mut ready = Vec::new();
        for (place, mut connection) in open(target, self.connections)
            .await?
            .into_iter()
            .enumerate()
        {
            let rooms = self.rooms_of(place);
            join(&mut connection, &rooms).await?;
            ready.push(Client {
                connection,
                own: self.own(place).collect(),
                heard: rooms
                    .iter()
                    .map(|room| (*room, Heard::of(*room, self.size)))
                    .collect(),
                spoken: 0,
                members: self.members,
                sent: sent.clone(),
                stage: stage.clone(),
            });
        }
        let mut clients = JoinSet::new();
        for client in ready {
            clients.spawn_local(client.play());
        }
        Ok(Ready { stage, clients })
    }

    /// Where a client speaks.
    fn own(&self, place: usize) -> std::ops::Range<usize> {
        let each = self.rooms / self.connections;
        place * each..(place + 1) * each
    }

    /// Where a client listens: its own rooms and those of some neighbours.
    fn rooms_of(&self, place: usize) -> Vec<usize> {
        let neighbours = (0..self.members).map(|shift| (place + shift) % self.connections);
        neighbours
            .flat_map(|neighbour| self.own(neighbour))
            .collect()
    }
}

struct Heard {
    template: Template,
    arrivals: Arrivals,
}

impl Heard {
    fn of(room: usize, size: usize) -> Self {
        Self {
            template: Template::broadcast(room, size),
            arrivals: Arrivals::default(),
        }
    }
}

struct Client {
    connection: Connection,
    own: Vec<usize>,
    heard: HashMap<usize, Heard>,
    /// How often it has spoken.
    spoken: usize,
    members: usize,
    sent: Rc<RefCell<Vec<Instant>>>,
    stage: Rc<Stage>,
}

impl Client {
    async fn play(mut self) -> Outcome<()> {
        let mut may_speak = true;
        loop {
            if may_speak && self.stage.is_on() {
                self.speak();
                may_speak = false;
            }
            self.connection.flush().await?;
            let (heard, own, sent, stage) = (&mut self.heard, &self.own, &self.sent, &self.stage);
            let mut is_answered = false;
            let take = |message: &[u8]| {
                let room = room_of(message)?;
                let heard = heard.get_mut(&room).ok_or("a message of another room")?;
                if !heard.arrivals.take(heard.template.read(message)?)? {
                    stage.disordered();
                }
                stage.done(sent.borrow()[room].elapsed());
                is_answered |= own.contains(&room);
                Ok(())
            };
            tokio::select! {
                () = stage.turn(), if may_speak => {}
                received = self.connection.receive(take) => received?,
            }
            may_speak |= is_answered;
        }
    }

    fn speak(&mut self) {
        let room = self.own[self.spoken % self.own.len()];
        let number = self.spoken / self.own.len();
        self.spoken += 1;
        self.sent.borrow_mut()[room] = Instant::now();
        self.stage.begun(self.members);
        self.connection
            .push(&self.heard[&room].template, number as u32);
    }
}
