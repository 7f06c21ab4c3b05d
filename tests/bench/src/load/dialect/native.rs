//! Our own protocol over a WebSocket, as its client speaks it: it counts what comes, and acknowledges it soon.

use super::{Dialect, Each, unexpected};
use crate::Outcome;
use crate::load::frame::{self, BINARY, TEXT};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

const HELLO: u8 = 0x01;
const WELCOME: u8 = 0x02;
const BEGIN: u8 = 0x04;
const ACK: u8 = 0x07;
const PING: u8 = 0x08;
const PONG: u8 = 0x09;
const ABORT: u8 = 0x0b;
const MESSAGE: u8 = 0x40;
/// Numbers of messages are written modulo this.
const NUMBERS: u64 = 32;

/// How long a hello and a welcome are at least (spec ATT-2).
const PADDED: usize = 1536;
/// How long an acknowledgement may wait for others (spec SEQ-6), as in the client for browsers.
const SOON: Duration = Duration::from_millis(200);
/// What may be unreported however short the time is: a quarter of the default window.
const MUCH: usize = 64 * 1024;
/// What a message costs over its bytes (spec FLW-1).
const OVERHEAD: usize = 16;

#[derive(Default)]
pub(in crate::load) struct Native {
    /// Of a session that moves here.
    resumed: Option<Resumed>,
    is_open: bool,
    sent: u64,
    received: u64,
    unreported: usize,
    reported: Option<Instant>,
}

/// What proves that a session is ours, as a hello says it.
#[derive(Clone, Debug, Serialize)]
pub(in crate::load) struct Resumed {
    pub(in crate::load) session: String,
    pub(in crate::load) secret: String,
}

#[derive(Serialize)]
struct Hello<'a> {
    v: u8,
    #[serde(flatten)]
    resumed: Option<&'a Resumed>,
}

#[derive(Deserialize)]
struct Welcome {
    generation: u64,
}

impl Native {
    pub(in crate::load) fn resuming(resumed: Resumed) -> Self {
        Self {
            resumed: Some(resumed),
            ..Self::default()
        }
    }
}

impl Dialect for Native {
    fn path(&self) -> String {
        "/realtime/websocket".to_owned()
    }

    fn greet(&mut self, output: &mut Vec<u8>) {
        frame::write(BINARY, output, |output| {
            hello(self.resumed.as_ref(), output);
        });
    }

    fn is_open(&self) -> bool {
        self.is_open
    }

    fn write(&mut self, output: &mut Vec<u8>, fill: &mut dyn FnMut(&mut Vec<u8>)) {
        self.sent += 1;
        frame::write(TEXT, output, |output| {
            output.push(header(self.sent));
            fill(output);
        });
    }

    fn read(
        &mut self,
        opcode: u8,
        payload: &[u8],
        output: &mut Vec<u8>,
        each: Each<'_>,
    ) -> Outcome<()> {
        match payload {
            [header_, message @ ..] if *header_ == header(self.received + 1) => {
                self.received += 1;
                self.unreported += message.len() + OVERHEAD;
                return each(message);
            }
            [WELCOME, json @ ..] => begin(&serde_json::from_slice(json)?, output),
            [BEGIN, ..] => self.is_open = true,
            [PING, nonce @ ..] => frame::write(BINARY, output, |output| {
                output.push(PONG);
                output.extend_from_slice(nonce);
            }),
            [ACK, ..] => {}
            _ => return unexpected(opcode, payload),
        }
        Ok(())
    }

    fn bye(&mut self, output: &mut Vec<u8>) {
        frame::write(BINARY, output, |output| {
            output.push(ABORT);
            output.extend_from_slice(br#"{"code":1000,"reason":""}"#);
        });
    }

    fn report(&mut self, now: Instant, output: &mut Vec<u8>) {
        if self.unreported == 0 {
            return;
        }
        let is_soon = now < *self.reported.get_or_insert(now) + SOON;
        if is_soon && self.unreported < MUCH {
            return;
        }
        self.reported = Some(now);
        self.unreported = 0;
        frame::write(BINARY, output, |output| {
            output.push(ACK);
            // What comes is taken at once, so both cursors are one.
            varint(self.received, output);
            varint(self.received, output);
        });
    }
}

pub(in crate::load) fn hello(resumed: Option<&Resumed>, output: &mut Vec<u8>) {
    let start = output.len();
    output.push(HELLO);
    let json = serde_json::to_vec(&Hello { v: 1, resumed });
    output.extend_from_slice(&json.expect("strings and a number are JSON"));
    output.resize(start + PADDED, b' ');
}

fn begin(welcome: &Welcome, output: &mut Vec<u8>) {
    frame::write(BINARY, output, |output| {
        output.push(BEGIN);
        for number in [welcome.generation, 0, 0, 1] {
            varint(number, output);
        }
    });
}

pub(in crate::load) fn header(number: u64) -> u8 {
    MESSAGE + (number % NUMBERS) as u8
}

pub(in crate::load) fn varint(mut number: u64, output: &mut Vec<u8>) {
    while number >= 0x80 {
        output.push(number as u8 | 0x80);
        number >>= 7;
    }
    output.push(number as u8);
}
