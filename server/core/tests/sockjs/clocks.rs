//! Browsers whose clocks are coarse, and jittered, in networks where nothing breaks: the official client polls and sends, each request
//! with the time that its clock shows, and nothing of it is taken for a repetition.
//!
//! Time here is in microseconds, and passes from event to event. All that the client sends is the same text.

use crate::play::{Play, fresh, time};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use throughline_core::Time;
use throughline_core::sockjs::{Answer, Input};

/// Seventeen hundred million seconds and a bit, in microseconds.
const EPOCH: u64 = 1_700_000_000_123_456;
/// What the client waits from the answer to what it sent until it sends more.
const REST: u64 = 25_000;

/// A clock that shows multiples of its tick, from a phase on. A jittered one shows the next from a random moment of each tick on.
#[derive(Clone, Debug)]
struct Clock {
    tick: u64,
    phase: u64,
    jitter: Option<u64>,
}

impl Clock {
    fn shows(&self, now: u64) -> u64 {
        let since = EPOCH + now - self.phase;
        let number = since / self.tick;
        let is_late = self
            .jitter
            .is_some_and(|seed| since % self.tick >= random(seed, number) % self.tick);
        (self.phase + (number + u64::from(is_late)) * self.tick) / 1000
    }
}

fn random(seed: u64, number: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, number).hash(&mut hasher);
    hasher.finish()
}

fn clock() -> impl Strategy<Value = Clock> {
    let jittered = prop_oneof![Just(1000_u64), Just(16_667), Just(100_000)];
    let jittered = (jittered, any::<u64>()).prop_map(|(tick, seed)| Clock {
        tick,
        phase: 0,
        jitter: Some(seed),
    });
    let old_windows = (0..15_625_u64).prop_map(|phase| Clock {
        tick: 15_625,
        phase,
        jitter: None,
    });
    prop_oneof![3 => jittered, 1 => old_windows]
}

#[derive(Clone, Debug)]
enum Event {
    Poll(u64),
    Frame(String),
    Send(u64),
    Sent,
    /// The page has one more message to send.
    Write,
    /// The application says one.
    Say,
}

struct World {
    now: u64,
    play: Play,
    clock: Clock,
    seed: u64,
    /// The longest way in one direction.
    way: u64,
    events: BTreeMap<(u64, u64), Event>,
    /// Numbers for requests, events and whatever is random.
    numbers: u64,
    said: Vec<String>,
    heard: Vec<String>,
    written: usize,
    waiting_to_send: usize,
    is_sending: bool,
    is_open: bool,
    taken: usize,
}

impl World {
    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn after(&mut self, delay: u64, event: Event) {
        let number = self.number();
        self.events.insert((self.now + delay, number), event);
    }

    fn travel(&mut self, event: Event) {
        let number = self.number();
        let way = random(self.seed, number) % (self.way + 1);
        self.after(way, event);
    }

    fn poll(&mut self) {
        let shown = self.clock.shows(self.now);
        self.travel(Event::Poll(shown));
    }

    /// The client sends one message at a time.
    fn send(&mut self) {
        if self.is_open && !self.is_sending && self.waiting_to_send > 0 {
            self.waiting_to_send -= 1;
            self.is_sending = true;
            let shown = self.clock.shows(self.now);
            self.travel(Event::Send(shown));
        }
    }

    /// The next event, or the core's next deadline: as the driver's clock cuts time to milliseconds, so do its timers.
    fn step(&mut self) {
        let next = self.events.keys().next().copied();
        let deadline = self.play.connection.deadline();
        let deadline = deadline.map(|deadline| deadline.as_millis() * 1000);
        match (next, deadline) {
            (Some((at, _)), Some(deadline)) if deadline < at => self.time_out(deadline),
            (None, Some(deadline)) => self.time_out(deadline),
            (Some(key), _) => {
                self.advance(key.0);
                let event = self.events.remove(&key).expect("it is the first");
                self.happen(event);
            }
            (None, None) => panic!("nothing is left to wait for"),
        }
        self.look();
    }

    fn advance(&mut self, to: u64) {
        self.now = self.now.max(to);
        self.play.now = Time::from_millis(self.now / 1000);
    }

    fn time_out(&mut self, at: u64) {
        self.advance(at);
        self.play.handle(Input::Timeout);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Poll(shown) => {
                let id = self.number();
                self.play.poll_with(id, time(shown));
            }
            Event::Send(shown) => {
                let id = self.number();
                self.play.post_with(id, time(shown), "[\"same\"]");
            }
            Event::Frame(frame) => {
                self.hear(&frame);
                self.poll();
                self.send();
            }
            Event::Sent => {
                self.is_sending = false;
                self.send();
            }
            Event::Write => {
                self.waiting_to_send += 1;
                self.send();
            }
            Event::Say if !self.play.has_started => self.after(REST, Event::Say),
            Event::Say => {
                let text = self.said.len().to_string();
                self.play.send(text.clone());
                self.said.push(text);
            }
        }
    }

    /// The application takes what came, and answers travel.
    fn look(&mut self) {
        self.taken += self.play.texts().len();
        for answer in std::mem::take(&mut self.play.answers).into_values() {
            match answer {
                Answer::Frame(frame) => self.travel(Event::Frame(frame.to_string())),
                Answer::Taken => {
                    let number = self.number();
                    let way = random(self.seed, number) % (self.way + 1);
                    self.after(way + REST, Event::Sent);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn hear(&mut self, frame: &str) {
        match frame.split_at(1) {
            ("o", _) => assert!(!std::mem::replace(&mut self.is_open, true), "a second o"),
            ("a", texts) => {
                let texts: Vec<String> = serde_json::from_str(texts).expect("an array");
                self.heard.extend(texts);
            }
            _ => assert_eq!(frame, "h\n"),
        }
        assert!(self.said.starts_with(&self.heard), "{:?}", self.heard);
    }

    fn is_done(&self) -> bool {
        let is_heard = self.heard.len() == self.said.len();
        let is_quiet = !self.is_sending && self.waiting_to_send == 0;
        is_heard && is_quiet && self.taken == self.written
    }
}

fn moments() -> impl Strategy<Value = Vec<u64>> {
    prop_oneof![
        prop::collection::vec(0..2_000_000_u64, 1..40),
        prop::collection::vec(0..100_000_u64, 1..20),
    ]
}

proptest! {
    #[test]
    fn no_request_is_taken_for_another(
        clock in clock(),
        seed: u64,
        start in 0..1_000_000_u64,
        way in prop_oneof![Just(0), 0..2000_u64, 0..60_000_u64],
        says in moments(),
        writes in moments(),
    ) {
        let mut world = World {
            now: start,
            play: fresh(),
            clock,
            seed,
            way,
            events: BTreeMap::new(),
            numbers: 0,
            said: Vec::new(),
            heard: Vec::new(),
            written: writes.len(),
            waiting_to_send: 0,
            is_sending: false,
            is_open: false,
            taken: 0,
        };
        let total = says.len();
        for moment in says {
            world.after(moment, Event::Say);
        }
        for moment in writes {
            world.after(moment, Event::Write);
        }
        world.poll();
        let mut steps = 0;
        while world.said.len() < total || !world.is_done() {
            world.step();
            steps += 1;
            prop_assert!(steps < 10_000, "it never ends");
        }
        prop_assert_eq!(world.heard, world.said);
        prop_assert_eq!(world.taken, world.written);
    }
}
