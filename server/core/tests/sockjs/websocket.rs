//! WebSockets, with frames and without: they are the session, and say when there is no room.

use crate::play::{fresh, raw, websocket};
use throughline_core::session::{self, Take};
use throughline_core::sockjs::{Input, Up};
use throughline_core::wire::Carried;
use throughline_core::wire::sockjs::Transport;

#[test]
fn frames_go_down_and_json_comes_up() {
    let mut play = websocket();
    assert_eq!(play.transports, [Some(session::Transport::WebSocket)]);
    play.send("a");
    play.send("b");
    assert_eq!(play.transmit(1).0, ["a[\"a\",\"b\"]"]);
    for text in ["[\"x\",\"y\"]", "\"z\"", "", "[]"] {
        play.receive(1, text);
    }
    let bytes = Carried::Binary(b"[\"binary\"]".as_slice().into());
    play.handle(Input::Received(1, Up::Carried(bytes)));
    assert_eq!(play.texts(), ["x", "y", "z", "binary"]);
}

#[test]
fn values_that_are_no_strings_are_taken_as_they_are_written() {
    let mut play = websocket();
    for text in ["5", "{\"o\":1}", "null", "[{\"o\":[1]},false]"] {
        play.receive(1, text);
    }
    let texts = ["5", "{\"o\":1}", "null", "{\"o\":[1]}", "false"];
    assert_eq!(play.texts(), texts);
    assert!(!play.connection.is_over());
}

#[test]
fn half_a_character_is_replaced() {
    let mut play = websocket();
    play.receive(1, r#"["\ud83d\ude00","\ud83dx"]"#);
    assert_eq!(play.texts(), ["😀", "\u{fffd}x"]);
}

#[test]
fn broken_json_closes_the_websocket_and_what_came_before_is_taken() {
    for broken in ["[\"x", "x", "[\"a\",]", "[\"a\"]]"] {
        let mut play = websocket();
        play.receive(1, "[\"a\"]");
        play.receive(1, broken);
        let closed = vec!["close 3000 Broken framing.".to_owned()];
        assert_eq!(play.transmit(1), (closed, true), "{broken}");
        play.receive(1, "[\"late\"]");
        assert_eq!(play.texts(), ["a"]);
        play.assert_ends("broken framing");
    }
}

#[test]
fn bytes_that_are_no_text_are_broken_json() {
    let mut play = websocket();
    let bytes = Carried::Binary(vec![0xff].into());
    play.handle(Input::Received(1, Up::Carried(bytes)));
    assert!(play.transmit(1).1);
    play.assert_ends("broken framing");
}

#[test]
fn a_message_that_is_too_long_ends_the_session() {
    let mut play = websocket();
    play.receive(1, "[\"a\"]");
    play.handle(Input::TooLong(1));
    assert_eq!(play.transmit(1), (vec![], true));
    assert_eq!(play.texts(), ["a"]);
    play.assert_ends("message too long");
}

#[test]
fn a_websocket_is_not_read_while_the_application_has_no_room() {
    let mut play = websocket();
    let text = format!("[\"{}\"]", "x".repeat(900));
    play.receive(1, &text);
    assert!(!play.connection.is_full(1));
    play.receive(1, &text);
    assert!(play.connection.is_full(1));
    assert!(!play.connection.is_full(2));
    play.woken.clear();
    assert!(matches!(play.take(), Take::Message(_)));
    assert!(!play.connection.is_full(1));
    assert!(play.woken.contains(&1), "it may be read again");
    assert!(matches!(play.take(), Take::Message(_)));
}

#[test]
fn a_websocket_without_frames_carries_messages_as_they_are() {
    let mut play = raw();
    assert_eq!(
        play.transmit(1),
        (vec![], false),
        "nothing is said at first"
    );
    play.send("a");
    play.send("b");
    play.send(vec![1, 2, 3]);
    assert_eq!(play.transmit(1).0, ["a", "b", "3 bytes"]);
    play.receive(1, "[\"x");
    let bytes = Carried::Binary(vec![0xff].into());
    play.handle(Input::Received(1, Up::Carried(bytes)));
    assert_eq!(play.take(), Take::Message("[\"x".into()));
    assert_eq!(play.take(), Take::Message(vec![0xff].into()));
    assert_eq!(play.take(), Take::Empty);
}

#[test]
fn a_websocket_without_frames_is_closed_with_the_applications_code() {
    let mut play = raw();
    play.send("last");
    play.close(3000, "Go away!");
    let said = ["last", "close 3000 Go away!"].map(str::to_owned).to_vec();
    assert_eq!(play.transmit(1), (said, true));
    play.assert_ends("Go away!");
    assert!(play.end.as_ref().is_some_and(|end| end.clean));
}

#[test]
fn the_driver_attends_a_websocket_as_long_as_it_carries_the_session() {
    let mut play = fresh();
    play.handle(Input::Opened(1, Transport::WebSocket));
    assert_eq!(play.connection.carrier(), Some(1));
    assert_eq!(play.connection.attends(1), play.connection.deadline());
    assert!(play.connection.attends(1).is_some());
    play.handle(Input::Lost(1));
    assert_eq!(play.connection.carrier(), None);
    assert_eq!(play.connection.attends(1), None);
    let mut streaming = fresh();
    streaming.stream(1, Transport::XhrStreaming);
    assert_eq!(streaming.connection.carrier(), None);
}
