//! Any bytes at all, to the decoder of SockJS: it never panics, makes no more of them than there is, and what it accepted survives
//! being written again, on every transport.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use throughline_core::Message;
use throughline_core::wire::Carried;
use throughline_core::wire::sockjs::{Batch, Callback, Incoming, Malformed, Transport};

fuzz_target!(|input: &[u8]| {
    let bytes = Carried::Binary(Bytes::copy_from_slice(input));
    let whole = Incoming::carried(bytes).map(|incoming| read(incoming, input.len()));
    let Ok(text) = std::str::from_utf8(input) else {
        return assert!(whole.is_err());
    };
    let _ = Callback::parse(Some(text));
    let batch = Incoming::batch(text.into()).map(|incoming| read(incoming, input.len()));
    match &batch {
        Ok(messages) => assert_eq!(whole.as_ref(), Ok(messages)),
        Err(Malformed::Json) => assert!(whole.is_err()),
        Err(Malformed::Payload) => assert!(whole.as_ref().is_ok_and(|one| one.len() <= 1)),
    }
    whole.iter().for_each(|messages| survives(messages));
});

/// All messages, which are no longer together than what they were read from.
fn read(incoming: Incoming, most: usize) -> Vec<Message> {
    let messages: Vec<Message> = incoming.take(most + 1).collect();
    assert!(messages.len() <= most);
    assert!(messages.iter().map(Message::len).sum::<usize>() <= most);
    messages
}

fn survives(messages: &[Message]) {
    let mut batch = Batch::new(String::new());
    messages.iter().for_each(|message| batch.push(message));
    let Some(frame) = batch.finish() else {
        return assert!(messages.is_empty());
    };
    let array = frame.strip_prefix('a').expect("a frame of messages");
    let again = Incoming::batch(array.into()).map(|incoming| incoming.collect::<Vec<_>>());
    assert_eq!(again.as_deref(), Ok(messages));
    stays_inside(&frame);
}

/// No frame leaves the line, or the script, that carries it.
fn stays_inside(frame: &str) {
    assert!(!frame.contains(['\r', '\n', '\0']));
    let event = Transport::EventSource.wrap(frame.to_owned());
    let decoded = event.replace("%25", "%");
    assert_eq!(decoded.matches('%').count(), frame.matches('%').count());
    let callback = Callback::parse(Some("_jp.a")).expect("a name");
    let script = Transport::HtmlFile(callback).wrap(frame.to_owned());
    assert_eq!(script.matches('<').count(), 2);
}
