//! WebSocket connections: two streams of messages that can be cut at any byte, muted, dropped and damaged.

use super::Network;
use crate::context::{Context, Event, SocketId};
use crate::fault::Fault;
use throughline_core::Time;
use throughline_core::wire::Carried;

/// One WebSocket connection.
#[derive(Debug)]
pub(super) struct Socket {
    up: Pipe,
    down: Pipe,
    /// Where the connection breaks.
    cut: Option<(Way, u64, Fault)>,
    broken: Broken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    No,
    /// What is under way still arrives.
    Behind,
    /// What is under way is lost.
    Reset,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Up,
    Down,
}

/// One direction of a connection.
#[derive(Debug, Default)]
struct Pipe {
    bytes: u64,
    messages: u64,
    under_way: usize,
    /// When the last message arrives: none overtakes another.
    last: Time,
    mute: Option<(u64, Fault)>,
    drop_first: bool,
    mangle: Option<u64>,
    /// The sender has closed its end.
    closed: bool,
}

/// A frame's own cost on a WebSocket.
const FRAME: u64 = 4;

impl Network {
    pub(crate) fn connect(&mut self, cx: &mut Context) -> SocketId {
        let id = self.id();
        let rate = self.weather.rate;
        let latency = self.latency(cx);
        if self.is_down(cx) || cx.strikes(Fault::Refused, rate) {
            cx.after(latency * 2, Event::LostByClient(id));
            return id;
        }
        if cx.silences(Fault::Hung, rate) {
            return id;
        }
        let socket = self.new_socket(cx);
        self.sockets.insert(id, socket);
        cx.after(latency, Event::Accepted(id));
        cx.after(latency * 2, Event::Connected(id));
        id
    }

    fn new_socket(&self, cx: &mut Context) -> Socket {
        let rate = self.weather.rate;
        let mut socket = Socket {
            up: Pipe::default(),
            down: Pipe::default(),
            cut: None,
            broken: Broken::No,
        };
        let way = cx.random.pick(&[Way::Up, Way::Down]);
        if let Some(byte) = self.weather.same_byte {
            socket.cut = Some((way, byte, Fault::SameByte));
        } else if cx.random.per_mille(rate * 2) {
            socket.cut = Some((way, byte(cx), Fault::Cut));
        }
        if cx.random.per_mille(rate * 9) {
            let (up, down, fault) = cx.random.pick(&[
                (true, false, Fault::MutedUp),
                (false, true, Fault::MutedDown),
                (true, true, Fault::MutedBoth),
            ]);
            let byte = mute_byte(cx);
            socket.up.mute = up.then_some((byte, fault));
            socket.down.mute = down.then_some((byte, fault));
        }
        let pipe = match way {
            Way::Up => &mut socket.up,
            Way::Down => &mut socket.down,
        };
        pipe.drop_first = cx.random.per_mille(rate * 2);
        pipe.mangle = cx
            .random
            .per_mille(rate * 5)
            .then(|| cx.random.within(1..20));
        socket
    }

    /// Sends a message, as far as the connection lets it.
    pub(crate) fn send(&mut self, cx: &mut Context, id: SocketId, way: Way, carried: Carried) {
        let latency = self.latency(cx);
        let Some(socket) = self.sockets.get_mut(&id) else {
            return;
        };
        let cut = socket.cut;
        let pipe = socket.pipe(way);
        if pipe.closed {
            return;
        }
        let len = len(&carried);
        pipe.bytes += len as u64 + FRAME;
        pipe.messages += 1;
        let bytes = pipe.bytes;
        if let Some((cut_way, byte, fault)) = cut
            && cut_way == way
            && bytes > byte
            && (fault == Fault::SameByte || cx.trouble > 0)
        {
            match fault {
                Fault::SameByte => cx.count(fault),
                _ => _ = cx.strikes(fault, 1000),
            }
            let broken = cx.random.pick(&[Broken::Behind, Broken::Reset]);
            self.break_off(cx, id, broken);
            return;
        }
        pipe.under_way += len;
        if pipe.swallows(cx, bytes) {
            return;
        }
        let at = pipe.last.max(cx.now + latency);
        pipe.last = at;
        let mangled = pipe.mangle(cx, carried);
        if mangled.is_empty() {
            // What loses a message does not live long; whoever hears more on it notices before.
            let delay = cx.random.millis(500..5000);
            cx.after(delay, Event::Breaks(id));
        }
        for carried in mangled {
            let event = match way {
                Way::Up => Event::ToServer(id, carried),
                Way::Down => Event::ToClient(id, carried),
            };
            cx.at(at, event);
        }
    }

    /// Whether the server may send more on the connection now.
    pub(crate) fn has_room(&self, id: SocketId) -> bool {
        let buffer = self.weather.buffer;
        self.sockets
            .get(&id)
            .is_none_or(|socket| socket.down.under_way < buffer)
    }

    /// A message has arrived; says whether anybody is there to read it.
    pub(crate) fn arrives(&mut self, id: SocketId, way: Way, carried: &Carried) -> bool {
        let Some(socket) = self.sockets.get_mut(&id) else {
            return false;
        };
        let reset = socket.broken == Broken::Reset;
        let reader_closed = socket.pipe(way.back()).closed;
        let pipe = socket.pipe(way);
        pipe.under_way = pipe.under_way.saturating_sub(len(carried));
        !reset && !reader_closed
    }

    /// One side closes the connection, after what it has sent.
    pub(crate) fn close(&mut self, cx: &mut Context, id: SocketId, way: Way) {
        let latency = self.latency(cx);
        let Some(socket) = self.sockets.get_mut(&id) else {
            return;
        };
        let broken = socket.broken != Broken::No;
        let pipe = socket.pipe(way);
        if std::mem::replace(&mut pipe.closed, true) || broken || pipe.is_muted() {
            return;
        }
        let at = pipe.last.max(cx.now + latency);
        let event = match way {
            Way::Up => Event::LostByServer(id),
            Way::Down => Event::LostByClient(id),
        };
        cx.at(at, event);
    }

    pub(crate) fn breaks(&mut self, cx: &mut Context, id: SocketId) {
        self.break_off(cx, id, Broken::Reset);
    }

    /// The connection breaks. Each side notices in its own time.
    pub(super) fn break_off(&mut self, cx: &mut Context, id: SocketId, broken: Broken) {
        let Some(socket) = self.sockets.get_mut(&id) else {
            return;
        };
        if socket.broken != Broken::No {
            return;
        }
        socket.broken = broken;
        for pipe in [&mut socket.up, &mut socket.down] {
            pipe.mute = Some((0, Fault::Cut));
        }
        let up = socket.up.last.max(cx.now) + cx.random.millis(0..500);
        let down = socket.down.last.max(cx.now) + cx.random.millis(0..500);
        cx.at(up, Event::LostByServer(id));
        cx.at(down, Event::LostByClient(id));
    }

    /// Nobody will ask for this connection again.
    pub(crate) fn forget(&mut self, id: SocketId) {
        if let Some(socket) = self.sockets.get(&id)
            && socket.up.closed
            && socket.down.closed
        {
            self.sockets.remove(&id);
        }
    }
}

impl Way {
    fn back(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
        }
    }
}

impl Socket {
    fn pipe(&mut self, way: Way) -> &mut Pipe {
        match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        }
    }
}

impl Pipe {
    fn is_muted(&self) -> bool {
        self.mute.is_some_and(|(byte, _)| self.bytes > byte)
    }

    /// Whether the message vanishes without anybody noticing.
    fn swallows(&mut self, cx: &mut Context, bytes: u64) -> bool {
        if let Some((byte, fault)) = self.mute
            && bytes > byte
        {
            let strikes = byte == 0 || cx.silences(fault, 1000);
            self.mute = strikes.then_some((0, fault));
            return strikes;
        }
        let first = self.messages == 1 && std::mem::take(&mut self.drop_first);
        first && cx.strikes(Fault::FirstDropped, 1000)
    }

    /// What becomes of the message under way. Damage that nothing could notice is not done: that is
    /// what TLS is for.
    fn mangle(&mut self, cx: &mut Context, carried: Carried) -> Vec<Carried> {
        let now = self.mangle == Some(self.messages);
        if !now || !cx.strikes(Fault::Mangled, 1000) {
            return vec![carried];
        }
        match (cx.random.within(0..4), carried) {
            (0, _) => Vec::new(),
            (1, carried) => vec![carried.clone(), carried],
            (2, Carried::Text(text)) => vec![Carried::Binary(text.into_bytes())],
            (_, Carried::Text(text)) => vec![Carried::Text(format!("~{text}").into())],
            (_, Carried::Binary(bytes)) => {
                vec![Carried::Binary([&[0xff], &bytes[..]].concat().into())]
            }
        }
    }
}

/// Where something strikes: early ones matter most, but any byte may be hit.
fn byte(cx: &mut Context) -> u64 {
    let range = cx.random.pick(&[1..100, 1..1700, 1500..2500, 1500..10_000]);
    cx.random.within(range)
}

/// Where a connection falls silent: mostly while it proves itself, or soon after.
fn mute_byte(cx: &mut Context) -> u64 {
    let range = cx.random.pick(&[1..100, 1500..1600, 1500..2500]);
    cx.random.within(range)
}

fn len(carried: &Carried) -> usize {
    match carried {
        Carried::Text(text) => text.len(),
        Carried::Binary(bytes) => bytes.len(),
    }
}
