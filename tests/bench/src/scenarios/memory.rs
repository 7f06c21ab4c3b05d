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
/// How many there are when the memory is looked at. All are opened once: those of the first look stay for the second.
const FEW: usize = 5000;
const MANY: usize = 15_000;
/// Files that are open besides connections.
const OTHER_FILES: usize = 50;

pub(super) struct Memory {
    pub(super) of: Idle,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Idle {
    /// A WebSocket.
    Socket,
    /// A session whose poll waits. The connection that it has sent by is closed, as browsers close idle ones.
    Poller,
    /// A session whose connection is lost.
    Detached,
}

impl Memory {
    pub(super) async fn run(&self, server: &Running) -> Outcome<Sample> {
        self.check_files()?;
        collect(server.target).await?;
        let before = server.memory()?;
        let mut held = JoinSet::new();
        let mut each = [0.0; 2];
        let mut there = 0;
        for (count, each) in [FEW, MANY].into_iter().zip(&mut each) {
            self.add(count - there, server.target, &mut held).await?;
            there = count;
            collect(server.target).await?;
            *each = (server.memory()? - before) / count as f64;
        }
        if let Some(ended) = held.try_join_next() {
            ended??;
        }
        let [few, many] = each;
        Ok(Sample::from([
            ("kib_each", many),
            ("kib_each_of_few", few),
            ("kib_empty", before),
        ]))
    }

    async fn add(
        &self,
        count: usize,
        target: Target,
        held: &mut JoinSet<Outcome<()>>,
    ) -> Outcome<()> {
        match self.of {
            Idle::Socket => {
                for connection in sockets(target, count).await? {
                    held.spawn_local(stay(connection));
                }
            }
            Idle::Poller => pollers(target, count, held).await?,
            Idle::Detached => detached(target, count).await?,
        }
        Ok(())
    }

    fn check_files(&self) -> Outcome<()> {
        let needed = OTHER_FILES
            + match self.of {
                Idle::Socket | Idle::Poller => MANY,
                Idle::Detached => AT_ONCE,
            };
        let most = process::most_files()?;
        match needed > most {
            true => Err(format!("needs {needed} open files, {most} are allowed").into()),
            false => Ok(()),
        }
    }
}

async fn sockets(target: Target, count: usize) -> Outcome<Vec<Connection>> {
    let mut connections = open(target, count).await?;
    for connection in &mut connections {
        exchange(connection, &Template::echo(1, SIZE), 0).await?;
        connection.settle().await?;
    }
    Ok(connections)
}

/// A few at a time, since a server may give up who does not poll for some seconds.
async fn pollers(target: Target, count: usize, waiting: &mut JoinSet<Outcome<()>>) -> Outcome<()> {
    let mut rest = count;
    while rest > 0 {
        let some = rest.min(AT_ONCE);
        for mut poller in open_pollers(target, some).await? {
            let template = Template::echo(1, SIZE);
            let mut each = |message: &[u8]| template.read(message).map(drop);
            poller.send_and_poll(&template, 0, &mut each).await?;
            poller.close_idle();
            waiting.spawn_local(wait(poller));
        }
        rest -= some;
    }
    Ok(())
}

/// A few at a time, so that what their connections needed is used again.
async fn detached(target: Target, count: usize) -> Outcome<()> {
    let mut rest = count;
    while rest > 0 {
        let some = rest.min(AT_ONCE);
        drop(sockets(target, some).await?);
        rest -= some;
    }
    Ok(())
}

/// Answers pings, and fails when the server closes the connection.
async fn stay(mut connection: Connection) -> Outcome<()> {
    loop {
        let none = |message: &[u8]| Err(format!("nobody sent {message:?}").into());
        connection.receive(none).await?;
        connection.flush().await?;
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
