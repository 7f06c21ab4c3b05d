//! What a seed stands for: bounds, traffic, transports, trouble and the end, all drawn at the start.

use crate::random::Random;
use std::time::Duration;
use throughline_client::{Carrier, Polling};
use throughline_core::Limits;
use throughline_core::message::OVERHEAD;

/// The plan of one simulated session.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) limits: Limits,
    /// What the client is ready to hold.
    pub(crate) window: u64,
    pub(crate) up: Traffic,
    pub(crate) down: Traffic,
    /// The transports that race at the start, each with its head start.
    pub(crate) race: Vec<(Duration, Carrier)>,
    /// The only transport there is, so that no other one helps out.
    pub(crate) only: Option<Carrier>,
    /// Moves of the live session, each with its time.
    pub(crate) moves: Vec<(Duration, Carrier)>,
    /// When the environment hints at a change of the network.
    pub(crate) hints: Vec<Duration>,
    /// When the client shows a fresh token.
    pub(crate) refreshes: Vec<Duration>,
    /// How long a token lives.
    pub(crate) token: Option<Duration>,
    pub(crate) network: Weather,
    pub(crate) ending: Ending,
}

/// What one side sends, and how fast it takes.
#[derive(Clone, Debug)]
pub(crate) struct Traffic {
    pub(crate) messages: u64,
    pub(crate) longest: usize,
    pub(crate) pace: Pace,
    /// The time that the receiving application spends on a message.
    pub(crate) take: Duration,
}

/// What makes an application send.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// One message after each pause; with none, as fast as the window allows.
    Every(Duration),
    /// One message for each that it took, and so many to begin with. It takes no more while it cannot send.
    Echo(u64),
}

/// How the network is.
#[derive(Clone, Debug)]
pub(crate) struct Weather {
    pub(crate) latency: u64,
    pub(crate) jitter: u64,
    /// How much trouble there is in all.
    pub(crate) trouble: u64,
    /// How likely each kind is, in a thousand.
    pub(crate) rate: u64,
    /// Every connection or body is cut at this byte.
    pub(crate) same_byte: Option<u64>,
    /// How much a WebSocket connection takes before the server has to wait.
    pub(crate) buffer: usize,
}

/// How the session is to end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ending {
    Close(Closer, When),
    Injected(Injection, Duration),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closer {
    Client,
    Server,
    Both,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// After every message arrived.
    Done,
    /// When the closing side has sent its own.
    Early,
}

/// An end that is not orderly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Injection {
    Forget,
    Expire,
    Overflow,
    WindowExceeded,
    TokenExpires,
    TakeOver,
}

const INJECTIONS: [Injection; 6] = [
    Injection::Forget,
    Injection::Expire,
    Injection::Overflow,
    Injection::WindowExceeded,
    Injection::TokenExpires,
    Injection::TakeOver,
];

/// How many transports a session may be on.
const CARRIERS: u64 = 3;

impl Scenario {
    /// A session that is closed in order.
    pub(crate) fn orderly(random: &mut Random) -> Self {
        let closer = random.pick(&[Closer::Client, Closer::Server, Closer::Both]);
        let when = if random.per_mille(250) {
            When::Early
        } else {
            When::Done
        };
        Self::new(random, Ending::Close(closer, when))
    }

    /// A session that the scenario makes end.
    pub(crate) fn injected(random: &mut Random) -> Self {
        let injection = random.pick(&INJECTIONS);
        let at = random.millis(500..20_000);
        Self::new(random, Ending::Injected(injection, at))
    }

    fn new(random: &mut Random, ending: Ending) -> Self {
        let network = Weather::new(random);
        let limits = limits(random, &network);
        let longest = limits.message as u64 + OVERHEAD as u64;
        let window = longest * random.pick(&[1, 2, 5, 40]);
        let (up, down) = traffic(random, &limits, window, ending);
        let only = random.per_mille(200).then(|| carrier(random));
        let race = race(random, only);
        Self {
            window,
            up,
            down,
            race,
            moves: moves(random, only),
            only,
            hints: times(random, 2),
            refreshes: vec![Duration::from_secs(50); usize::from(random.per_mille(300))],
            token: token(random, ending),
            network,
            limits,
            ending,
        }
    }

    pub(crate) fn injection(&self) -> Option<Injection> {
        match self.ending {
            Ending::Injected(injection, _) => Some(injection),
            Ending::Close(..) => None,
        }
    }
}

/// Small windows find what large ones hide.
fn limits(random: &mut Random, weather: &Weather) -> Limits {
    let message = random.pick(&[64, 200, 1000, 5000]);
    // Whatever cuts at one byte has to let one message pass.
    let message = match weather.same_byte {
        Some(byte) => message.min(usize::try_from(byte / 3).unwrap_or(usize::MAX)),
        None => message,
    };
    let longest = message + OVERHEAD;
    let seconds = |random: &mut Random, range| Duration::from_secs(random.within(range));
    Limits {
        message,
        window: longest * random.pick(&[1, 2, 5, 40]),
        log: longest * random.pick(&[1, 2, 5, 40]),
        batch: (longest + 1024).max(4096) * random.pick(&[1, 4]),
        hold: seconds(random, 1..26),
        heartbeat: seconds(random, 2..21),
        timeout: seconds(random, 3..11),
        retention: seconds(random, 100..150),
        ..Limits::default()
    }
}

fn traffic(
    random: &mut Random,
    limits: &Limits,
    window: u64,
    ending: Ending,
) -> (Traffic, Traffic) {
    let most = match ending {
        Ending::Close(..) => 90,
        Ending::Injected(..) => 30,
    };
    let takes = [0, 0, 0, 1, 5, 40];
    let mut one = |pace| Traffic {
        messages: random.within(most / 4..most),
        longest: limits.message,
        pace,
        take: Duration::from_millis(random.pick(&takes)),
    };
    let (mut up, mut down) = (
        one(Pace::Every(Duration::ZERO)),
        one(Pace::Every(Duration::ZERO)),
    );
    match random.within(0..4) {
        0 => {}
        1 => {
            up.pace = Pace::Every(random.millis(1..200));
            down.pace = Pace::Every(random.millis(1..200));
        }
        2 => {
            down.pace = Pace::Echo(0);
            down.messages = up.messages;
        }
        _ => {
            let smallest = window.min(limits.window.min(limits.log) as u64);
            let fitting = smallest / (limits.message + OVERHEAD) as u64;
            up.pace = Pace::Echo(random.within(1..fitting.min(8) + 1));
            down.pace = Pace::Echo(0);
            down.messages = up.messages;
        }
    }
    (up, down)
}

pub(crate) fn carrier(random: &mut Random) -> Carrier {
    match random.within(0..CARRIERS) {
        0 => Carrier::WebSocket,
        1 => Carrier::Http(Polling {
            hold: Duration::from_secs(25),
            interval: Duration::ZERO,
            batch: u64::MAX,
        }),
        _ => Carrier::Http(Polling {
            hold: Duration::ZERO,
            interval: random.millis(100..3000),
            batch: u64::MAX,
        }),
    }
}

fn race(random: &mut Random, only: Option<Carrier>) -> Vec<(Duration, Carrier)> {
    let links = random.pick(&[1, 1, 2, 3]);
    (0..links)
        .map(|index| {
            let head_start = if index == 0 { 0 } else { random.within(0..300) };
            let carrier = only.unwrap_or_else(|| carrier(random));
            (Duration::from_millis(head_start), carrier)
        })
        .collect()
}

fn moves(random: &mut Random, only: Option<Carrier>) -> Vec<(Duration, Carrier)> {
    let moves = random.pick(&[1, 2, 4, 8]);
    times(random, moves)
        .into_iter()
        .map(|at| (at, only.unwrap_or_else(|| carrier(random))))
        .collect()
}

/// Up to so many moments, more of them early than late.
fn times(random: &mut Random, most: u64) -> Vec<Duration> {
    let count = random.within(0..most + 1);
    (0..count)
        .map(|_| {
            let range = random.pick(&[100..1000, 100..5000, 100..30_000]);
            random.millis(range)
        })
        .collect()
}

fn token(random: &mut Random, ending: Ending) -> Option<Duration> {
    match ending {
        Ending::Injected(Injection::TokenExpires, at) => Some(at + Duration::from_secs(1)),
        // Long enough for any run that is not meant to end so.
        _ => random
            .per_mille(300)
            .then_some(Duration::from_secs(24 * 3600)),
    }
}

impl Weather {
    fn new(random: &mut Random) -> Self {
        // Room for hello, welcome and a message beyond.
        let same_byte = random.per_mille(120).then(|| random.within(2400..9000));
        Self {
            latency: random.pick(&[1, 10, 40, 150]),
            jitter: random.pick(&[1, 20, 200]),
            trouble: random.pick(&[0, 4, 10, 20, 40]),
            rate: random.pick(&[30, 100, 250]),
            same_byte,
            buffer: random.pick(&[500, 4000, 65_536]),
        }
    }
}
