//! Pings and pongs of version 4, and whose silence is forgiven.

use crate::play::{BAD_REQUEST, INTERVAL, TIMEOUT, UNKNOWN, open, polling};
use throughline_core::Time;

/// A client that cannot be read is pinged again; where not even the ping leaves, nobody is there.
#[test]
fn silence_is_forgiven_only_while_pings_leave() {
    let blocked = || {
        let mut play = polling();
        play.post_stamped(1, "a", &vec!["4x"; 200].join("\u{1e}"));
        assert!(play.is_waiting(1));
        play
    };
    let mut there = blocked();
    for id in 2..6 {
        there.get(id);
        there.wait(INTERVAL);
        assert_eq!(there.payload(id), "2");
    }
    assert!(!there.engine.is_over());
    let mut gone = blocked();
    gone.wait(INTERVAL + TIMEOUT);
    assert_eq!(gone.answer(1), BAD_REQUEST);
    gone.assert_ends("ping timeout");
}

#[test]
fn who_could_not_be_heard_has_time_to_answer_when_it_can() {
    let mut play = open(Some(1));
    let text = format!("4{}", "x".repeat(900));
    play.receive(1, &text);
    play.receive(1, &text);
    play.transmit(1);
    play.wait(INTERVAL);
    play.transmit(1);
    play.wait(TIMEOUT - 1);
    assert_eq!(play.texts().len(), 2);
    play.wait(TIMEOUT - 1);
    assert!(!play.engine.is_over());
    play.wait(1);
    play.assert_ends("ping timeout");
}

#[test]
fn the_ping_comes_at_its_time_and_never_earlier() {
    let mut play = polling();
    play.get(1);
    play.wait(INTERVAL - 1);
    assert!(play.is_waiting(1));
    play.wait(1);
    assert_eq!(play.payload(1), "2");
    play.wait(TIMEOUT - 1);
    play.post(2, "3");
    play.get(3);
    play.wait(INTERVAL - 1);
    assert!(play.is_waiting(3));
    play.wait(1);
    assert_eq!(play.payload(3), "2");
}

#[test]
fn a_client_that_does_not_answer_a_ping_is_gone_at_its_time_also_when_timers_are_late() {
    let mut play = polling();
    play.wait(INTERVAL + TIMEOUT - 1);
    assert!(!play.engine.is_over());
    play.wait(1);
    play.assert_ends("ping timeout");
    play.get(1);
    assert_eq!(play.answer(1), UNKNOWN);

    let mut late = polling();
    late.now = Time::from_millis(INTERVAL + TIMEOUT);
    late.post(1, "3");
    assert_eq!(late.answer(1), UNKNOWN);
    late.assert_ends("ping timeout");
}

#[test]
fn a_websocket_is_pinged_too() {
    let mut play = open(Some(1));
    play.transmit(1);
    play.wait(INTERVAL);
    assert_eq!(play.woken, [1]);
    assert_eq!(play.transmit(1), (vec!["2".to_owned()], false));
    play.receive(1, "3");
    play.wait(INTERVAL + TIMEOUT - 1);
    assert!(!play.engine.is_over());
    play.wait(1);
    assert_eq!(play.transmit(1), (vec![], true));
    play.assert_ends("ping timeout");
}

#[test]
fn a_ping_of_the_client_is_an_error_and_stray_packets_are_not() {
    let mut play = open(Some(1));
    for stray in ["0", "5", "6", "3"] {
        play.receive(1, stray);
    }
    assert!(!play.engine.is_over());
    play.receive(1, "2");
    play.assert_ends("transport error");
}
