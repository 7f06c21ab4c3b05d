//! Who receives: polls one after the other, other transports in between, and a second one at a time.

use crate::play::{ANOTHER, DISCONNECT, MOMENT, callback, fresh, fresh_with, polling};
use std::time::Duration;
use throughline_core::session;
use throughline_core::sockjs::{Answer, Input};
use throughline_core::wire::sockjs::Transport;

#[test]
fn the_first_receiver_is_told_that_the_session_is_open_and_no_later_one() {
    let mut play = fresh();
    assert!(!play.has_started);
    play.poll(1);
    assert!(play.has_started);
    assert_eq!(play.frame(1), "o\n");
    play.poll(2);
    assert!(play.is_waiting(2));
    play.send("a");
    assert_eq!(play.frame(2), "a[\"a\"]\n");
    assert_eq!(play.transports, [Some(session::Transport::LongPoll)]);
}

#[test]
fn a_greeting_comes_first_even_if_there_are_messages() {
    let mut play = fresh();
    play.ask(1, Transport::XhrStreaming);
    play.send("early");
    let (said, is_over) = play.transmit(1);
    assert_eq!(said, ["o\n", "a[\"early\"]\n"]);
    assert!(!is_over);
}

#[test]
fn whatever_waits_comes_in_one_frame() {
    let mut play = polling();
    for text in ["a", "b", "\"c\u{2028}"] {
        play.send(text);
    }
    play.send(vec![1, 2, 3]);
    play.poll(1);
    assert_eq!(
        play.frame(1),
        "a[\"a\",\"b\",\"\\\"c\\u2028\",\"AQID\"]\n",
        "bytes travel as base64"
    );
}

#[test]
fn the_transport_may_change_from_one_request_to_the_next() {
    let mut play = polling();
    play.send("a");
    play.stream(1, Transport::EventSource);
    assert_eq!(play.transmit(1).0, ["data: a[\"a\"]\r\n\r\n"]);
    let mut play = polling();
    play.send("b");
    play.ask(2, Transport::JsonpPolling(callback()));
    assert_eq!(play.frame(2), "/**/_jp.a(\"a[\\\"b\\\"]\");\r\n");
    play.send("c");
    play.stream(3, Transport::HtmlFile(callback()));
    let (said, _) = play.transmit(3);
    assert_eq!(said, ["<script>\np(\"a[\\\"c\\\"]\");\n</script>\r\n"]);
    assert_eq!(
        play.transports,
        [
            Some(session::Transport::LongPoll),
            Some(session::Transport::HttpStream)
        ]
    );
}

#[test]
fn a_second_receiver_is_turned_away_after_a_moment_and_the_first_goes_on() {
    let mut play = polling();
    play.poll(1);
    play.poll(2);
    play.wait(MOMENT - 1);
    assert!(play.is_waiting(2));
    play.wait(1);
    assert_eq!(play.frame(2), ANOTHER);
    play.send("a");
    assert_eq!(play.frame(1), "a[\"a\"]\n");

    play.stream(3, Transport::XhrStreaming);
    play.transmit(3);
    play.ask(4, Transport::EventSource);
    play.wait(MOMENT);
    let told = format!("data: {}\r\n\r\n", ANOTHER.trim());
    assert_eq!(play.frame(4), told);
    play.send("b");
    assert_eq!(play.transmit(3).0, ["a[\"b\"]\n"]);
}

#[test]
fn a_second_receiver_is_next_when_the_first_has_had_its_answer() {
    let mut play = polling();
    play.poll(1);
    play.poll(2);
    play.ask(3, Transport::XhrStreaming);
    play.send("a");
    assert_eq!(play.frame(1), "a[\"a\"]\n");
    assert!(play.is_waiting(2));
    play.send("b");
    assert_eq!(play.frame(2), "a[\"b\"]\n");
    assert_eq!(play.answer(3), Answer::Streaming(3));
    play.send("c");
    assert_eq!(play.transmit(3).0, ["a[\"c\"]\n"]);
    play.wait(MOMENT);
    assert!(!play.connection.is_over());
}

#[test]
fn a_second_receiver_is_next_when_a_response_has_reached_its_limit() {
    let mut play = fresh_with(1);
    play.ask(1, Transport::XhrStreaming);
    play.poll(2);
    play.send("a");
    assert_eq!(play.transmit(1), (vec!["o\n".to_owned()], true));
    assert_eq!(play.frame(2), "a[\"a\"]\n");
}

#[test]
fn a_second_receiver_is_next_when_answers_were_collected_for_the_first() {
    let mut play = polling();
    play.poll(1);
    play.post(2, "[\"a\"]");
    play.send("A");
    play.wait(25);
    play.poll(3);
    play.wait(25);
    assert_eq!(play.frame(1), "a[\"A\"]\n");
    play.poll(4);
    play.wait(MOMENT);
    assert_eq!(play.frame(4), ANOTHER, "it came after the other");
    assert!(play.is_waiting(3));
}

#[test]
fn a_second_receiver_opens_a_new_session_when_the_first_turns_out_to_be_gone() {
    let mut play = polling();
    play.poll(1);
    play.poll(2);
    play.wait(MOMENT - 1);
    play.handle(Input::RequestGone(1));
    assert_eq!(play.answer(2), Answer::Over);
    play.assert_ends("connection lost");

    let mut play = polling();
    play.stream(3, Transport::XhrStreaming);
    play.poll(4);
    play.handle(Input::Lost(3));
    assert_eq!(play.answer(4), Answer::Over);
    play.assert_ends("connection lost");
}

/// A process that was not run for long finds its timers late, and what was lost only after them.
#[test]
fn a_second_receiver_is_not_turned_away_by_one_timer_that_is_late() {
    let mut play = polling();
    play.poll(1);
    play.poll(2);
    play.now = play.now + Duration::from_millis(10 * MOMENT);
    play.handle(Input::Timeout);
    assert!(play.is_waiting(2));
    play.handle(Input::RequestGone(1));
    assert_eq!(play.answer(2), Answer::Over);
}

#[test]
fn a_second_receiver_that_leaves_disturbs_nobody() {
    let mut play = polling();
    play.poll(1);
    play.poll(2);
    play.handle(Input::RequestGone(2));
    play.wait(MOMENT);
    play.send("a");
    assert_eq!(play.frame(1), "a[\"a\"]\n");
}

#[test]
fn no_more_than_a_few_receivers_wait_to_be_turned_away() {
    let mut play = polling();
    for id in 1..=5 {
        play.poll(id);
    }
    assert_eq!(play.waiting.len(), 5);
    play.poll(6);
    assert_eq!(play.frame(2), ANOTHER, "the one that waits longest");
    assert!(play.is_waiting(1));
    play.wait(MOMENT);
    for id in 3..=6 {
        assert_eq!(play.frame(id), ANOTHER);
    }
}

#[test]
fn a_session_without_a_receiver_ends_after_its_time() {
    let mut play = polling();
    play.wait(DISCONNECT - 100);
    assert!(!play.connection.is_over());
    play.poll(1);
    play.wait(2 * DISCONNECT);
    assert!(play.is_waiting(1), "a receiver may wait for long");
    play.send("a");
    assert_eq!(play.frame(1), "a[\"a\"]\n");
    play.wait(DISCONNECT - 1);
    assert!(!play.connection.is_over());
    play.wait(1);
    play.assert_ends("disconnected");
    play.poll(2);
    assert_eq!(play.answer(2), Answer::Over);
    play.post(3, "[\"x\"]");
    assert_eq!(play.answer(3), Answer::Over);
}

#[test]
fn who_receives_too_late_comes_too_late_also_when_timers_are_late() {
    let mut play = polling();
    play.now = play.now + std::time::Duration::from_millis(DISCONNECT);
    play.poll(1);
    assert_eq!(play.answer(1), Answer::Over);
    play.assert_ends("disconnected");
}

#[test]
fn a_session_that_nobody_receives_from_never_starts() {
    let mut play = fresh();
    play.wait(60_000);
    assert!(play.end.is_some());
    assert!(!play.has_started);
    assert_eq!(play.connection.deadline(), None);
}

#[test]
fn a_message_leaves_at_once_where_a_poll_waits_or_a_stream_keeps_up() {
    let mut play = polling();
    assert!(!play.connection.is_writable());
    play.poll_stamped(1, "a");
    assert!(play.connection.is_writable());
    play.handle(Input::RequestGone(1));
    assert!(!play.connection.is_writable(), "its repetition may come");
    play.poll_stamped(2, "a");
    assert!(play.connection.is_writable());
    play.send("m");
    assert!(!play.connection.is_writable());
    play.stream(3, Transport::XhrStreaming);
    play.transmit(3);
    assert!(play.connection.is_writable());
    play.handle(Input::Lost(3));
    assert!(!play.connection.is_writable());
}
