//! All ways to end: the application's, which is told to whoever asks, and the client's.

use crate::play::{
    DISCONNECT, LONG, MAX_PAYLOAD, Play, fresh, fresh_given, polling, raw, websocket,
};
use std::time::Duration;
use throughline_core::session::SendError;
use throughline_core::sockjs::{Answer, Input, Settings, Up};
use throughline_core::wire::sockjs::Transport;
use throughline_core::{Code, Time};

const GO_AWAY: &str = "c[3000,\"Go away!\"]\n";

fn close(play: &mut Play) {
    play.close(3000, "Go away!");
}

#[test]
fn a_close_is_told_to_who_receives_and_to_each_later_one() {
    let mut play = polling();
    play.poll(1);
    close(&mut play);
    assert_eq!(play.frame(1), GO_AWAY);
    assert!(play.end.as_ref().is_some_and(|end| end.clean));
    play.wait(60_000);
    for id in 2..5 {
        play.poll(id);
        assert_eq!(play.frame(id), GO_AWAY);
    }
    play.ask(5, Transport::EventSource);
    assert_eq!(play.frame(5), format!("data: {}\r\n\r\n", GO_AWAY.trim()));
    play.assert_ends("Go away!");
}

#[test]
fn a_close_comes_after_the_messages_before_it() {
    let mut play = polling();
    play.send("a");
    close(&mut play);
    play.poll(1);
    assert_eq!(play.frame(1), "a[\"a\"]\n");
    play.poll(2);
    assert_eq!(play.frame(2), GO_AWAY);
    play.assert_ends("Go away!");
    assert!(play.undelivered().is_empty());
}

#[test]
fn a_close_right_after_the_opening_is_told_after_it() {
    let mut play = fresh();
    play.poll(1);
    close(&mut play);
    assert_eq!(play.frame(1), "o\n");
    play.poll(2);
    assert_eq!(play.frame(2), GO_AWAY);

    let mut play = fresh();
    play.ask(1, Transport::XhrStreaming);
    play.send("a");
    close(&mut play);
    let said = ["o\n", "a[\"a\"]\n", GO_AWAY].map(str::to_owned).to_vec();
    assert_eq!(play.transmit(1), (said, true));
    play.poll(2);
    assert_eq!(play.frame(2), GO_AWAY, "the first is not in its way");
}

#[test]
fn a_close_is_told_on_a_websocket_before_its_own() {
    let mut play = websocket();
    play.send("a");
    close(&mut play);
    let said = ["a[\"a\"]", GO_AWAY.trim(), "close 1000 Normal closure"];
    let said = said.map(str::to_owned).to_vec();
    assert_eq!(play.transmit(1), (said, true));
    play.handle(Input::Lost(1));
    play.assert_ends("Go away!");
    assert!(play.end.as_ref().is_some_and(|end| end.clean));
}

#[test]
fn who_waits_behind_a_receiver_hears_of_the_close_too() {
    let mut play = polling();
    play.poll(1);
    play.poll(2);
    close(&mut play);
    assert_eq!(play.frame(1), GO_AWAY);
    assert_eq!(play.frame(2), GO_AWAY);
    play.assert_ends("Go away!");
}

#[test]
fn sends_after_a_close_are_taken_and_go_nowhere() {
    let mut play = polling();
    close(&mut play);
    play.post(1, "[\"a\"]");
    assert_eq!(play.answer(1), Answer::Taken);
    play.poll(2);
    assert_eq!(play.frame(2), GO_AWAY);
    play.post(3, "[\"b\"]");
    assert_eq!(play.answer(3), Answer::Taken);
    assert!(play.texts().is_empty());
}

#[test]
fn a_send_that_waits_is_answered_when_the_application_closes() {
    let mut play = polling();
    play.post(1, &format!("[{}]", vec!["\"x\""; 200].join(",")));
    assert!(play.is_waiting(1));
    close(&mut play);
    assert_eq!(play.answer(1), Answer::Taken);
}

#[test]
fn a_close_that_nobody_asks_for_is_forgotten_like_any_session() {
    let mut play = polling();
    play.send("a");
    close(&mut play);
    play.wait(DISCONNECT - 1);
    assert_eq!(play.end, None);
    play.wait(1);
    play.assert_ends("disconnected");
    assert_eq!(play.undelivered(), ["a"]);
    play.poll(1);
    assert_eq!(play.answer(1), Answer::Over);
}

#[test]
fn a_close_waits_as_long_as_a_client_may_stay_away() {
    let mut play = fresh_given(Settings {
        heartbeat_delay: Duration::from_secs(25),
        disconnect_delay: Duration::from_secs(60),
        response_limit: LONG,
        max_payload: MAX_PAYLOAD,
    });
    play.poll(0);
    play.send("a");
    close(&mut play);
    play.wait(59_999);
    play.poll(1);
    assert_eq!(play.frame(1), "a[\"a\"]\n");
    play.wait(59_999);
    play.poll(2);
    assert_eq!(play.frame(2), GO_AWAY);
    play.assert_ends("Go away!");
}

#[test]
fn a_server_that_aborts_tells_everybody() {
    let mut play = polling();
    play.poll(1);
    play.poll(2);
    play.post(3, &format!("[{}]", vec!["\"x\""; 200].join(",")));
    let session = play.connection.session_mut();
    session.abort(Code::INTERNAL, "broken", None);
    play.settle();
    for id in [1, 2] {
        assert_eq!(play.frame(id), "c[4700,\"broken\"]\n");
    }
    assert_eq!(play.answer(3), Answer::Taken);
    play.poll(4);
    assert_eq!(play.frame(4), "c[4700,\"broken\"]\n");
    play.assert_ends("broken");
}

/// The session's own deadlines come first, and its end is told to who comes at the same moment.
#[test]
fn an_end_that_comes_with_a_request_is_told_to_it() {
    let mut play = websocket();
    close(&mut play);
    play.now = Time::from_millis(10_000);
    play.poll(2);
    assert_eq!(play.frame(2), GO_AWAY);
    let session = play.connection.session();
    assert!(session.tombstone().is_some(), "the close had its time");
    assert!(play.transmit(1).1);
}

#[test]
fn a_receiver_that_is_lost_is_the_end_and_what_was_not_delivered_is_listed() {
    let mut play = polling();
    play.send("confirmed");
    play.poll(1);
    play.send("handed out");
    play.poll(2);
    assert_eq!(play.frame(1), "a[\"confirmed\"]\n");
    assert_eq!(play.frame(2), "a[\"handed out\"]\n");
    play.post(3, "[\"up\"]");
    play.wait(DISCONNECT - 1);
    play.send("unsent");
    play.wait(1);
    assert_eq!(play.end, None, "the application has not read to the end");
    let late = play.connection.session_mut().send(play.now, &"late".into());
    assert!(late.is_ok_and(|seq| seq == 4));
    play.settle();
    assert_eq!(play.texts(), ["up"]);
    play.assert_ends("disconnected");
    assert_eq!(play.undelivered(), ["handed out", "unsent", "late"]);
    let closed = play.connection.session_mut().send(play.now, &"x".into());
    assert_eq!(closed, Err(SendError::Closed));
}

#[test]
fn a_poll_that_is_lost_is_the_end_at_once() {
    let mut play = polling();
    play.poll(1);
    play.handle(Input::RequestGone(1));
    play.poll(2);
    assert_eq!(play.answer(2), Answer::Over);
    play.post(3, "[\"a\"]");
    assert_eq!(play.answer(3), Answer::Over);
    play.assert_ends("connection lost");
}

#[test]
fn a_stream_that_is_lost_is_the_end_at_once() {
    let mut play = fresh();
    play.stream(1, Transport::XhrStreaming);
    play.transmit(1);
    play.send("taken");
    play.transmit(1);
    play.send("unsent");
    play.handle(Input::Lost(1));
    play.poll(2);
    assert_eq!(play.answer(2), Answer::Over);
    play.assert_ends("connection lost");
    assert_eq!(play.undelivered(), ["unsent"]);
}

#[test]
fn a_websocket_that_is_closed_is_a_goodbye_after_all_that_came_before() {
    for mut play in [websocket(), raw()] {
        play.receive(1, "\"last\"");
        play.handle(Input::Received(1, Up::Closed));
        assert_eq!(play.transmit(1), (vec![], true));
        play.handle(Input::Lost(1));
        play.texts();
        let end = play.end.as_ref().expect("an end");
        assert_eq!(
            (end.code, &*end.reason),
            (Code::NORMAL, "closed by the client")
        );
    }
}

#[test]
fn an_application_that_never_reads_to_the_end_loses_its_say() {
    let mut play = websocket();
    play.receive(1, "[\"a\"]");
    play.handle(Input::Lost(1));
    assert!(play.connection.deadline().is_some());
    play.wait(9_999);
    assert_eq!(play.end, None);
    play.wait(1);
    assert!(play.end.is_some());
    assert_eq!(play.connection.deadline(), None);
}

#[test]
fn a_request_that_was_answered_may_go() {
    let mut play = polling();
    play.handle(Input::RequestGone(0));
    assert!(!play.connection.is_over());
    play.poll(1);
    play.send("a");
    assert_eq!(play.frame(1), "a[\"a\"]\n");
}
