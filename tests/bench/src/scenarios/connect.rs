//! Clients come, get as far as they would send a message, and leave.

use super::opening::AT_ONCE;
use crate::Outcome;
use crate::load::connection::{Connection, Target};
use crate::load::polling::Poller;
use crate::measure::stage::{Ready, Stage};
use std::rc::Rc;
use std::time::Instant;
use tokio::task::JoinSet;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connect {
    /// A WebSocket at once.
    Socket,
    /// By polling. Who leaves just goes.
    Polls,
    /// By polling, and then to a WebSocket.
    Upgrade,
}

impl Connect {
    pub(super) fn open(self, target: Target) -> Ready {
        let stage = Rc::new(Stage::default());
        let mut clients = JoinSet::new();
        for _ in 0..AT_ONCE {
            clients.spawn_local(self.come_and_go(target, stage.clone()));
        }
        Ready { stage, clients }
    }

    async fn come_and_go(self, target: Target, stage: Rc<Stage>) -> Outcome<()> {
        loop {
            stage.turn().await;
            stage.begun(1);
            let started = Instant::now();
            let done = || stage.done(started.elapsed());
            match self {
                Self::Socket => leave(Connection::open(target).await?, done).await?,
                Self::Polls => {
                    let _gone = Poller::open(target).await?;
                    done();
                }
                Self::Upgrade => leave(Poller::open(target).await?.upgrade().await?, done).await?,
            }
        }
    }
}

async fn leave(connection: Connection, done: impl FnOnce()) -> Outcome<()> {
    done();
    connection.leave().await
}
