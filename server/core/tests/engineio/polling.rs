//! The handshake, and what a GET is answered with.

use crate::play::{BAD_REQUEST, Play, UNKNOWN, WINDOW, open, open_bounded, polling};
use throughline_core::Message;
use throughline_core::engineio::{Input, Request};
use throughline_core::session::{SendError, Take, Transport};
use throughline_core::wire::engineio::{Packet, Version};

#[test]
fn the_handshake_says_what_the_reference_says() {
    let json = |upgrades| {
        format!(
            r#"{{"sid":"sid","upgrades":{upgrades},"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000}}"#
        )
    };
    let polling = polling();
    let opening = Packet::Open(json(r#"["websocket"]"#).into());
    assert_eq!(polling.engine.opening(), opening);
    assert_eq!(polling.transports, [Some(Transport::LongPoll)]);
    let mut stream = open(Some(1));
    assert_eq!(
        stream.transmit(1),
        (vec![format!("0{}", json("[]"))], false)
    );
    assert_eq!(stream.transports, [Some(Transport::WebSocket)]);
}

#[test]
fn a_poll_waits_for_messages_and_brings_all_of_them() {
    let mut play = polling();
    play.get(1);
    assert!(play.is_waiting(1));
    play.send("a");
    assert_eq!(play.payload(1), "4a");
    play.send("b");
    play.send("c");
    play.get(2);
    assert_eq!(play.payload(2), "4b\u{1e}4c");
    play.get(3);
    assert!(play.is_waiting(3));
}

#[test]
fn who_sends_all_the_time_gets_answers_all_the_same() {
    let mut play = polling();
    play.get(1);
    for id in [2, 3, 4] {
        play.post(id, "4a");
        assert_eq!(play.take(), Take::Message("a".into()));
        play.send("A");
        assert!(play.is_waiting(1));
        play.wait(20);
    }
    assert_eq!(play.payload(1), "4A\u{1e}4A\u{1e}4A");
}

#[test]
fn what_the_application_answers_to_one_post_comes_with_one_poll() {
    let mut play = polling();
    play.post(1, "4a\u{1e}4b");
    assert_eq!(play.take(), Take::Message("a".into()));
    play.send("A");
    play.get(2);
    assert!(play.is_waiting(2), "there is more to be answered");
    assert_eq!(play.take(), Take::Message("b".into()));
    play.send("B");
    assert!(play.is_waiting(2), "it has not asked for more");
    assert_eq!(play.take(), Take::Empty);
    assert_eq!(play.payload(2), "4A\u{1e}4B");
    play.get(3);
    play.send("C");
    assert_eq!(play.payload(3), "4C");
}

#[test]
fn the_longest_payload_bounds_what_the_client_sends_and_not_the_application() {
    let mut play = open_bounded(Version::V4, None, 10);
    let long = "x".repeat(64);
    let send = |play: &mut Play, text: &str| {
        let sent = play
            .engine
            .session_mut()
            .send(play.now, &text.to_owned().into());
        play.engine.settle(play.now);
        play.drain();
        sent
    };
    assert!(send(&mut play, &long).is_ok());
    assert!(send(&mut play, "next").is_ok());
    let too_long = send(&mut play, &format!("{long}x"));
    assert!(matches!(too_long, Err(SendError::TooLarge { .. })));
    play.get(1);
    assert_eq!(play.payload(1), format!("4{long}"));
    play.get(2);
    assert_eq!(play.payload(2), "4next");
}

#[test]
fn an_application_that_takes_its_time_holds_no_answer_back() {
    let mut play = polling();
    play.post(1, "4a\u{1e}4b");
    assert_eq!(play.take(), Take::Message("a".into()));
    play.get(2);
    play.send("A");
    play.wait(49);
    assert!(play.is_waiting(2));
    play.wait(1);
    assert_eq!(play.payload(2), "4A");
    play.get(3);
    play.send("more");
    assert_eq!(play.payload(3), "4more");
}

#[test]
fn an_answer_is_bounded_and_the_rest_comes_next() {
    let mut play = polling();
    let long = "x".repeat(600);
    for _ in 0..2 {
        let sent = play
            .engine
            .session_mut()
            .send(play.now, &long.clone().into());
        assert!(sent.is_ok() || sent == Err(SendError::Full));
    }
    play.get(1);
    assert_eq!(play.payload(1), format!("4{long}"));
}

#[test]
fn the_application_waits_for_room_until_the_client_asks_again() {
    let mut play = polling();
    let half = Message::text("x".repeat(WINDOW / 2));
    assert!(play.engine.session_mut().send(play.now, &half).is_ok());
    play.get(1);
    play.payload(1);
    assert_eq!(
        play.engine.session_mut().send(play.now, &half),
        Err(SendError::Full)
    );
    play.get(2);
    assert!(play.engine.session_mut().send(play.now, &half).is_ok());
}

#[test]
fn a_second_get_ends_the_session() {
    let mut play = polling();
    play.get(1);
    play.get(2);
    assert_eq!(play.payload(1), "1");
    assert_eq!(play.answer(2), BAD_REQUEST);
    play.get(3);
    assert_eq!(play.answer(3), UNKNOWN);
    play.assert_ends("transport error");
}

#[test]
fn an_aborted_get_ends_the_session() {
    let mut play = polling();
    play.get(1);
    play.handle(Input::RequestGone(1));
    play.get(2);
    assert_eq!(play.answer(2), UNKNOWN);
    play.assert_ends("transport error");
}

#[test]
fn requests_that_cannot_be_are_refused() {
    let mut play = polling();
    play.ask(1, Request::Bad);
    assert_eq!(play.answer(1), BAD_REQUEST);
    play.assert_ends("transport error");
    let mut stream = open(Some(1));
    stream.post(1, "4a");
    assert_eq!(stream.answer(1), BAD_REQUEST);
    assert!(!stream.engine.is_over());
}
