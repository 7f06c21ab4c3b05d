//! What different connections of one client race for in a server with several threads, many times over.

use crate::{accepting, end_of};
use std::sync::atomic::{AtomicUsize, Ordering};
use throughline_tests::engineio::{Poller, Ws};
use throughline_tests::random::Random;
use throughline_tests::server::Near;
use throughline_tests::target::Target;
use throughline_tests::wait::until;
use tokio::task::JoinSet;

const TIMES: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_poll_before_the_upgrade_is_given_back_and_one_behind_it_is_refused() {
    let server = accepting().await;
    let mut clients = JoinSet::new();
    for _ in 0..TIMES / ROUNDS {
        clients.spawn(upgrade(server.target.clone()));
    }
    clients.join_all().await;
}

/// A client makes so many sessions, one after the other.
const ROUNDS: usize = 10;

async fn upgrade(target: Target) {
    for _ in 0..ROUNDS {
        let poller = Poller::open(&target).await;
        let mut ws = poller.probe().await;
        assert_eq!(poller.packets().await, ["6"]);
        ws.send("5").await;
        assert_eq!(poller.get().await.status, 400);
    }
}

/// As many messages go each way.
const MESSAGES: usize = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn upgrades_under_load_lose_repeat_and_reorder_nothing() {
    let mut server = accepting().await;
    let mut random = Random::new(4711);
    let mut sessions = JoinSet::new();
    for _ in 0..TIMES {
        let poller = Poller::open(&server.target).await;
        sessions.spawn(talk(server.accept().await));
        sessions.spawn(Moving::new(poller, random.below(MESSAGES / 4)).play());
    }
    for numbers in sessions.join_all().await {
        let expected: Vec<String> = (0..MESSAGES).map(|number| number.to_string()).collect();
        assert_eq!(numbers, expected);
    }
}

/// The application: it sends numbers, and gives what came.
async fn talk(mut near: Near) -> Vec<String> {
    let sender = near.sender();
    let sending = async {
        for number in 0..MESSAGES {
            let sent = sender.send(number.to_string()).await;
            sent.expect("the session is open");
        }
    };
    let hearing = async {
        let mut heard = Vec::new();
        while heard.len() < MESSAGES {
            heard.push(near.text().await);
        }
        heard
    };
    let ((), heard) = tokio::join!(sending, hearing);
    // The client is still to get what is under way.
    end_of(near).await;
    heard
}

/// A client that upgrades as the official one does: it waits for its last requests, says so, and goes on.
struct Moving {
    poller: Poller,
    /// Numbers to send before it moves.
    before: usize,
    sent: AtomicUsize,
    /// One when no request may be made any more.
    moving: AtomicUsize,
}

impl Moving {
    fn new(poller: Poller, before: usize) -> Self {
        Self {
            poller,
            before,
            sent: AtomicUsize::new(0),
            moving: AtomicUsize::new(0),
        }
    }

    async fn play(self) -> Vec<String> {
        let (mut heard, (), mut ws) = tokio::join!(self.poll(), self.post(), self.probe());
        ws.send("5").await;
        for number in self.sent.into_inner()..MESSAGES {
            ws.send(format!("4{number}")).await;
        }
        while heard.len() < MESSAGES {
            heard.extend(ws.text().await.strip_prefix('4').map(str::to_owned));
        }
        ws.send("1").await;
        heard
    }

    fn is_moving(&self) -> bool {
        self.moving.load(Ordering::Relaxed) == 1
    }

    async fn poll(&self) -> Vec<String> {
        let mut heard = Vec::new();
        while !self.is_moving() {
            let packets = self.poller.packets().await;
            let texts = packets.iter().filter_map(|packet| packet.strip_prefix('4'));
            heard.extend(texts.map(str::to_owned));
        }
        heard
    }

    async fn post(&self) {
        while !self.is_moving() && self.sent.load(Ordering::Relaxed) < MESSAGES {
            let number = self.sent.load(Ordering::Relaxed);
            self.poller.send(format!("4{number}")).await;
            self.sent.store(number + 1, Ordering::Relaxed);
        }
    }

    async fn probe(&self) -> Ws {
        until("it has sent enough", || {
            self.sent.load(Ordering::Relaxed) >= self.before
        })
        .await;
        let ws = self.poller.probe().await;
        self.moving.store(1, Ordering::Relaxed);
        ws
    }
}
