//! Each client has some messages in flight, and sends the next one for each that comes back.

use super::opening::open;
use crate::Outcome;
use crate::load::connection::{Connection, Target};
use crate::load::message::Template;
use crate::measure::stage::{Ready, Stage};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Instant;
use tokio::task::JoinSet;

pub(super) struct Echo {
    pub(super) size: usize,
    pub(super) connections: usize,
    pub(super) in_flight: usize,
}

impl Echo {
    pub(super) async fn open(&self, target: Target) -> Outcome<Ready> {
        let stage = Rc::new(Stage::default());
        let mut clients = JoinSet::new();
        let connections = open(target, self.connections).await?;
        for (sender, connection) in connections.into_iter().enumerate() {
            let client = Client {
                connection,
                template: Template::echo(sender, self.size),
                in_flight: VecDeque::new(),
                next: 0,
                stage: stage.clone(),
            };
            clients.spawn_local(client.play(self.in_flight));
        }
        Ok(Ready { stage, clients })
    }
}

struct Client {
    connection: Connection,
    template: Template,
    /// The numbers that are under way, and since when.
    in_flight: VecDeque<(u32, Instant)>,
    /// The number of the next one.
    next: u32,
    stage: Rc<Stage>,
}

impl Client {
    async fn play(mut self, depth: usize) -> Outcome<()> {
        loop {
            if self.in_flight.is_empty() {
                self.stage.turn().await;
            }
            self.send(depth);
            self.connection.flush().await?;
            let (template, stage) = (&self.template, &self.stage);
            let in_flight = &mut self.in_flight;
            let mut arrived = None;
            self.connection
                .receive(|message| {
                    let now = *arrived.get_or_insert_with(Instant::now);
                    let sent = take(template.read(message)?, in_flight, stage)?;
                    stage.done(now - sent);
                    Ok(())
                })
                .await?;
        }
    }

    fn send(&mut self, depth: usize) {
        if !self.stage.is_on() {
            return;
        }
        let now = Instant::now();
        while self.in_flight.len() < depth {
            self.connection.push(&self.template, self.next);
            self.in_flight.push_back((self.next, now));
            self.stage.begun(1);
            self.next += 1;
        }
    }
}

/// When the message of this number was sent. Each comes back once; one that overtook another is noted.
fn take(number: u32, in_flight: &mut VecDeque<(u32, Instant)>, stage: &Stage) -> Outcome<Instant> {
    let place = in_flight.iter().position(|(sent, _)| *sent == number);
    let Some((_, sent)) = place.and_then(|place| in_flight.remove(place)) else {
        return Err(format!("message {number} came twice, or was never sent").into());
    };
    if place != Some(0) {
        stage.disordered();
    }
    Ok(sent)
}
