//! Heartbeats: frames over HTTP, pings on a WebSocket, and whose silence is forgiven.

use crate::play::{HEARTBEAT, PONG, Play, fresh, polling, raw, websocket};
use std::time::Duration;
use throughline_core::sockjs::Input;
use throughline_core::wire::sockjs::Transport;

const NO_RESPONSE: &str = "close 3000 No response from heartbeat";

fn pings(play: &mut Play) -> Vec<String> {
    play.transmit(1).0
}

#[test]
fn a_poll_ends_with_a_heartbeat_at_its_time() {
    let mut play = polling();
    play.poll(1);
    play.wait(HEARTBEAT - 1);
    assert!(play.is_waiting(1));
    play.wait(1);
    assert_eq!(play.frame(1), "h\n");
    play.wait(1000);
    play.poll(2);
    play.wait(HEARTBEAT - 1);
    assert!(play.is_waiting(2));
    play.wait(1);
    assert_eq!(play.frame(2), "h\n");
}

#[test]
fn a_stream_has_heartbeats_at_a_fixed_interval_whatever_else_it_carries() {
    let mut play = fresh();
    play.stream(1, Transport::XhrStreaming);
    play.transmit(1);
    play.wait(HEARTBEAT - 1);
    play.send("a");
    assert_eq!(play.transmit(1).0, ["a[\"a\"]\n"]);
    play.wait(1);
    assert_eq!(play.transmit(1).0, ["h\n"]);
    play.wait(HEARTBEAT - 1);
    assert_eq!(play.transmit(1), (vec![], false));
    play.wait(1);
    assert_eq!(play.transmit(1).0, ["h\n"]);
    for _ in 0..10 {
        play.wait(HEARTBEAT);
        assert_eq!(play.transmit(1).0, ["h\n"], "nobody has to answer it");
    }
}

#[test]
fn a_late_heartbeat_is_one_and_keeps_to_the_interval() {
    let mut play = fresh();
    play.stream(1, Transport::XhrStreaming);
    play.transmit(1);
    play.now = play.now + Duration::from_millis(3 * HEARTBEAT + 10);
    play.handle(Input::Timeout);
    assert_eq!(play.transmit(1).0, ["h\n"]);
    play.wait(HEARTBEAT - 11);
    assert_eq!(play.transmit(1).0, [""; 0]);
    play.wait(1);
    assert_eq!(play.transmit(1).0, ["h\n"]);
}

#[test]
fn a_websocket_is_pinged_and_told_when_it_does_not_answer() {
    let mut play = websocket();
    play.wait(HEARTBEAT - 1);
    assert_eq!(pings(&mut play), [""; 0]);
    play.wait(1);
    assert_eq!(pings(&mut play), ["ping"]);
    play.wait(PONG - 1);
    assert!(!play.connection.is_over());
    play.wait(1);
    let said = ["c[3000,\"No response from heartbeat\"]", NO_RESPONSE];
    let said = said.map(str::to_owned).to_vec();
    assert_eq!(play.transmit(1), (said, true));
    play.assert_ends("no response from heartbeat");
}

#[test]
fn a_websocket_without_frames_is_pinged_too_and_only_closed() {
    let mut play = raw();
    play.wait(HEARTBEAT);
    assert_eq!(pings(&mut play), ["ping"]);
    play.wait(PONG);
    assert_eq!(play.transmit(1), (vec![NO_RESPONSE.to_owned()], true));
    play.assert_ends("no response from heartbeat");
}

#[test]
fn whatever_comes_is_a_sign_of_life() {
    let mut play = websocket();
    for _ in 0..3 {
        play.wait(HEARTBEAT);
        assert_eq!(pings(&mut play), ["ping"]);
        play.pong(1);
    }
    play.wait(HEARTBEAT);
    play.receive(1, "[\"a\"]");
    play.wait(HEARTBEAT - 1);
    assert!(!play.connection.is_over());
}

#[test]
fn a_pong_that_is_late_is_too_late_also_when_timers_are() {
    let mut play = websocket();
    play.wait(HEARTBEAT);
    play.now = play.now + Duration::from_millis(PONG);
    play.pong(1);
    assert!(play.connection.is_over());
}

#[test]
fn a_stream_that_takes_nothing_is_gone_after_three_heartbeats() {
    let mut play = fresh();
    play.stream(1, Transport::XhrStreaming);
    play.transmit(1);
    play.wait(3 * HEARTBEAT - 1);
    assert!(!play.connection.is_over());
    play.wait(1);
    assert_eq!(play.transmit(1), (vec![], true));
    play.assert_ends("no response from heartbeat");
}

/// Nobody has asked the stream meanwhile.
#[test]
fn a_stream_is_not_blamed_for_a_late_timer() {
    let mut play = fresh();
    play.stream(1, Transport::XhrStreaming);
    play.transmit(1);
    play.now = play.now + Duration::from_millis(4 * HEARTBEAT);
    play.handle(Input::Timeout);
    play.handle(Input::Timeout);
    assert_eq!(play.transmit(1), (vec!["h\n".to_owned()], false));
    assert!(!play.connection.is_over());
}

/// The pong may lie behind what is not read.
#[test]
fn silence_is_forgiven_while_the_application_takes_nothing_and_for_a_moment_after() {
    let mut play = websocket();
    let text = format!("[\"{}\"]", "x".repeat(900));
    play.receive(1, &text);
    play.receive(1, &text);
    for _ in 0..10 {
        play.wait(HEARTBEAT);
        assert_eq!(pings(&mut play), ["ping"]);
    }
    play.wait(PONG - 1);
    assert!(!play.connection.is_over());
    assert_eq!(play.texts().len(), 2);
    play.wait(PONG - 1);
    assert!(!play.connection.is_over());
    play.wait(1);
    play.assert_ends("no response from heartbeat");
}

#[test]
fn deadlines_that_have_passed_together_are_handled_together() {
    let mut play = websocket();
    let text = format!("[\"{}\"]", "x".repeat(900));
    play.receive(1, &text);
    play.receive(1, &text);
    play.wait(HEARTBEAT);
    play.now = play.now + Duration::from_millis(2 * HEARTBEAT);
    play.handle(Input::Timeout);
    assert!(play.connection.deadline() > Some(play.now));
}

#[test]
fn a_heartbeat_waits_until_the_session_was_said_to_be_open() {
    let mut play = fresh();
    play.handle(Input::Opened(1, Transport::WebSocket));
    play.wait(HEARTBEAT);
    assert_eq!(play.transmit(1).0, ["o", "ping"]);
}
