//! Engine.IO 4: one character says what a packet is.

use super::{Dialect, Each, unexpected};
use crate::Outcome;
use crate::load::frame::{self, TEXT};

#[derive(Default)]
pub(super) struct EngineIo {
    is_open: bool,
}

impl Dialect for EngineIo {
    fn path(&self) -> String {
        "/engine.io/?EIO=4&transport=websocket".to_owned()
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

    fn read(
        &mut self,
        opcode: u8,
        payload: &[u8],
        output: &mut Vec<u8>,
        each: Each<'_>,
    ) -> Outcome<()> {
        match payload {
            [b'0', ..] => self.is_open = true,
            [b'2'] => frame::write(TEXT, output, |output| output.push(b'3')),
            [b'4', message @ ..] => each(message)?,
            _ => return unexpected(opcode, payload),
        }
        Ok(())
    }
}
