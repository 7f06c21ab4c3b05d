//! Requests that a browser or a proxy sends again, told by their stamps.

use crate::play::{ANOTHER, DISCONNECT, MOMENT, fresh, polling, stamp};
use throughline_core::sockjs::{Answer, Input, Request};
use throughline_core::wire::sockjs::Transport;

#[test]
fn a_poll_that_is_repeated_gets_the_same_frame_again() {
    let mut play = polling();
    play.send("a");
    play.poll_stamped(1, "1");
    assert_eq!(play.frame(1), "a[\"a\"]\n");
    play.wait(100);
    play.poll_stamped(2, "1");
    assert_eq!(play.frame(2), "a[\"a\"]\n");
    play.wait(100);
    play.send("b");
    play.poll_stamped(3, "1");
    assert_eq!(play.frame(3), "a[\"a\",\"b\"]\n", "and what came since");
    play.poll_stamped(4, "2");
    assert!(play.is_waiting(4), "now it has arrived");
}

#[test]
fn the_greeting_is_repeated_too_until_the_client_asks_for_more() {
    let mut play = fresh();
    play.poll_stamped(1, "1");
    assert_eq!(play.frame(1), "o\n");
    play.send("a");
    play.wait(100);
    play.poll_stamped(2, "1");
    assert_eq!(play.frame(2), "o\n");
    play.poll_stamped(3, "2");
    assert_eq!(play.frame(3), "a[\"a\"]\n");
    play.wait(100);
    play.poll_stamped(4, "1");
    assert!(play.is_waiting(4));
}

#[test]
fn a_greeting_is_not_repeated_to_a_client_that_has_sent() {
    let mut play = fresh();
    play.poll_stamped(1, "1");
    assert_eq!(play.frame(1), "o\n");
    play.post_stamped(2, "2", "[\"a\"]");
    play.poll_stamped(3, "1");
    assert!(play.is_waiting(3));
}

#[test]
fn a_poll_comes_again_three_times_at_most() {
    let mut play = polling();
    play.send("a");
    for id in 0..4 {
        play.poll_stamped(id, "1");
        assert_eq!(play.frame(id), "a[\"a\"]\n");
    }
    for (id, text) in [(5, "b"), (6, "c")] {
        play.poll_stamped(id, "1");
        assert!(
            play.is_waiting(id),
            "the next one of a clock that stands still"
        );
        play.send(text);
        assert_eq!(play.frame(id), format!("a[\"{text}\"]\n"));
    }
    play.poll_stamped(7, "2");
    play.send("d");
    assert_eq!(play.frame(7), "a[\"d\"]\n");
    play.poll_stamped(8, "2");
    assert_eq!(play.frame(8), "a[\"d\"]\n", "each stamp anew");
}

#[test]
fn a_send_comes_again_three_times_at_most_and_for_a_minute() {
    let mut play = polling();
    for id in 1..=6 {
        play.post_stamped(id, "1", "[\"a\"]");
        assert_eq!(play.answer(id), Answer::Taken);
    }
    assert_eq!(play.texts(), ["a"; 3], "the first, and two after three");
    play.stream(7, Transport::XhrStreaming);
    play.post_stamped(8, "2", "[\"b\"]");
    play.wait(59_999);
    play.post_stamped(9, "2", "[\"b\"]");
    assert_eq!(play.texts(), ["b"]);
    play.wait(1);
    play.post_stamped(10, "2", "[\"b\"]");
    assert_eq!(play.texts(), ["b"]);
}

#[test]
fn a_greeting_is_not_repeated_after_a_stream() {
    let mut play = fresh();
    play.poll_stamped(1, "1");
    assert_eq!(play.frame(1), "o\n");
    play.stream(2, Transport::XhrStreaming);
    play.transmit(2);
    play.wait(100);
    // The response ends at its limit.
    play.send("x".repeat(1000));
    let mut ended = play.transmit(2).1;
    while !ended {
        play.send("x".repeat(1000));
        ended = play.transmit(2).1;
    }
    play.poll_stamped(3, "1");
    assert!(play.is_waiting(3));
}

#[test]
fn a_poll_is_repeated_however_soon() {
    let mut play = polling();
    play.send("a");
    for id in 1..=3 {
        play.poll_stamped(id, "1");
        assert_eq!(play.frame(id), "a[\"a\"]\n");
    }
}

#[test]
fn polls_without_stamps_are_never_repetitions() {
    let mut play = polling();
    play.send("a");
    play.poll(1);
    assert_eq!(play.frame(1), "a[\"a\"]\n");
    play.wait(1000);
    play.poll(2);
    assert!(play.is_waiting(2));
}

#[test]
fn a_poll_that_waits_is_joined_by_its_repetition() {
    let mut play = polling();
    for id in 1..=5 {
        play.poll_stamped(id, "1");
    }
    assert_eq!(play.frame(5), ANOTHER, "a few are enough");
    play.handle(Input::RequestGone(1));
    play.send("a");
    for id in 2..=4 {
        assert_eq!(play.frame(id), "a[\"a\"]\n");
    }
}

#[test]
fn a_stream_never_joins_a_poll() {
    let mut play = polling();
    play.poll_stamped(1, "1");
    let stream = Request::Receive(Transport::XhrStreaming, Some(stamp("1")));
    play.handle(Input::Request(2, stream));
    play.wait(MOMENT);
    assert_eq!(play.frame(2), ANOTHER);
    assert!(play.is_waiting(1));
}

#[test]
fn a_stamped_poll_that_is_gone_waits_a_second_for_its_repetition() {
    let mut play = polling();
    play.poll_stamped(1, "1");
    play.handle(Input::RequestGone(1));
    play.send("a");
    play.wait(999);
    play.poll_stamped(2, "1");
    assert_eq!(play.frame(2), "a[\"a\"]\n");
    play.poll_stamped(3, "2");
    play.handle(Input::RequestGone(3));
    play.wait(999);
    assert!(!play.connection.is_over());
    play.wait(1);
    play.assert_ends("connection lost");
}

#[test]
fn who_comes_with_another_request_has_given_the_session_up() {
    let mut play = polling();
    play.poll_stamped(1, "1");
    play.handle(Input::RequestGone(1));
    play.poll_stamped(2, "2");
    assert_eq!(play.answer(2), Answer::Over);
    play.assert_ends("connection lost");

    let mut play = polling();
    play.poll_stamped(1, "1");
    play.poll_stamped(2, "2");
    play.handle(Input::RequestGone(1));
    assert_eq!(play.answer(2), Answer::Over);
    play.assert_ends("connection lost");
}

#[test]
fn a_close_waits_for_the_repetition_of_a_poll() {
    let mut play = polling();
    play.poll_stamped(1, "1");
    play.handle(Input::RequestGone(1));
    play.close(3000, "Go away!");
    play.wait(500);
    play.poll_stamped(2, "1");
    assert_eq!(play.frame(2), "c[3000,\"Go away!\"]\n");
}

#[test]
fn a_send_that_is_repeated_is_taken_once() {
    let mut play = polling();
    play.post_stamped(1, "1", "[\"a\"]");
    assert_eq!(play.answer(1), Answer::Taken);
    play.wait(100);
    play.post_stamped(2, "1", "[\"a\"]");
    assert_eq!(play.answer(2), Answer::Taken);
    assert_eq!(play.texts(), ["a"]);
    play.post_stamped(3, "1", "[\"b\"]");
    play.post_stamped(4, "2", "[\"b\"]");
    assert_eq!(play.texts(), ["b", "b"]);
    play.post_stamped(5, "2", "[\"b\"]");
    assert!(play.texts().is_empty(), "however soon");
    play.post(6, "[\"c\"]");
    play.wait(DISCONNECT / 2);
    play.post(7, "[\"c\"]");
    assert_eq!(play.texts(), ["c", "c"]);
}

#[test]
fn a_send_that_waits_is_joined_by_a_few_repetitions() {
    let many = format!("[{}]", vec!["\"x\""; 200].join(","));
    let mut play = polling();
    for id in 1..=5 {
        play.post_stamped(id, "1", &many);
    }
    assert_eq!(play.answer(5), Answer::Busy);
    play.handle(Input::RequestGone(1));
    assert_eq!(play.texts().len(), 200);
    for id in 2..=4 {
        assert_eq!(play.answer(id), Answer::Taken);
    }
}

#[test]
fn a_send_that_is_gone_is_joined_by_its_repetition() {
    let many = format!("[{}]", vec!["\"x\""; 200].join(","));
    let mut play = polling();
    play.post_stamped(1, "1", &many);
    play.handle(Input::RequestGone(1));
    play.post_stamped(2, "1", &many);
    assert_eq!(play.texts().len(), 200);
    assert_eq!(play.answer(2), Answer::Taken);
}
