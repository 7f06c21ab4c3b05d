//! Any messages at all, to the decoder of Socket.IO: it never panics, keeps its bounds, and what it accepted
//! survives being written again.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use throughline_core::Message;
use throughline_core::wire::socketio::{Body, Decoder, MOST_ATTACHMENTS, Packet};

const MOST: usize = 100;
/// Between two messages of one input; a message that is not UTF-8 is binary.
const SEPARATOR: u8 = 0xff;

fuzz_target!(|input: &[u8]| {
    let mut decoder = Decoder::new(MOST);
    for part in input.split(|byte| *byte == SEPARATOR) {
        match decoder.receive(message(part, decoder.is_pending())) {
            Ok(Some(packet)) => check(&packet),
            Ok(None) => assert!(decoder.is_pending()),
            Err(_) => return,
        }
    }
});

fn message(part: &[u8], is_attachment: bool) -> Message {
    match std::str::from_utf8(part) {
        Ok(text) if !is_attachment => Message::text(text),
        _ => Message::binary(Bytes::copy_from_slice(part)),
    }
}

fn check(packet: &Packet) {
    if let Body::Event { payload, .. } | Body::Ack { payload, .. } = &packet.body {
        assert!(payload.attachments().len() <= MOST_ATTACHMENTS);
        assert!(payload.attachments().iter().map(Bytes::len).sum::<usize>() <= MOST);
    }
    let mut decoder = Decoder::new(MOST);
    let again = packet
        .encode()
        .into_iter()
        .map(|message| decoder.receive(message));
    assert_eq!(again.last(), Some(Ok(Some(packet.clone()))));
}
