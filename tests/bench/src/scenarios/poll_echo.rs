//! Each client sends a message by a request, and gets it back by polling, in as few requests as its protocol needs.

use super::opening::open_pollers;
use crate::Outcome;
use crate::load::connection::Target;
use crate::load::message::Template;
use crate::load::polling::Poller;
use crate::measure::stage::{Ready, Stage};
use std::rc::Rc;
use std::time::Instant;
use tokio::task::JoinSet;

pub(super) struct PollEcho {
    pub(super) size: usize,
    pub(super) connections: usize,
}

impl PollEcho {
    pub(super) async fn open(&self, target: Target) -> Outcome<Ready> {
        let stage = Rc::new(Stage::default());
        let mut clients = JoinSet::new();
        let pollers = open_pollers(target, self.connections).await?;
        for (sender, poller) in pollers.into_iter().enumerate() {
            let template = Template::echo(sender, self.size);
            clients.spawn_local(play(poller, template, stage.clone()));
        }
        Ok(Ready { stage, clients })
    }
}

async fn play(mut poller: Poller, template: Template, stage: Rc<Stage>) -> Outcome<()> {
    for next in 0.. {
        stage.turn().await;
        let sent = Instant::now();
        stage.begun(1);
        let mut each = |message: &[u8]| {
            if template.read(message)? != next {
                return Err("another message than was sent".into());
            }
            stage.done(sent.elapsed());
            Ok(())
        };
        poller.send_and_poll(&template, next, &mut each).await?;
    }
    Ok(())
}
