//! Answers that wait until their client's clock has moved on, and what happens meanwhile.

use crate::play::{Play, fresh, polling, time};
use std::time::Duration;
use throughline_core::sockjs::{Answer, Input};

/// Times of clocks with ticks of 100 ms, of 16.667 ms, and of a millisecond.
const COARSE: u64 = 1_700_000_000_100;
const FRAME: u64 = 1_700_000_000_036;
const FINE: u64 = 1_700_000_000_046;

/// How long the answer to that request takes.
fn takes(play: &mut Play, id: u64) -> Duration {
    let asked = play.now;
    while play.is_waiting(id) {
        assert!(play.now.since(asked) < Duration::from_secs(1));
        play.wait(1);
    }
    play.now.since(asked)
}

fn millis(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn a_greeting_waits_as_long_as_the_time_may_be_shown() {
    for (shown, least) in [(COARSE, 201), (FRAME, 35), (FINE, 17)] {
        let mut play = fresh();
        play.poll_with(1, time(shown));
        assert_eq!(takes(&mut play, 1), millis(least), "{shown}");
        assert_eq!(play.frame(1), "o\n");
    }
}

#[test]
fn a_clock_that_has_shown_finer_times_is_not_waited_for_as_long() {
    let mut play = polling();
    for (id, (shown, least)) in (1..).zip([
        (COARSE, 201),
        (FRAME, 35),
        (COARSE, 35),
        (FINE, 17),
        (COARSE, 17),
        (COARSE + 9, 3),
        (COARSE + 100, 3),
    ]) {
        play.send("a");
        play.poll_with(id, time(shown));
        assert_eq!(takes(&mut play, id), millis(least), "{id}");
    }
}

#[test]
fn what_is_said_meanwhile_leaves_with_the_same_frame() {
    let mut play = polling();
    play.send("a");
    play.poll_with(1, time(FINE));
    play.wait(16);
    play.send("b");
    assert!(play.is_waiting(1));
    play.wait(1);
    assert_eq!(play.frame(1), "a[\"a\",\"b\"]\n");
}

#[test]
fn who_leaves_meanwhile_is_missed() {
    let mut play = polling();
    play.send("a");
    play.poll_with(1, time(FINE));
    play.handle(Input::RequestGone(1));
    play.wait(1000);
    play.assert_ends("connection lost");
    assert_eq!(play.undelivered(), ["a"]);
}

#[test]
fn the_end_waits_as_well() {
    let mut play = polling();
    play.poll_with(1, time(FINE));
    play.close(3000, "Go away!");
    assert_eq!(takes(&mut play, 1), millis(17));
    assert_eq!(play.frame(1), "c[3000,\"Go away!\"]\n");
}

#[test]
fn what_is_sent_is_taken_at_once_and_answered_when_the_client_may_send_more() {
    for (shown, least) in [(COARSE, 177), (FRAME, 11), (FINE, 0)] {
        let mut play = polling();
        play.post_with(1, time(shown), "[\"a\"]");
        assert_eq!(play.texts(), ["a"]);
        assert_eq!(takes(&mut play, 1), millis(least), "{shown}");
        assert_eq!(play.answer(1), Answer::Taken);
    }
}

#[test]
fn a_repetition_of_what_rests_waits_with_it() {
    let mut play = polling();
    for id in 1..=5 {
        play.post_with(id, time(COARSE), "[\"a\"]");
        play.wait(10);
    }
    assert_eq!(play.texts(), ["a"]);
    assert_eq!(play.answer(5), Answer::Busy);
    play.handle(Input::RequestGone(1));
    play.wait(127);
    for id in 2..=4 {
        assert_eq!(play.answer(id), Answer::Taken);
    }
}

#[test]
fn a_few_rest_at_once() {
    let mut play = polling();
    for id in 1..=5 {
        play.post_with(id, time(COARSE), &format!("[\"{id}\"]"));
        play.take();
    }
    assert_eq!(play.answer(5), Answer::Busy);
    play.close(3000, "Go away!");
    for id in 1..=4 {
        assert_eq!(play.answer(id), Answer::Taken);
    }
}
