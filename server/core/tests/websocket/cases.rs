//! One test for each group of cases: framing, pings, reserved bits, opcodes, fragments, UTF-8, closing, limits.

use super::client::{LONGEST, frame, read_in_all_ways};
use bytes::Bytes;
use throughline_core::wire::Carried;
use throughline_core::wire::websocket::{Close, Failure, Received};

const FIN: u8 = 0x80;
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;

fn text(text: &str) -> Received {
    Received::Message(Carried::Text(text.into()))
}

fn binary(bytes: &[u8]) -> Received {
    Received::Message(Carried::Binary(Bytes::copy_from_slice(bytes)))
}

/// All frames were good, and this is what they say.
fn says(frames: &[Vec<u8>], expected: &[Received]) {
    let (all, end) = read_in_all_ways(&frames.concat());
    assert_eq!(all, expected);
    assert_eq!(end, Ok(()));
}

/// The last frame fails the connection; what came before it counts.
fn fails(frames: &[Vec<u8>], status: u16) {
    let (all, end) = read_in_all_ways(&frames.concat());
    assert_eq!(end.map_err(Failure::status), Err(status), "{all:?}");
}

#[test]
fn messages_of_all_lengths() {
    for length in [0, 1, 125, 126, 127, 128, 255, 256, LONGEST] {
        let payload = "*".repeat(length);
        says(&[frame(FIN | TEXT, payload.as_bytes())], &[text(&payload)]);
        let payload = vec![0xfe; length];
        says(&[frame(FIN | BINARY, &payload)], &[binary(&payload)]);
    }
}

#[test]
fn a_length_may_be_written_in_more_bytes_than_it_needs() {
    let bytes = vec![FIN | TEXT, 0x80 | 126, 0, 2, 0, 0, 0, 0, b'H', b'i'];
    says(&[bytes], &[text("Hi")]);
}

#[test]
fn pings_and_pongs_come_with_up_to_125_bytes() {
    for length in [0, 1, 125] {
        let payload = vec![0xfe; length];
        let ping = Received::Ping(payload.clone().into());
        says(&[frame(FIN | PING, &payload)], &[ping]);
        says(&[frame(FIN | PONG, &payload)], &[Received::Pong]);
    }
    for opcode in [PING, PONG, CLOSE] {
        fails(&[frame(FIN | opcode, &[0; 126])], 1002);
    }
}

#[test]
fn reserved_bits_and_opcodes_mean_nothing_here() {
    for bit in [0x40, 0x20, 0x10, 0x70] {
        for opcode in [TEXT, BINARY, PING, PONG, CLOSE] {
            fails(&[frame(FIN | bit | opcode, b"")], 1002);
        }
    }
    for opcode in [0x3, 0x4, 0x5, 0x6, 0x7, 0xb, 0xc, 0xd, 0xe, 0xf] {
        fails(&[frame(FIN | opcode, b"")], 1002);
    }
}

#[test]
fn a_client_that_does_not_mask_is_refused() {
    fails(&[vec![FIN | TEXT, 2, b'H', b'i']], 1002);
}

#[test]
fn a_message_in_pieces_is_one_message() {
    let pieces = [
        frame(TEXT, b"one "),
        frame(CONTINUATION, b""),
        frame(CONTINUATION, b"two "),
        frame(FIN | CONTINUATION, b"three"),
        frame(FIN | BINARY, b"x"),
    ];
    says(&pieces, &[text("one two three"), binary(b"x")]);
    let empty = [frame(BINARY, b""), frame(FIN | CONTINUATION, b"")];
    says(&empty, &[binary(b"")]);
}

#[test]
fn control_frames_come_between_the_pieces_of_a_message() {
    let frames = [
        frame(TEXT, b"a"),
        frame(FIN | PING, b"?"),
        frame(CONTINUATION, b"b"),
        frame(FIN | PONG, b""),
        frame(FIN | CONTINUATION, b"c"),
    ];
    let ping = Received::Ping(Bytes::from_static(b"?"));
    says(&frames, &[ping, Received::Pong, text("abc")]);
    for opcode in [PING, PONG, CLOSE] {
        fails(&[frame(opcode, b"")], 1002);
    }
}

#[test]
fn pieces_come_in_their_order() {
    fails(&[frame(FIN | CONTINUATION, b"of nothing")], 1002);
    fails(&[frame(CONTINUATION, b"of nothing")], 1002);
    for second in [TEXT, BINARY, FIN | TEXT, FIN | BINARY] {
        fails(&[frame(TEXT, b"a"), frame(second, b"b")], 1002);
    }
    let whole = [frame(TEXT, b"a"), frame(FIN | CONTINUATION, b"b")].concat();
    fails(&[whole, frame(FIN | CONTINUATION, b"more")], 1002);
}

#[test]
fn text_is_utf_8_once_it_is_whole() {
    let word = "κόσμε 𐍈";
    for cut in 0..=word.len() {
        let (first, second) = word.as_bytes().split_at(cut);
        let pieces = [frame(TEXT, first), frame(FIN | CONTINUATION, second)];
        says(&pieces, &[text(word)]);
    }
    for bad in [
        &b"\xce"[..],
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xff",
        b"ok\x80",
    ] {
        fails(&[frame(FIN | TEXT, bad)], 1007);
        fails(&[frame(TEXT, bad), frame(FIN | CONTINUATION, b"")], 1007);
        says(&[frame(FIN | BINARY, bad)], &[binary(bad)]);
    }
}

fn closing(code: u16, reason: &[u8]) -> Vec<u8> {
    frame(FIN | CLOSE, &[&code.to_be_bytes(), reason].concat())
}

#[test]
fn a_close_ends_what_is_read() {
    let after = frame(FIN | TEXT, b"late");
    says(&[frame(FIN | CLOSE, b""), after], &[Received::Close(None)]);
    let reason = "r".repeat(123);
    let close = Close {
        code: 1000,
        reason: reason.clone().into(),
    };
    says(
        &[closing(1000, reason.as_bytes())],
        &[Received::Close(Some(close))],
    );
}

#[test]
fn a_close_says_only_what_may_be_said() {
    let may = [
        1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1014, 3000, 3999, 4000, 4999,
    ];
    for code in may {
        let reason = "".into();
        says(
            &[closing(code, b"")],
            &[Received::Close(Some(Close { code, reason }))],
        );
    }
    for code in [
        0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535,
    ] {
        fails(&[closing(code, b"")], 1002);
    }
    fails(&[frame(FIN | CLOSE, b"\x03")], 1002);
    fails(&[closing(1000, b"\xff")], 1007);
}

#[test]
fn a_message_that_is_too_long_is_known_by_its_headers() {
    let promised = |length: u16| {
        let [high, low] = length.to_be_bytes();
        vec![FIN | BINARY, 0x80 | 126, high, low, 0, 0, 0, 0]
    };
    fails(&[promised(LONGEST as u16 + 1)], 1009);
    let huge = [&[FIN | BINARY, 0x80 | 127, 0x7f][..], &[0xff; 7], &[0; 4]];
    fails(&[huge.concat()], 1009);
    let beyond = [&[FIN | BINARY, 0x80 | 127, 0x80][..], &[0; 7], &[0; 4]];
    fails(&[beyond.concat()], 1002);
    let whole = frame(CONTINUATION, &[0; 1]);
    fails(&[frame(BINARY, &[0; LONGEST]), whole], 1009);
}
