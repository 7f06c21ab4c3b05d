//! What is counted.

mod common;

use common::{echo_server, new_session};
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, Recorder, SharedString,
    Unit,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use throughline_core::wire::native::{Frame, Hello};

#[derive(Clone, Default)]
struct Counts(Arc<Mutex<BTreeMap<String, f64>>>);

impl Counts {
    fn of(&self, name: &str) -> f64 {
        let counts = self.0.lock().expect("nobody panicked");
        counts.get(name).copied().unwrap_or_default()
    }
}

struct Entry(Counts, String);

impl Entry {
    fn new(counts: &Counts, key: &Key) -> Arc<Self> {
        let labels = key
            .labels()
            .map(|label| format!(" {}={}", label.key(), label.value()));
        let name = std::iter::once(key.name().to_owned())
            .chain(labels)
            .collect();
        Arc::new(Self(counts.clone(), name))
    }

    fn add(&self, value: f64) {
        let mut counts = self.0.0.lock().expect("nobody panicked");
        *counts.entry(self.1.clone()).or_default() += value;
    }
}

impl CounterFn for Entry {
    fn increment(&self, value: u64) {
        self.add(value as f64);
    }

    fn absolute(&self, _: u64) {
        panic!("no counter is set")
    }
}

impl GaugeFn for Entry {
    fn increment(&self, value: f64) {
        self.add(value);
    }

    fn decrement(&self, value: f64) {
        self.add(-value);
    }

    fn set(&self, _: f64) {
        panic!("no gauge is set")
    }
}

impl Recorder for Counts {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Entry::new(self, key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(Entry::new(self, key))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn sessions_links_refusals_and_malformed_input_are_counted() {
    let counts = Counts::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("there is a runtime");
    metrics::with_local_recorder(&counts, || runtime.block_on(play(&counts)));
}

async fn play(counts: &Counts) {
    let server = echo_server();
    let mut polling = server.open_polled().await;
    polling.poll.hold = 0;
    polling.poll().await;
    let (mut ws, _) = server.open().await;
    assert_eq!(counts.of("throughline_sessions"), 2.0);
    assert_eq!(counts.of("throughline_links transport=websocket"), 1.0);
    assert_eq!(counts.of("throughline_links transport=periodic"), 1.0);

    server.realtime.log_out(&throughline::Identity::anonymous());
    ws.abort().await;
    assert_eq!(counts.of("throughline_sessions"), 0.0);
    assert_eq!(counts.of("throughline_sessions_ended_total code=4708"), 2.0);
    assert_eq!(counts.of("throughline_links transport=websocket"), 0.0);
    assert_eq!(
        counts.of("throughline_links_begun_total transport=websocket"),
        1.0
    );

    server.post_bytes("nonsense", &[]).await;
    server.get_text("nonsense!").await;
    server.get_text("bm9uc2Vuc2U=").await;
    assert_eq!(counts.of("throughline_malformed_total transport=http"), 3.0);
    let mut door = server.websocket().await;
    door.send(Frame::Hello(Box::new(Hello {
        v: 2,
        ..new_session()
    })))
    .await;
    assert!(matches!(door.next().await, Some(Frame::Refuse(_))));
    assert_eq!(counts.of("throughline_refusals_total code=4701"), 1.0);
}
