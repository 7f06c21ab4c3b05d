//! In what versions 3 and 4 differ.

use crate::play::{BAD_REQUEST, INTERVAL, TIMEOUT, open_version, polling};
use throughline_core::Message;
use throughline_core::engineio::{Answer, Request};
use throughline_core::session::Take;
use throughline_core::wire::Carried;
use throughline_core::wire::engineio::Version;

#[test]
fn in_version_3_the_client_pings() {
    let mut play = open_version(Version::V3, None);
    play.get(1);
    play.wait(INTERVAL + TIMEOUT - 1);
    assert!(play.is_waiting(1));
    play.post(2, "6:2hello");
    assert_eq!(play.answer(2), Answer::Taken);
    assert_eq!(play.payload(1), "6:3hello");
    play.wait(INTERVAL + TIMEOUT - 1);
    assert!(!play.engine.is_over());
    play.wait(1);
    play.assert_ends("ping timeout");
    let mut stream = open_version(Version::V3, Some(1));
    stream.wait(20);
    stream.transmit(1);
    stream.receive(1, "2");
    assert_eq!(stream.woken, [1]);
    assert_eq!(stream.transmit(1), (vec!["3".to_owned()], false));
    stream.receive(1, "3");
    stream.assert_ends("transport error");
}

#[test]
fn in_version_3_the_handshake_of_a_websocket_comes_in_a_segment_of_its_own() {
    let mut stream = open_version(Version::V3, Some(1));
    stream.send("m");
    assert_eq!(stream.transmit(1), (vec![], false));
    stream.wait(19);
    assert_eq!(stream.transmit(1), (vec![], false));
    stream.wait(1);
    let (packets, _) = stream.transmit(1);
    assert_eq!(packets.len(), 2);
    assert!(packets[0].starts_with("0{"));
    assert_eq!(packets[1], "4m");
}

#[test]
fn in_version_3_bodies_have_lengths_and_may_be_binary() {
    let mut play = open_version(Version::V3, None);
    let body = vec![1, 4, 0xff, 4, 1, 2, 3];
    play.ask(1, Request::Post(None, Carried::Binary(body.clone().into())));
    assert_eq!(play.answer(1), Answer::Taken);
    let message = Message::binary(vec![1, 2, 3]);
    assert_eq!(play.take(), Take::Message(message.clone()));
    let sent = play.engine.session_mut().send(play.now, &message);
    assert!(sent.is_ok());
    assert_eq!(play.take(), Take::Empty);
    play.get(2);
    let answer = Answer::Payload(Carried::Binary(body.into()));
    assert_eq!(play.answer(2), answer);
}

#[test]
fn in_version_4_a_body_is_text() {
    let mut play = polling();
    play.ask(1, Request::Post(None, Carried::Binary(vec![4, 1].into())));
    assert_eq!(play.answer(1), BAD_REQUEST);
    play.assert_ends("parse error");
}
