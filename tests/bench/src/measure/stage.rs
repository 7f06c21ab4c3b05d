//! What the clients of a scenario and the clock share: whether it is their turn, how much was done, and how long each took.

use super::histogram::Histogram;
use super::process::{Cpu, Running};
use super::turns::Place;
use super::{Sample, Times};
use crate::Outcome;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long others wait for their turn because of messages that may be lost.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
pub(crate) struct Stage {
    is_on: Cell<bool>,
    begins: Notify,
    counts: Cell<bool>,
    under_way: Cell<usize>,
    arrived: Notify,
    done: Cell<u64>,
    disordered: Cell<u64>,
    latency: RefCell<Histogram>,
}

impl Stage {
    /// Whether the clients may start something new.
    pub(crate) fn is_on(&self) -> bool {
        self.is_on.get()
    }

    /// Waits until they may.
    pub(crate) async fn turn(&self) {
        while !self.is_on() {
            self.begins.notified().await;
        }
    }

    /// So many more are expected.
    pub(crate) fn begun(&self, count: usize) {
        self.under_way.set(self.under_way.get() + count);
    }

    /// One of them is done, and took this long.
    pub(crate) fn done(&self, latency: Duration) {
        self.under_way.set(self.under_way.get() - 1);
        if self.counts.get() {
            self.done.set(self.done.get() + 1);
            self.latency.borrow_mut().record(latency);
        }
        if self.under_way.get() == 0 {
            self.arrived.notify_one();
        }
    }

    /// One came before another that it belongs behind.
    pub(crate) fn disordered(&self) {
        self.disordered.set(self.disordered.get() + 1);
    }

    async fn measure(&self, server: &Running, times: Times, place: &Place) -> Outcome<Sample> {
        self.play_for(times.warm_up, server, place).await?;
        self.counts.set(true);
        let (turns, length) = times.turns();
        let mut spent = Spent::default();
        for _ in 0..turns {
            spent = spent.and(self.play_for(length, server, place).await?);
        }
        Ok(self.sample(spent))
    }

    /// One turn: lets the clients work for so long, and waits for what is still under way. What the server does in the turns of others does
    /// not count.
    async fn play_for(&self, length: Duration, server: &Running, place: &Place) -> Outcome<Spent> {
        let _turn = place.turn().await;
        let before = Moment::now(server)?;
        self.is_on.set(true);
        self.begins.notify_waiters();
        tokio::time::sleep(length).await;
        self.is_on.set(false);
        let missing = "what was under way has not come back";
        timeout(PATIENCE, self.all_arrived())
            .await
            .map_err(|_| missing)?;
        Ok(Moment::now(server)?.since(before))
    }

    async fn all_arrived(&self) {
        while self.under_way.get() > 0 {
            self.arrived.notified().await;
        }
    }

    fn sample(&self, spent: Spent) -> Sample {
        let Spent {
            seconds,
            server,
            load,
        } = spent;
        let done = self.done.get() as f64;
        let latency = self.latency.borrow();
        Sample::from([
            ("per_cpu_second", done / server.total),
            ("per_second", done / seconds),
            ("user_us", server.user() / done * 1e6),
            ("system_us", server.system() / done * 1e6),
            ("server_share", server.total / seconds),
            ("load_share", load.total / seconds),
            ("p50_ms", latency.quantile(0.5)),
            ("p99_ms", latency.quantile(0.99)),
            ("p999_ms", latency.quantile(0.999)),
            ("disordered", self.disordered.get() as f64),
        ])
    }
}

/// Clients that are there and wait for their turn.
pub(crate) struct Ready {
    pub(crate) stage: Rc<Stage>,
    pub(crate) clients: JoinSet<Outcome<()>>,
}

impl Ready {
    /// Lets the clients work, turn by turn. They do not end by themselves unless something is wrong.
    pub(crate) async fn play(
        mut self,
        server: &Running,
        times: Times,
        place: &Place,
    ) -> Outcome<Sample> {
        tokio::select! {
            sample = self.stage.measure(server, times, place) => sample,
            Some(ended) = self.clients.join_next() => {
                ended??;
                Err("a client has ended".into())
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Moment {
    at: Instant,
    server: Cpu,
    load: Cpu,
}

impl Moment {
    fn now(server: &Running) -> Outcome<Self> {
        Ok(Self {
            at: Instant::now(),
            server: server.cpu()?,
            load: Cpu::own()?,
        })
    }

    fn since(self, before: Self) -> Spent {
        Spent {
            seconds: self.at.duration_since(before.at).as_secs_f64(),
            server: self.server - before.server,
            load: self.load - before.load,
        }
    }
}

/// What turns have taken.
#[derive(Clone, Copy, Default)]
struct Spent {
    seconds: f64,
    server: Cpu,
    load: Cpu,
}

impl Spent {
    fn and(self, other: Self) -> Self {
        Self {
            seconds: self.seconds + other.seconds,
            server: self.server + other.server,
            load: self.load + other.load,
        }
    }
}
