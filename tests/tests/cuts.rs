//! Under fire: 10,000 messages each way, paced at 500 a second, while the TCP connections are reset at
//! random about every 50 ms, in the middle of what passes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use throughline::{Message, Session, Throughline};
use throughline_core::session::Transport;
use throughline_tests::client::Client;
use throughline_tests::cutter::Cutter;
use throughline_tests::server::Server;
use throughline_tests::wait::{timed, within};

const MESSAGES: u64 = 10_000;
/// 500 a second.
const PACE: Duration = Duration::from_millis(2);
/// A little more often than every 50 ms, since some strikes find nothing in flight.
const STRIKE: Duration = Duration::from_millis(40);
const DEADLINE: Duration = Duration::from_secs(60);
const LEAST_RESETS: u64 = 300;

/// How far one direction has come.
#[derive(Debug, Default)]
struct Direction {
    sent: AtomicU64,
    arrived: AtomicU64,
    lost: AtomicU64,
    repeated: AtomicU64,
    reordered: AtomicU64,
}

impl Direction {
    fn is_under_way(&self) -> bool {
        self.sent.load(Ordering::Relaxed) > self.arrived.load(Ordering::Relaxed)
    }

    /// A number later than the expected one was overtaken or lost; an earlier one came again.
    fn note(&self, message: &Message) {
        let number: u64 = message
            .as_text()
            .and_then(|text| text.parse().ok())
            .expect("a number");
        let expected = self.arrived.fetch_add(1, Ordering::Relaxed);
        match number {
            _ if number < expected => self.repeated.fetch_add(1, Ordering::Relaxed),
            _ if number > expected => self.reordered.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
    }

    fn finish(&self) -> [u64; 3] {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        self.lost.store(
            count(&self.sent).saturating_sub(count(&self.arrived)),
            Ordering::Relaxed,
        );
        [
            count(&self.lost),
            count(&self.repeated),
            count(&self.reordered),
        ]
    }
}

#[derive(Debug, Default)]
struct Traffic {
    up: Direction,
    down: Direction,
}

/// Sends numbers at a steady pace; one that finds no room waits for it, and those after it catch up.
async fn send_all(session: &throughline::Sender, direction: &Direction) {
    let mut pace = tokio::time::interval(PACE);
    for number in 0..MESSAGES {
        pace.tick().await;
        session
            .send(number.to_string())
            .await
            .expect("the session goes on");
        direction.sent.fetch_add(1, Ordering::Relaxed);
    }
}

async fn serve(session: Session, traffic: Arc<Traffic>) {
    let (sender, mut receiver) = session.split();
    let sending = send_all(&sender, &traffic.down);
    let receiving = async {
        while let Some(message) = receiver.recv().await {
            traffic.up.note(&message);
        }
    };
    tokio::join!(sending, receiving);
}

async fn exchange(client: &Client, traffic: &Traffic) {
    let sending = async {
        let mut pace = tokio::time::interval(PACE);
        for number in 0..MESSAGES {
            pace.tick().await;
            client
                .send(number.to_string())
                .await
                .expect("the session goes on");
            traffic.up.sent.fetch_add(1, Ordering::Relaxed);
        }
    };
    let receiving = async {
        for _ in 0..MESSAGES {
            let message = client.recv().await.expect("the session goes on");
            traffic.down.note(&message);
        }
    };
    tokio::join!(sending, receiving);
    client.taken().await;
}

async fn run(on: Transport, seed: u64) {
    let traffic = Arc::new(Traffic::default());
    let serving = Arc::clone(&traffic);
    let builder =
        Throughline::builder().on_session(move |session| serve(session, Arc::clone(&serving)));
    let server = Server::with(builder).await;
    let watched = Arc::clone(&traffic);
    let in_flight = move || watched.up.is_under_way() || watched.down.is_under_way();
    let upstream = server.target.address;
    let mut cutter = Cutter::before(upstream, seed, Arc::new(in_flight)).await;
    let client = Client::connect(&server.target.through(cutter.address()), on).await;
    cutter.strike_every(STRIKE, seed);

    let exchanged = exchange(&client, &traffic);
    let ((), took) = timed(within(DEADLINE, "the arrival of everything", exchanged)).await;
    let strikes = cutter.strikes();
    let [lost, repeated, reordered] = {
        let (up, down) = (traffic.up.finish(), traffic.down.finish());
        [0, 1, 2].map(|index| up[index] + down[index])
    };
    println!(
        "cuts over {on}: {MESSAGES} messages each way in {:.1} s, resets {}, in flight {}, \
         links {}, lost {lost}, repeated {repeated}, reordered {reordered}",
        took.as_secs_f64(),
        strikes.resets,
        strikes.in_flight,
        client.moves(),
    );
    assert_eq!([lost, repeated, reordered], [0, 0, 0]);
    assert!(strikes.in_flight >= LEAST_RESETS, "only {strikes:?}");
    assert!(client.end().is_none());
}

// spec: SEQ-3, SEQ-7, ATT-10, ATT-11
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_over_websocket() {
    run(Transport::WebSocket, 1).await;
}

// spec: SEQ-3, SEQ-7, POL-4, POL-5
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_over_long_poll() {
    run(Transport::LongPoll, 2).await;
}

// spec: SEQ-3, SEQ-7, POL-4, POL-5
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_over_periodic() {
    run(Transport::Periodic, 3).await;
}
