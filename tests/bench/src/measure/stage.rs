//! What the clients of a scenario and the clock share: whether it counts, how much was done, and how long each took.

use super::histogram::Histogram;
use super::process::{Cpu, Running};
use super::{Sample, Times};
use crate::Outcome;
use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::JoinSet;

#[derive(Debug, Default)]
pub(crate) struct Stage {
    is_over: Cell<bool>,
    counts: Cell<bool>,
    under_way: Cell<usize>,
    arrived: Notify,
    done: Cell<u64>,
    disordered: Cell<u64>,
    latency: RefCell<Histogram>,
}

impl Stage {
    /// Whether the clients shall start nothing new.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.get()
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

    /// Lets the clients work, counts for a while, and waits for what is still under way. Clients do not end by themselves
    /// unless something is wrong.
    pub(crate) async fn play(
        &self,
        mut clients: JoinSet<Outcome<()>>,
        server: &Running,
        times: Times,
    ) -> Outcome<Sample> {
        tokio::select! {
            sample = self.measure(server, times) => sample,
            Some(ended) = clients.join_next() => {
                ended??;
                Err("a client has ended".into())
            }
        }
    }

    async fn measure(&self, server: &Running, times: Times) -> Outcome<Sample> {
        tokio::time::sleep(times.warm_up).await;
        let before = Moment::now(server)?;
        self.counts.set(true);
        tokio::time::sleep(times.measure).await;
        self.counts.set(false);
        let after = Moment::now(server)?;
        self.is_over.set(true);
        while self.under_way.get() > 0 {
            self.arrived.notified().await;
        }
        Ok(self.sample(before, after))
    }

    fn sample(&self, before: Moment, after: Moment) -> Sample {
        let seconds = after.at.duration_since(before.at).as_secs_f64();
        let server = after.server.since(before.server);
        let load = after.load.since(before.load).sum();
        let done = self.done.get() as f64;
        let latency = self.latency.borrow();
        Sample::from([
            ("per_cpu_second", done / server.sum()),
            ("per_second", done / seconds),
            ("user_us", server.user / done * 1e6),
            ("system_us", server.system / done * 1e6),
            ("server_share", server.sum() / seconds),
            ("load_share", load / seconds),
            ("p50_ms", latency.quantile(0.5)),
            ("p99_ms", latency.quantile(0.99)),
            ("p999_ms", latency.quantile(0.999)),
            ("disordered", self.disordered.get() as f64),
        ])
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
}
