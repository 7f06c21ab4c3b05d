//! Socket.IO 5 over Engine.IO 4: a message is an event `m` of the main namespace.

use super::{Dialect, Each, unexpected};
use crate::Outcome;
use crate::load::frame::{self, TEXT};

const START: &[u8] = br#"42["m",""#;
const END: &[u8] = br#""]"#;

#[derive(Default)]
pub(super) struct SocketIo {
    is_open: bool,
}

impl Dialect for SocketIo {
    fn path(&self) -> String {
        "/socket.io/?EIO=4&transport=websocket".to_owned()
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
            [b'2'] => frame::write(TEXT, output, |output| output.push(b'3')),
            _ => return unexpected(opcode, payload),
        }
        Ok(())
    }
}
