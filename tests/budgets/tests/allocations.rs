//! Allocations of one message in a steady state, counted exactly: a new one fails, and so does one less, which is then the number here.
//!
//! What is counted is the library's: the message's own body is made before, and shared. How much a collection grows is not
//! steady, so some messages go first. Each number that is not zero has its reason beside it.

use allocation_counter::measure;
use throughline_budgets::{TEXT, engineio, message, native, sockjs};
use throughline_core::wire::Carried;
use throughline_core::wire::native::{Frame, Item, websocket};

/// As many go first: until then, collections grow.
const WARM: usize = 100;
/// As many are counted.
const COUNTED: usize = 64;

/// Allocations of the step with each of these: of one, and the same of each.
fn allocations<T>(mut make: impl FnMut() -> T, mut step: impl FnMut(T)) -> u64 {
    for _ in 0..WARM {
        step(make());
    }
    let inputs: Vec<T> = (0..COUNTED).map(|_| make()).collect();
    let counts = inputs.into_iter().map(|input| {
        let mut input = Some(input);
        measure(|| step(input.take().expect("it is measured once"))).count_total
    });
    let counts: Vec<u64> = counts.collect();
    assert!(
        counts.iter().all(|count| *count == counts[0]),
        "one message is not like the other: {counts:?}"
    );
    counts[0]
}

#[test]
fn a_message_is_sent_and_written_without_an_allocation() {
    let (mut link, body) = (native::Link::open(), message());
    assert_eq!(
        allocations(|| body.clone(), |message| link.send(&message)),
        0
    );
}

#[test]
fn a_session_that_receives_allocates_nothing() {
    let (mut link, body) = (native::Link::open(), message());
    let take = |item| drop(link.take(item));
    assert_eq!(allocations(|| Item::Message(body.clone()), take), 0);
}

/// The body is what was read, without its header.
#[test]
fn a_message_is_decoded_without_an_allocation() {
    let mut link = native::Link::open();
    let mut seq = 0;
    let received = || {
        seq += 1;
        websocket::encode(&Frame::Sequenced(seq % 32, Item::Message(message())))
    };
    let take = |carried| {
        let Ok(Frame::Sequenced(_, item)) = websocket::decode(carried) else {
            panic!("it is a message");
        };
        drop(link.take(item));
    };
    assert_eq!(allocations(received, take), 0);
}

#[test]
fn a_message_of_engine_io_is_sent_and_written_without_an_allocation() {
    let (mut link, body) = (engineio::Link::open(), message());
    assert_eq!(
        allocations(|| body.clone(), |message| link.send(&message)),
        0
    );
}

/// As in our own protocol.
#[test]
fn a_message_of_engine_io_is_received_without_an_allocation() {
    let mut link = engineio::Link::open();
    let take = |carried| drop(link.take(carried));
    let received = || Carried::Text(format!("4{TEXT}").into());
    assert_eq!(allocations(received, take), 0);
}

#[test]
fn a_message_of_sockjs_is_sent_and_written_without_an_allocation() {
    let (mut link, body) = (sockjs::Link::open(), message());
    let send = |message| link.send(&message);
    assert_eq!(allocations(|| body.clone(), send), 0);
}

/// One, for a text with escapes in it: the body.
#[test]
fn a_message_of_sockjs_is_received_with_one_allocation() {
    let mut link = sockjs::Link::open();
    let take = |carried| drop(link.take(carried));
    let received = || Carried::Text(format!("[{TEXT:?}]").into());
    assert_eq!(allocations(received, take), 1);
}
