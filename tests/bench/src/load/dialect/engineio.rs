//! Engine.IO 4: one character says what a packet is.

use super::{Dialect, Each, unexpected};
use crate::Outcome;
use crate::load::frame::{self, TEXT};

#[derive(Default)]
pub(in crate::load) struct EngineIo {
    /// Of a session that moves here from polling.
    moved: Option<String>,
    is_open: bool,
}

impl EngineIo {
    pub(in crate::load) fn moving(sid: String) -> Self {
        Self {
            moved: Some(sid),
            ..Self::default()
        }
    }
}

impl Dialect for EngineIo {
    fn path(&self) -> String {
        let path = "/engine.io/?EIO=4&transport=websocket";
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
            output.push(b'4');
            fill(output);
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
        match payload {
            [b'0', ..] => self.is_open = true,
            b"3probe" => self.is_open = true,
            [b'2'] => frame::write(TEXT, output, |output| output.push(b'3')),
            [b'4', message @ ..] => each(message)?,
            _ => return unexpected(opcode, payload),
        }
        Ok(())
    }
}
