//! All ways to end, and that each session does.

use crate::play::{UNKNOWN, open, polling};
use throughline_core::Code;
use throughline_core::engineio::{Answer, Input, Request};

#[test]
fn a_client_says_goodbye_after_what_it_sent() {
    let mut play = polling();
    play.get(1);
    play.post(2, "4a\u{1e}1\u{1e}4b");
    assert_eq!(play.payload(1), "6");
    assert_eq!(play.answer(2), Answer::Taken);
    play.get(3);
    assert_eq!(play.answer(3), UNKNOWN);
    assert_eq!(play.texts(), ["a"]);
    play.assert_ends("transport close");
    assert_eq!(play.end.as_ref().unwrap().code, Code::NORMAL);
}

#[test]
fn a_poll_that_its_clients_goodbye_has_overtaken_is_answered() {
    let mut play = polling();
    play.post(1, "4a\u{1e}1");
    assert_eq!(play.answer(1), Answer::Taken);
    play.get(2);
    assert_eq!(play.payload(2), "6");
    play.get(3);
    assert_eq!(play.answer(3), UNKNOWN);
    assert_eq!(play.texts(), ["a"]);
    play.assert_ends("transport close");

    let mut play = polling();
    play.post(1, "1");
    play.wait(99);
    assert!(!play.engine.is_over());
    play.wait(1);
    play.assert_ends("transport close");
}

#[test]
fn a_websocket_that_is_lost_is_the_end_and_what_was_not_sent_is_listed() {
    let mut play = open(Some(1));
    play.transmit(1);
    play.send("sent");
    play.transmit(1);
    play.send("unsent");
    play.receive(1, "4up");
    play.handle(Input::Lost(1));
    assert_eq!(play.texts(), ["up"]);
    play.assert_ends("transport close");
    let undelivered = &play.end.as_ref().unwrap().undelivered;
    let undelivered: Vec<_> = undelivered
        .iter()
        .filter_map(|one| one.message.as_text())
        .collect();
    assert_eq!(undelivered, ["unsent"]);
}

#[test]
fn a_server_that_closes_is_heard_by_a_poll() {
    let mut play = polling();
    play.get(1);
    play.send("last");
    assert_eq!(play.payload(1), "4last");
    play.engine
        .session_mut()
        .close(play.now, Code::NORMAL, "")
        .unwrap();
    play.engine.settle(play.now);
    play.drain();
    play.get(2);
    assert_eq!(play.payload(2), "1");
    assert!(play.end.as_ref().is_some_and(|end| end.clean));
    play.get(3);
    assert_eq!(play.answer(3), UNKNOWN);
}

#[test]
fn a_server_that_closes_waits_for_a_poll_thirty_seconds_at_most() {
    let mut play = polling();
    play.engine
        .session_mut()
        .close(play.now, Code::NORMAL, "")
        .unwrap();
    play.engine.settle(play.now);
    play.wait(29_999);
    assert_eq!(play.end, None);
    play.wait(1);
    assert!(play.end.is_some());
}

#[test]
fn a_server_that_aborts_releases_the_poll() {
    let mut play = polling();
    play.get(1);
    play.engine
        .session_mut()
        .abort(Code::INTERNAL, "broken", None);
    play.engine.settle(play.now);
    play.drain();
    assert_eq!(play.payload(1), "1");
    assert_eq!(play.reason(), "broken");
}

#[test]
fn a_message_that_is_too_long_ends_the_connection_that_carries_the_session() {
    let mut play = open(Some(1));
    play.handle(Input::TooLong(1));
    play.assert_ends("transport error");
}

#[test]
fn there_is_always_a_deadline_until_the_end() {
    let mut play = polling();
    assert!(play.engine.deadline().is_some());
    play.ask(1, Request::Bad);
    assert!(
        play.engine.deadline().is_some(),
        "the application has not taken the end"
    );
    play.assert_ends("transport error");
    assert_eq!(play.engine.deadline(), None);
}
