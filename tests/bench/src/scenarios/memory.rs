//! How much memory a connection keeps while nothing happens. Each has had one message, so that what is allocated with the first
//! one counts, and where there is a garbage collector it has been at work.

use super::opening::{AT_ONCE, exchange, open, open_pollers};
use crate::Outcome;
use crate::load::connection::{Connection, Target};
use crate::load::message::Template;
use crate::load::polling::Poller;
use crate::measure::Sample;
use crate::measure::process::{self, Running};
use std::time::Duration;
use tokio::task::JoinSet;

/// How long everything has to come to rest.
const REST: Duration = Duration::from_secs(1);
const SIZE: usize = 64;
/// Files that are open besides connections.
const OTHER_FILES: usize = 50;

pub(super) struct Memory {
    pub(super) of: Idle,
    pub(super) count: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Idle {
    /// A WebSocket.
    Socket,
    /// A session whose poll waits, with a second connection that it has sent by.
    Poller,
    /// A session whose connection is lost.
    Detached,
}

impl Memory {
    pub(super) async fn run(&self, server: &Running) -> Outcome<Sample> {
        self.check_files()?;
        collect(server.target).await?;
        let before = server.memory()?;
        let mut waiting = JoinSet::new();
        let mut held = Vec::new();
        match self.of {
            Idle::Socket => held = self.sockets(server.target, self.count).await?,
            Idle::Poller => waiting = self.pollers(server.target).await?,
            Idle::Detached => self.detached(server.target).await?,
        }
        collect(server.target).await?;
        let after = server.memory()?;
        if let Some(ended) = waiting.try_join_next() {
            ended??;
        }
        drop(held);
        Ok(Sample::from([
            ("kib_each", (after - before) / self.count as f64),
            ("kib_empty", before),
        ]))
    }

    fn check_files(&self) -> Outcome<()> {
        let needed = OTHER_FILES
            + match self.of {
                Idle::Socket => self.count,
                Idle::Poller => 2 * self.count,
                Idle::Detached => AT_ONCE,
            };
        let most = process::most_files()?;
        match needed > most {
            true => Err(format!("needs {needed} open files, {most} are allowed").into()),
            false => Ok(()),
        }
    }

    async fn sockets(&self, target: Target, count: usize) -> Outcome<Vec<Connection>> {
        let mut connections = open(target, count).await?;
        for connection in &mut connections {
            exchange(connection, &Template::echo(1, SIZE), 0).await?;
            connection.settle().await?;
        }
        Ok(connections)
    }

    /// A few at a time, since a server may give up who does not poll for some seconds.
    async fn pollers(&self, target: Target) -> Outcome<JoinSet<Outcome<()>>> {
        let mut waiting = JoinSet::new();
        while waiting.len() < self.count {
            let some = AT_ONCE.min(self.count - waiting.len());
            for mut poller in open_pollers(target, some).await? {
                let template = Template::echo(1, SIZE);
                let mut each = |message: &[u8]| template.read(message).map(drop);
                poller.send_and_poll(&template, 0, &mut each).await?;
                waiting.spawn_local(wait(poller));
            }
        }
        Ok(waiting)
    }

    /// A few at a time, so that what their connections needed is used again.
    async fn detached(&self, target: Target) -> Outcome<()> {
        let mut rest = self.count;
        while rest > 0 {
            let some = rest.min(AT_ONCE);
            drop(self.sockets(target, some).await?);
            rest -= some;
        }
        Ok(())
    }
}

async fn wait(mut poller: Poller) -> Outcome<()> {
    loop {
        let mut none = |message: &[u8]| Err(format!("nobody sent {message:?}").into());
        poller.poll(&mut none).await?;
    }
}

/// Lets everything come to rest, and has the garbage collected by a client that comes for it: one that stayed would have
/// to answer pings.
pub(super) async fn collect(target: Target) -> Outcome<()> {
    tokio::time::sleep(REST).await;
    let mut caretaker = Connection::open(target).await?;
    exchange(&mut caretaker, &Template::collect(), 0).await?;
    caretaker.leave().await
}
