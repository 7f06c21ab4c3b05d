//! Whatever arrives, however it is cut: nothing panics, and the cuts make no difference.

use super::client::{frame, read};
use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use throughline_core::wire::Carried;
use throughline_core::wire::websocket::{Received, write};

/// Pieces of these bytes, cut at these places.
fn pieces<'a>(bytes: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places
        .windows(2)
        .map(|pair| &bytes[pair[0]..pair[1]])
        .collect()
}

fn message() -> impl Strategy<Value = Carried> {
    prop_oneof![
        "\\PC{0,200}".prop_map(|text| Carried::Text(text.into())),
        vec(any::<u8>(), 0..900).prop_map(|bytes| Carried::Binary(bytes.into())),
    ]
}

fn masked(message: &Carried) -> Vec<u8> {
    match message {
        Carried::Text(text) => frame(0x81, text.as_bytes()),
        Carried::Binary(bytes) => frame(0x82, bytes),
    }
}

proptest! {
    #[test]
    fn messages_arrive_as_they_were_sent_however_they_are_cut(
        messages in vec(message(), 0..8),
        cuts in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let bytes: Vec<u8> = messages.iter().flat_map(masked).collect();
        let (all, end) = read(pieces(&bytes, &cuts));
        prop_assert_eq!(end, Ok(()));
        let expected: Vec<_> = messages.into_iter().map(Received::Message).collect();
        prop_assert_eq!(all, expected);
    }

    #[test]
    fn anything_is_read_the_same_however_it_is_cut(
        bytes in vec(prop_oneof![Just(0x81), Just(0x80), Just(0x01), any::<u8>()], 0..300),
        cuts in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        prop_assert_eq!(read(pieces(&bytes, &cuts)), read([&bytes[..]]));
    }

    #[test]
    fn what_is_written_has_its_length_before_it(length in 0..70_000usize) {
        let mut out = Vec::new();
        let bytes = Bytes::from(vec![7; length]);
        write::message(&Carried::Binary(bytes.clone()), &mut out);
        let (said, payload) = match out[1] {
            126 => (usize::from(u16::from_be_bytes([out[2], out[3]])), &out[4..]),
            127 => (u64::from_be_bytes(out[2..10].try_into().unwrap()) as usize, &out[10..]),
            short => (usize::from(short), &out[2..]),
        };
        prop_assert_eq!((out[0], said, payload), (0x82, length, &bytes[..]));
    }
}
