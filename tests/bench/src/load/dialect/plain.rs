//! A WebSocket and nothing else: a message is a text frame.

use super::{Dialect, Each, unexpected};
use crate::Outcome;
use crate::load::frame::{self, TEXT};

pub(super) struct Plain;

impl Dialect for Plain {
    fn path(&self) -> String {
        "/ws".to_owned()
    }

    fn is_open(&self) -> bool {
        true
    }

    fn write(&mut self, output: &mut Vec<u8>, fill: &mut dyn FnMut(&mut Vec<u8>)) {
        frame::write(TEXT, output, fill);
    }

    fn read(
        &mut self,
        opcode: u8,
        payload: &[u8],
        _output: &mut Vec<u8>,
        each: Each<'_>,
    ) -> Outcome<()> {
        match opcode {
            TEXT => each(payload),
            _ => unexpected(opcode, payload),
        }
    }
}
