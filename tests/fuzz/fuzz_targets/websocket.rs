//! Any bytes at all, cut anywhere, to the decoder of WebSocket frames: it never panics, gives no more than it was given, and the cut
//! makes no difference.

#![no_main]

use libfuzzer_sys::fuzz_target;
use throughline_core::wire::Carried;
use throughline_core::wire::websocket::{Decoder, Failure, Received};

const LONGEST: usize = 4096;

fuzz_target!(|input: (usize, &[u8])| {
    let (cut, bytes) = input;
    let (first, second) = bytes.split_at(cut % (bytes.len() + 1));
    let whole = read([bytes, &[]]);
    assert_eq!(read([first, second]), whole);
    let given: usize = whole.0.iter().map(length).sum();
    assert!(given <= bytes.len());
});

fn read(pieces: [&[u8]; 2]) -> (Vec<Received>, Result<(), Failure>) {
    let mut decoder = Decoder::new(LONGEST);
    let mut all = Vec::new();
    for piece in pieces {
        let mut bytes = piece.to_vec();
        let mut rest = &mut bytes[..];
        loop {
            match decoder.decode(&mut rest) {
                Ok(Some(received)) => all.push(received),
                Ok(None) => break,
                Err(failure) => return (all, Err(failure)),
            }
        }
    }
    (all, Ok(()))
}

fn length(received: &Received) -> usize {
    match received {
        Received::Message(Carried::Text(text)) => text.len(),
        Received::Message(Carried::Binary(bytes)) | Received::Ping(bytes) => bytes.len(),
        Received::Close(close) => close.as_ref().map_or(0, |close| close.reason.len()),
        Received::Pong => 0,
    }
}
