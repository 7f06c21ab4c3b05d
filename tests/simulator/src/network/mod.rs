//! The network between the two sides: WebSocket connections as streams of bytes, and HTTP requests.
//!
//! It can cut at any byte, mute, drop, damage, delay, truncate, repeat and reorder. It never invents:
//! what arrives whole was sent.

mod requests;
mod sockets;

use crate::context::{Context, CopyId, SocketId};
use crate::scenario::Weather;
use requests::Copy;
use sockets::{Broken, Socket};
use std::collections::BTreeMap;
use std::time::Duration;
use throughline_core::Time;

pub(crate) use sockets::Way;

#[derive(Debug)]
pub(crate) struct Network {
    weather: Weather,
    sockets: BTreeMap<SocketId, Socket>,
    copies: BTreeMap<CopyId, Copy>,
    next: u64,
    /// Nothing gets through before this.
    down_until: Time,
}

impl Network {
    pub(crate) fn new(weather: Weather) -> Self {
        Self {
            weather,
            sockets: BTreeMap::new(),
            copies: BTreeMap::new(),
            next: 0,
            down_until: Time::ZERO,
        }
    }

    fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn latency(&self, cx: &mut Context) -> Duration {
        Duration::from_millis(self.weather.latency + cx.random.within(0..self.weather.jitter))
    }

    fn is_down(&self, cx: &Context) -> bool {
        cx.now < self.down_until
    }

    /// Lets nothing through for a while, and breaks what is connected.
    pub(crate) fn black_out(&mut self, cx: &mut Context, time: Duration) {
        self.down_until = cx.now + time;
        let sockets: Vec<SocketId> = self.sockets.keys().copied().collect();
        for id in sockets {
            self.break_off(cx, id, Broken::Reset);
        }
    }
}
