//! Socket.IO 5 over Engine.IO 4: a message is an event `m` of the main namespace.

use super::{Dialect, Each, unexpected};
use crate::Outcome;
use crate::load::frame::{self, TEXT};

const START: &[u8] = br#"42["m",""#;
const END: &[u8] = br#""]"#;

#[derive(Default)]
pub(in crate::load) struct SocketIo {
    /// Of a session that moves here from polling.
    moved: Option<String>,
    is_open: bool,
}

impl SocketIo {
    pub(in crate::load) fn moving(sid: String) -> Self {
        Self {
            moved: Some(sid),
            ..Self::default()
        }
    }
}

impl Dialect for SocketIo {
    fn path(&self) -> String {
        let path = "/socket.io/?EIO=4&transport=websocket";
        match &self.moved {
            Some(sid) => format!("{path}&sid={sid}"),
            None => path.to_owned(),
        }
    }

    fn greet(&mut self, output: &mut Vec<u8>) {
        if self.moved.is_some() {
            frame::write(TEXT, output, |output| output.extend_from_slice(b"2probe"));
        }
    }

    fn is_open(&self) -> bool {
        self.is_open
    }

    fn write(&mut self, output: &mut Vec<u8>, fill: &mut dyn FnMut(&mut Vec<u8>)) {
        frame::write(TEXT, output, |output| {
            output.extend_from_slice(START);
            fill(output);
            output.extend_from_slice(END);
        });
    }

    fn moved(&mut self, output: &mut Vec<u8>) {
        frame::write(TEXT, output, |output| output.push(b'5'));
    }

    fn bye(&mut self, output: &mut Vec<u8>) {
        frame::write(TEXT, output, |output| output.push(b'1'));
    }

    fn read(
        &mut self,
        opcode: u8,
        payload: &[u8],
        output: &mut Vec<u8>,
        each: Each<'_>,
    ) -> Outcome<()> {
        let event = payload.strip_prefix(START);
        if let Some(message) = event.and_then(|event| event.strip_suffix(END)) {
            return each(message);
        }
        match payload {
            [b'0', ..] => frame::write(TEXT, output, |output| output.extend_from_slice(b"40")),
            [b'4', b'0', ..] => self.is_open = true,
            b"3probe" => self.is_open = true,
            [b'2'] => frame::write(TEXT, output, |output| output.push(b'3')),
            _ => return unexpected(opcode, payload),
        }
        Ok(())
    }
}
