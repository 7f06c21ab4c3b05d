//! What comes from the client, and how the pace of the application reaches it.

use crate::play::{BAD_REQUEST, INTERVAL, TIMEOUT, open, polling};
use throughline_core::Code;
use throughline_core::engineio::{Answer, Input};
use throughline_core::session::Take;

#[test]
fn a_post_is_taken_in_order() {
    let mut play = polling();
    play.post(1, "4a\u{1e}4b\u{1e}bAQID");
    assert_eq!(play.answer(1), Answer::Taken);
    assert_eq!(play.take(), Take::Message("a".into()));
    assert_eq!(play.take(), Take::Message("b".into()));
    assert_eq!(play.take(), Take::Message(vec![1, 2, 3].into()));
    assert_eq!(play.take(), Take::Empty);
}

#[test]
fn a_post_is_answered_when_the_application_has_room_for_all_of_it() {
    let mut play = polling();
    let messages: Vec<String> = (0..200).map(|n| n.to_string()).collect();
    let packets: Vec<String> = messages.iter().map(|text| format!("4{text}")).collect();
    play.post(1, &packets.join("\u{1e}"));
    assert!(play.is_waiting(1));
    assert_eq!(play.texts(), messages);
    assert_eq!(play.answer(1), Answer::Taken);
}

#[test]
fn a_websocket_is_not_read_while_the_application_has_no_room_and_silence_is_forgiven() {
    let mut play = open(Some(1));
    let text = format!("4{}", "x".repeat(900));
    play.receive(1, &text);
    assert!(!play.engine.is_full(1));
    play.receive(1, &text);
    assert!(play.engine.is_full(1));
    play.wait(INTERVAL);
    for _ in 0..3 {
        assert_eq!(play.transmit(1).0.last().map(String::as_str), Some("2"));
        play.wait(TIMEOUT);
    }
    assert!(!play.engine.is_over());
    play.woken.clear();
    assert_eq!(play.texts().len(), 2);
    assert_eq!(play.woken, [1], "the connection is told that it may read");
    assert!(!play.engine.is_full(1));
}

#[test]
fn a_post_that_is_gone_before_it_was_taken_is_the_end_unless_it_is_repeated() {
    let many = vec!["4x"; 200].join("\u{1e}");
    let mut play = polling();
    play.post_stamped(1, "a", &many);
    play.handle(Input::RequestGone(1));
    play.wait(999);
    play.post_stamped(2, "a", &many);
    play.wait(2000);
    assert_eq!(play.texts().len(), 200);
    assert_eq!(play.answer(2), Answer::Taken);
    play.post_stamped(3, "b", &many);
    play.handle(Input::RequestGone(3));
    play.wait(1000);
    play.assert_ends("transport error");
    let mut plain = polling();
    plain.post(1, &many);
    plain.handle(Input::RequestGone(1));
    plain.assert_ends("transport error");
}

#[test]
fn a_post_that_was_not_taken_is_refused_when_the_server_ends_the_session() {
    let mut play = polling();
    play.post(1, &vec!["4x"; 200].join("\u{1e}"));
    let session = play.engine.session_mut();
    session.abort(Code::INTERNAL, "broken", None);
    play.engine.settle(play.now);
    play.drain();
    assert_eq!(play.answer(1), BAD_REQUEST);
}

#[test]
fn a_probe_is_heard_while_the_application_has_no_room() {
    let mut play = polling();
    play.post(1, &vec!["4x"; 200].join("\u{1e}"));
    play.handle(Input::Opened(7));
    assert!(!play.engine.is_full(7));
    play.receive(7, "2probe");
    assert_eq!(play.transmit(7).0, ["3probe"]);
}

#[test]
fn what_came_before_a_malformed_packet_is_taken() {
    let mut play = polling();
    play.post(1, "4a\u{1e}abc\u{1e}4b");
    assert_eq!(play.answer(1), BAD_REQUEST);
    assert_eq!(play.texts(), ["a"]);
    play.assert_ends("parse error");
    let mut play = open(Some(1));
    play.receive(1, "4a");
    play.receive(1, "abc");
    assert!(play.transmit(1).1);
    assert_eq!(play.texts(), ["a"]);
    play.assert_ends("parse error");
}
