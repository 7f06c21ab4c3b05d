//! SockJS: messages are strings in a JSON array, of which the server may send several at once.

use super::{Dialect, Each, unexpected};
use crate::Outcome;
use crate::load::frame::{self, TEXT};
use std::sync::atomic::{AtomicUsize, Ordering};

const BETWEEN: &[u8] = br#"",""#;

/// Sessions that were opened, so that each has an id of its own.
static OPENED: AtomicUsize = AtomicUsize::new(0);

/// Where a new session is.
pub(in crate::load) fn session() -> String {
    let id = OPENED.fetch_add(1, Ordering::Relaxed);
    format!("/sockjs/000/{id:08x}")
}

#[derive(Default)]
pub(super) struct SockJs {
    is_open: bool,
}

impl Dialect for SockJs {
    fn path(&self) -> String {
        session() + "/websocket"
    }

    fn is_open(&self) -> bool {
        self.is_open
    }

    fn write(&mut self, output: &mut Vec<u8>, fill: &mut dyn FnMut(&mut Vec<u8>)) {
        frame::write(TEXT, output, |output| {
            output.extend_from_slice(br#"[""#);
            fill(output);
            output.extend_from_slice(br#""]"#);
        });
    }

    fn read(
        &mut self,
        opcode: u8,
        payload: &[u8],
        _output: &mut Vec<u8>,
        each: Each<'_>,
    ) -> Outcome<()> {
        match payload {
            [b'o'] => self.is_open = true,
            [b'h'] => {}
            [b'a', b'[', b'"', strings @ .., b'"', b']'] => each_string(strings, each)?,
            _ => return unexpected(opcode, payload),
        }
        Ok(())
    }
}

/// The messages of the load need no escapes, so what is between two strings is always the same.
pub(in crate::load) fn each_string(mut strings: &[u8], each: Each<'_>) -> Outcome<()> {
    let next = |strings: &[u8]| {
        strings
            .windows(BETWEEN.len())
            .position(|some| some == BETWEEN)
    };
    while let Some(end) = next(strings) {
        each(&strings[..end])?;
        strings = &strings[end + BETWEEN.len()..];
    }
    each(strings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_messages_may_come_at_once() {
        let mut came = Vec::new();
        let payload = br#"a["one","two","three"]"#;
        let mut each = |message: &[u8]| {
            came.push(message.to_vec());
            Ok(())
        };
        let mut client = SockJs::default();
        client.read(TEXT, payload, &mut vec![], &mut each).unwrap();
        assert_eq!(came, [&b"one"[..], b"two", b"three"]);
    }
}
