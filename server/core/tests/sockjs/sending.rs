//! Requests that bring messages, and how the pace of the application reaches who sends.

use crate::play::polling;
use throughline_core::sockjs::{Answer, Input};
use throughline_core::wire::sockjs::{Malformed, Transport};

/// More than the inbox has room for, and short.
fn many(text: &str) -> String {
    format!("[{}]", vec![format!("\"{text}\""); 200].join(","))
}

#[test]
fn an_array_is_taken_in_order_and_an_empty_one_brings_nothing() {
    let mut play = polling();
    play.post(1, r#"["a","b\n",5,{"o":1},null,"\ud83d"]"#);
    assert_eq!(play.answer(1), Answer::Taken);
    play.post(2, "[]");
    assert_eq!(play.answer(2), Answer::Taken);
    let texts = ["a", "b\n", "5", "{\"o\":1}", "null", "\u{fffd}"];
    assert_eq!(play.texts(), texts);
}

#[test]
fn what_is_malformed_is_refused_whole_and_the_session_lives() {
    let mut play = polling();
    for (id, body) in (1..).zip(["", "null", "{}", "\"x\""]) {
        play.post(id, body);
        assert_eq!(play.answer(id), Answer::Malformed(Malformed::Payload));
    }
    for (id, body) in (11..).zip(["[\"a", "[\"a\",]", "x"]) {
        play.post(id, body);
        assert_eq!(play.answer(id), Answer::Malformed(Malformed::Json));
    }
    play.post(20, "[\"b\"]");
    assert_eq!(play.texts(), ["b"]);
}

#[test]
fn a_send_is_answered_when_the_application_has_room_for_all_of_it() {
    let mut play = polling();
    play.post(1, &many("x"));
    play.post(2, "[\"y\"]");
    assert!(play.is_waiting(1) && play.is_waiting(2));
    while play.is_waiting(1) {
        play.take();
    }
    let (inbox, _) = play.connection.session().held_bytes();
    assert!(inbox > 0, "all of it was in the inbox");
    play.texts();
    assert_eq!(play.answer(1), Answer::Taken);
    assert_eq!(play.answer(2), Answer::Taken);
}

#[test]
fn too_many_sends_at_once_are_turned_away() {
    let mut play = polling();
    for id in 1..=4 {
        play.post(id, &many("x"));
    }
    play.post(5, "[\"y\"]");
    assert_eq!(play.answer(5), Answer::Busy);
    assert_eq!(play.texts().len(), 800);
    for id in 1..=4 {
        assert_eq!(play.answer(id), Answer::Taken);
    }
}

#[test]
fn a_send_whose_client_is_gone_is_taken_all_the_same() {
    let mut play = polling();
    play.post(1, &many("x"));
    play.handle(Input::RequestGone(1));
    assert_eq!(play.texts().len(), 200);
    assert!(!play.connection.is_over());
}

#[test]
fn what_the_application_answers_to_one_send_comes_with_one_poll() {
    let mut play = polling();
    play.poll(1);
    play.post(2, "[\"a\",\"b\"]");
    play.take();
    play.send("A");
    assert!(play.is_waiting(1), "there is more to be answered");
    play.take();
    play.send("B");
    assert!(play.is_waiting(1));
    play.take();
    assert_eq!(play.frame(1), "a[\"A\",\"B\"]\n");
}

#[test]
fn answers_are_collected_for_a_moment_at_most() {
    let mut play = polling();
    play.poll(1);
    play.post(2, "[\"a\"]");
    play.send("A");
    play.wait(49);
    assert!(play.is_waiting(1));
    play.wait(1);
    assert_eq!(play.frame(1), "a[\"A\"]\n");
}

#[test]
fn a_client_that_sends_on_and_on_receives_meanwhile() {
    let mut play = polling();
    play.poll(0);
    play.post(1, "[\"a\"]");
    play.send("A");
    for id in 2..6 {
        play.wait(10);
        play.post(id, "[\"a\"]");
    }
    play.wait(10);
    assert_eq!(play.frame(0), "a[\"A\"]\n");
}

#[test]
fn a_late_timer_does_not_let_the_next_send_hold_the_answers_back() {
    let mut play = polling();
    play.poll(0);
    play.post(1, "[\"a\"]");
    play.send("A");
    play.now = play.now + std::time::Duration::from_millis(50);
    play.post(2, "[\"b\"]");
    assert_eq!(play.frame(0), "a[\"A\"]\n");
}

#[test]
fn a_send_that_was_not_taken_when_the_client_went_was_not_taken() {
    let mut play = polling();
    play.poll(1);
    play.post(2, &many("x"));
    play.handle(Input::RequestGone(1));
    assert_eq!(play.answer(2), Answer::Over);
    play.assert_ends("connection lost");
}

#[test]
fn who_receives_on_a_stream_sends_in_the_same_way() {
    let mut play = polling();
    play.stream(1, Transport::EventSource);
    play.post(2, "[\"a\"]");
    assert_eq!(play.answer(2), Answer::Taken);
    assert_eq!(play.texts(), ["a"]);
}
