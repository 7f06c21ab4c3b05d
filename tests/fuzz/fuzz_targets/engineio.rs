//! Any bytes at all, to the decoders of Engine.IO: none panics, and what was accepted survives being written again.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use throughline_core::wire::Carried;
use throughline_core::wire::engineio::{Packet, Version, payload, websocket};

fuzz_target!(|input: &[u8]| {
    let bytes = Carried::Binary(Bytes::copy_from_slice(input));
    let text = std::str::from_utf8(input).ok();
    let text = text.map(|text| Carried::Text(text.into()));
    for carried in [Some(bytes), text].into_iter().flatten() {
        for version in [Version::V3, Version::V4] {
            message_survives(version, carried.clone());
            body_survives(version, carried.clone());
        }
    }
});

fn message_survives(version: Version, carried: Carried) {
    if let Ok(packet) = websocket::decode(version, carried) {
        let forms = [
            websocket::encode(version, &packet),
            websocket::encode_text(version, &packet),
        ];
        for again in forms {
            assert_eq!(websocket::decode(version, again).as_ref(), Ok(&packet));
        }
    }
}

fn body_survives(version: Version, body: Carried) {
    let Ok(packets) = read(version, body) else {
        return;
    };
    for text_only in [false, true] {
        let mut writer = payload::Writer::new(version, text_only, usize::MAX);
        assert!(packets.iter().all(|packet| writer.push(packet.clone())));
        assert_eq!(read(version, writer.finish()).as_ref(), Ok(&packets));
    }
}

fn read(version: Version, body: Carried) -> Result<Vec<Packet>, impl PartialEq + std::fmt::Debug> {
    payload::Reader::new(version, body).collect::<Result<Vec<_>, _>>()
}
