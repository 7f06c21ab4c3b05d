//! Each client polls again and again, and no poll waits: each carries the next message, and brings what has come back until
//! then. So the figure counts polls as well, but for the few that find nothing.

use super::opening::open_pollers;
use crate::Outcome;
use crate::load::connection::Target;
use crate::load::message::Template;
use crate::load::polling::Poller;
use crate::measure::stage::{Ready, Stage};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Instant;
use tokio::task::JoinSet;

/// How many messages may be on their way; a poll carries none while they are.
const IN_FLIGHT: usize = 4;

pub(super) struct Periodic {
    pub(super) size: usize,
    pub(super) connections: usize,
}

impl Periodic {
    pub(super) async fn open(&self, target: Target) -> Outcome<Ready> {
        let stage = Rc::new(Stage::default());
        let mut clients = JoinSet::new();
        let pollers = open_pollers(target, self.connections).await?;
        for (sender, poller) in pollers.into_iter().enumerate() {
            let client = Client {
                poller,
                template: Template::echo(sender, self.size),
                in_flight: VecDeque::new(),
                next: 0,
                stage: stage.clone(),
            };
            clients.spawn_local(client.play());
        }
        Ok(Ready { stage, clients })
    }
}

struct Client {
    poller: Poller,
    template: Template,
    /// When each was sent that has not come back, the oldest first.
    in_flight: VecDeque<Instant>,
    next: u32,
    stage: Rc<Stage>,
}

impl Client {
    async fn play(mut self) -> Outcome<()> {
        loop {
            if self.in_flight.is_empty() {
                self.stage.turn().await;
            }
            let number = self.send();
            let (template, in_flight, stage) = (&self.template, &mut self.in_flight, &self.stage);
            let mut expected = self.next - in_flight.len() as u32;
            let mut each = |message: &[u8]| {
                let number = template.read(message)?;
                let sent = in_flight.pop_front();
                let Some(sent) = sent.filter(|_| number == expected) else {
                    return Err(format!("message {number} came instead of {expected}").into());
                };
                expected += 1;
                stage.done(sent.elapsed());
                Ok(())
            };
            let message = number.map(|number| (template, number));
            self.poller.glance(message, &mut each).await?;
        }
    }

    /// The number of the message that the next poll carries.
    fn send(&mut self) -> Option<u32> {
        if !self.stage.is_on() || self.in_flight.len() == IN_FLIGHT {
            return None;
        }
        let number = self.next;
        self.next += 1;
        self.in_flight.push_back(Instant::now());
        self.stage.begun(1);
        Some(number)
    }
}
