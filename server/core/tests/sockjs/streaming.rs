//! Responses that go on: frame by frame, up to their limit.

use crate::play::{DISCONNECT, fresh, fresh_with, polling};
use throughline_core::session::Transmit;
use throughline_core::sockjs::Input;
use throughline_core::wire::sockjs::Transport;

#[test]
fn a_response_opens_the_session_and_carries_what_comes() {
    let mut play = fresh();
    play.stream(1, Transport::XhrStreaming);
    assert_eq!(play.transmit(1), (vec!["o\n".to_owned()], false));
    play.send("a");
    assert_eq!(play.transmit(1).0, ["a[\"a\"]\n"]);
    play.send("b");
    play.send("c");
    assert_eq!(play.transmit(1).0, ["a[\"b\",\"c\"]\n"]);
}

#[test]
fn a_response_ends_at_its_limit_and_the_session_stays() {
    let mut play = fresh_with(20);
    play.stream(1, Transport::EventSource);
    let greeting = "data: o\r\n\r\n";
    assert_eq!(play.transmit(1), (vec![greeting.to_owned()], false));
    play.send("x");
    // Frames count as they travel: 11 bytes and 16.
    let frame = "data: a[\"x\"]\r\n\r\n";
    assert_eq!(play.transmit(1), (vec![frame.to_owned()], true));
    play.handle(Input::Lost(1));
    assert!(!play.connection.is_over(), "the response was complete");
    play.send("y");
    play.wait(DISCONNECT - 1);
    play.stream(2, Transport::EventSource);
    assert_eq!(
        play.transmit(2),
        (vec!["data: a[\"y\"]\r\n\r\n".to_owned()], false),
        "the next response has its own limit"
    );
}

#[test]
fn a_response_below_its_limit_goes_on() {
    let mut play = fresh_with(11);
    play.stream(1, Transport::XhrStreaming);
    assert_eq!(play.transmit(1), (vec!["o\n".to_owned()], false));
    play.send("x");
    assert_eq!(play.transmit(1), (vec!["a[\"x\"]\n".to_owned()], false));
    play.send("y");
    assert_eq!(play.transmit(1), (vec!["a[\"y\"]\n".to_owned()], true));
}

#[test]
fn a_frame_has_no_more_messages_than_the_limit_lets_begin() {
    let mut play = fresh_with(20);
    play.poll(0);
    for _ in 0..3 {
        play.send("0123456789");
    }
    play.poll(1);
    assert_eq!(play.answers.len(), 2);
    assert_eq!(play.frame(1), "a[\"0123456789\",\"0123456789\"]\n");
    play.poll(2);
    assert_eq!(play.frame(2), "a[\"0123456789\"]\n");
}

#[test]
fn a_session_waits_for_the_next_response_no_longer_than_for_a_poll() {
    let mut play = fresh_with(1);
    play.stream(1, Transport::XhrStreaming);
    assert_eq!(play.transmit(1), (vec!["o\n".to_owned()], true));
    play.wait(DISCONNECT - 1);
    assert!(!play.connection.is_over());
    play.wait(1);
    play.assert_ends("disconnected");
}

#[test]
fn what_the_application_answers_leaves_on_a_stream_without_delay() {
    let mut play = polling();
    play.stream(1, Transport::XhrStreaming);
    play.transmit(1);
    play.post(2, "[\"a\",\"b\"]");
    play.take();
    play.send("A");
    assert_eq!(play.transmit(1).0, ["a[\"A\"]\n"]);
    play.take();
    play.send("B");
    assert_eq!(play.transmit(1).0, ["a[\"B\"]\n"]);
}

#[test]
fn a_response_that_is_gone_before_it_began_ends_the_session() {
    let mut play = polling();
    play.ask(1, Transport::XhrStreaming);
    play.handle(Input::RequestGone(1));
    play.assert_ends("connection lost");
}

#[test]
fn a_link_that_is_not_of_the_session_is_over() {
    let mut play = polling();
    play.stream(1, Transport::XhrStreaming);
    let now = play.now;
    assert_eq!(play.connection.transmit(now, 7), Transmit::End(None));
    play.handle(Input::Lost(7));
    play.handle(Input::TooLong(7));
    play.receive(7, "[\"x\"]");
    assert!(!play.connection.is_over());
    assert!(play.texts().is_empty());
}
