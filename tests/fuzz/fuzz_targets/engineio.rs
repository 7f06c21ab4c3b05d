//! Any bytes at all, to the decoders of Engine.IO: none panics, and what was accepted survives being written again.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use throughline_core::wire::Carried;
use throughline_core::wire::engineio::{Packet, payload, websocket};

fuzz_target!(|input: &[u8]| {
    survives(&Carried::Binary(Bytes::copy_from_slice(input)));
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    survives(&Carried::Text(text.into()));
    let Ok(packets) = payload::Reader::new(text.into()).collect::<Result<Vec<Packet>, _>>() else {
        return;
    };
    let mut writer = payload::Writer::new(usize::MAX);
    assert!(packets.iter().all(|packet| writer.push(packet)));
    let again: Result<Vec<Packet>, _> = payload::Reader::new(writer.finish().into()).collect();
    assert_eq!(again, Ok(packets));
});

fn survives(carried: &Carried) {
    if let Ok(packet) = websocket::decode(carried) {
        for again in [websocket::encode(&packet), websocket::encode_text(&packet)] {
            assert_eq!(websocket::decode(&again).as_ref(), Ok(&packet));
        }
    }
}
