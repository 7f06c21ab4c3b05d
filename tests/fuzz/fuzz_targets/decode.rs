//! Any bytes at all, to each decoder: none panics, and what was accepted survives being written again.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use throughline_core::wire::Carried;
use throughline_core::wire::native::{Request, Response, batch, websocket};

fuzz_target!(|input: &[u8]| {
    let body = Bytes::copy_from_slice(input);
    websocket_message(Carried::Binary(body.clone()));
    if let Ok(text) = std::str::from_utf8(input) {
        websocket_message(Carried::Text(text.into()));
    }
    if let Ok(frames) = batch::decode(&body) {
        let mut writer = batch::Writer::new(usize::MAX);
        for frame in &frames {
            writer.push(frame);
        }
        assert_eq!(batch::decode(&writer.finish()).as_ref(), Ok(&frames));
    }
    if let Ok(request) = Request::decode(&body) {
        assert_eq!(Request::decode(&request.clone().encode()), Ok(request));
    }
    if let Ok(response) = Response::decode(&body) {
        assert_eq!(Response::decode(&response.clone().encode()), Ok(response));
    }
});

fn websocket_message(carried: Carried) {
    if let Ok(frame) = websocket::decode(carried) {
        let again = websocket::encode(&frame);
        assert_eq!(websocket::decode(again), Ok(frame));
    }
}
