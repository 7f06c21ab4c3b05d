//! An hour of coming and going within three minutes: clients open sessions by each way, talk, and leave or vanish.
//!
//! What is kept of those who vanish must go again. Our servers keep it for a twentieth of the usual time, as everything is
//! compressed; the others keep nothing. So from the first look at the memory on, as many come as go, and what goes on growing is
//! a leak. Tables and heaps still reach their largest size then, so that one run longer than this tells more than a figure of it.

use super::memory::collect;
use super::opening::exchange;
use crate::Outcome;
use crate::load::connection::{Connection, Target};
use crate::load::message::Template;
use crate::load::polling::Poller;
use crate::measure::Sample;
use crate::measure::process::Running;
use crate::servers::ours;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::sleep;

pub(super) const COMPRESSED: (&str, &str) = (ours::RETENTION, "6");
/// From one look at the memory to the next. A third of the first is what sessions and their ends are kept for.
const LOOKS: [Duration; 3] = [
    Duration::from_secs(40),
    Duration::from_secs(70),
    Duration::from_secs(70),
];
/// Over the looks, for clients that come in between.
const REST: Duration = Duration::from_secs(4);
/// How many clients there are at a time, and how long each stays.
const CLIENTS: usize = 200;
const STAY: Duration = Duration::from_secs(1);
const MESSAGES: u32 = 10;
const SIZE: usize = 512;

pub(super) struct Churn;

/// How long it takes, where the time between the looks is stretched so often.
pub(super) fn length(stretch: u32) -> Duration {
    LOOKS.iter().sum::<Duration>() * stretch + REST
}

impl Churn {
    pub(super) async fn run(&self, server: &Running, stretch: u32) -> Outcome<Sample> {
        let mut clients = JoinSet::new();
        for place in 0..CLIENTS {
            clients.spawn_local(come_and_go(server.target, place));
        }
        tokio::select! {
            sample = watch(server, stretch) => sample,
            Some(ended) = clients.join_next() => {
                ended??;
                Err("a client has ended".into())
            }
        }
    }
}

async fn watch(server: &Running, stretch: u32) -> Outcome<Sample> {
    let mut memory = [0.0; 3];
    for (time, memory) in LOOKS.into_iter().zip(&mut memory) {
        sleep(time * stretch).await;
        collect(server.target).await?;
        *memory = server.own_memory()?;
    }
    let [before, between, after] = memory;
    Ok(Sample::from([
        ("growth", after / before),
        ("kib_before", before),
        ("kib_between", between),
        ("kib_after", after),
    ]))
}

async fn come_and_go(target: Target, place: usize) -> Outcome<()> {
    let template = Template::echo(place, SIZE);
    // Not all in the same moment.
    sleep(STAY * place as u32 / CLIENTS as u32).await;
    for visit in place.. {
        let mut connection = match target.spoken.upgrades() && visit % 2 == 0 {
            true => Poller::open(target).await?.upgrade().await?,
            false => Connection::open(target).await?,
        };
        for number in 0..MESSAGES {
            exchange(&mut connection, &template, number).await?;
            sleep(STAY / MESSAGES).await;
        }
        if visit % 4 < 2 {
            connection.leave().await?;
        }
    }
    Ok(())
}
