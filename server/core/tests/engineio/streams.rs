//! WebSockets: the upgrade, its races, and probes that lead to nothing.

use crate::play::{BAD_REQUEST, INTERVAL, Play, open, polling};
use throughline_core::Code;
use throughline_core::engineio::Input;
use throughline_core::session::{Transmit, Transport};
use throughline_core::wire::websocket::write;

/// The driver lets a WebSocket wait for the deadlines of the session that it carries: one that is gone waits for none.
#[test]
fn a_websocket_that_is_gone_carries_nothing() {
    let mut play = open(Some(1));
    assert_eq!(play.engine.carrier(), Some(1));
    play.handle(Input::Lost(1));
    assert_eq!(play.engine.carrier(), None);
    assert!(play.engine.deadline().is_some());
    let mut probed = polling();
    probed.handle(Input::Opened(7));
    probed.woken.clear();
    let session = probed.engine.session_mut();
    session.abort(Code::INTERNAL, "broken", None);
    probed.engine.settle(probed.now);
    probed.drain();
    assert_eq!(probed.woken, [7]);
    assert!(probed.transmit(7).1);
}

#[test]
fn an_upgrade_releases_the_poll_and_moves_everything() {
    let mut play = polling();
    play.get(1);
    play.handle(Input::Opened(7));
    assert!(play.is_waiting(1));
    play.receive(7, "2probe");
    assert_eq!(play.payload(1), "6");
    assert_eq!(play.transmit(7), (vec!["3probe".to_owned()], false));
    play.send("over polling");
    assert_eq!(play.transmit(7), (vec![], false));
    play.get(2);
    assert_eq!(play.payload(2), "4over polling");
    play.get(3);
    play.wait(99);
    assert!(play.is_waiting(3));
    play.wait(1);
    assert_eq!(play.payload(3), "6");
    play.send("over the WebSocket");
    play.receive(7, "5");
    assert_eq!(
        play.transmit(7),
        (vec!["4over the WebSocket".to_owned()], false)
    );
    assert_eq!(
        play.transports,
        [Some(Transport::LongPoll), Some(Transport::WebSocket)]
    );
    play.get(4);
    assert_eq!(play.answer(4), BAD_REQUEST);
    assert!(!play.engine.is_over());
}

#[test]
fn a_get_that_races_the_upgrade_is_refused() {
    let mut play = polling();
    play.handle(Input::Opened(7));
    play.receive(7, "2probe");
    play.get(1);
    assert!(play.is_waiting(1));
    play.receive(7, "5");
    assert_eq!(play.answer(1), BAD_REQUEST);
    assert!(!play.engine.is_over());
}

#[test]
fn a_get_that_overtakes_the_probe_and_the_upgrade_is_refused() {
    let mut play = polling();
    play.handle(Input::Opened(7));
    play.get(1);
    play.receive(7, "2probe");
    assert!(play.is_waiting(1));
    play.receive(7, "5");
    assert_eq!(play.answer(1), BAD_REQUEST);

    let mut play = polling();
    play.handle(Input::Opened(7));
    play.get(1);
    play.receive(7, "2probe");
    play.wait(19);
    assert!(play.is_waiting(1));
    play.wait(1);
    assert_eq!(play.payload(1), "6", "the client waits for its poll");
}

#[test]
fn a_probe_that_leads_to_nothing_costs_the_session_nothing() {
    let mut play = polling();
    play.handle(Input::Opened(7));
    play.get(1);
    play.wait(10_000);
    assert!(play.transmit(7).1, "the probe is closed");
    assert!(play.is_waiting(1));
    for bad in ["4early", "2", "abc"] {
        play.handle(Input::Opened(8));
        play.receive(8, bad);
        assert!(play.transmit(8).1, "{bad}");
    }
    play.handle(Input::Opened(9));
    play.handle(Input::Lost(9));
    play.send("m");
    assert_eq!(play.payload(1), "4m");
}

#[test]
fn a_second_websocket_is_closed() {
    let mut play = polling();
    play.handle(Input::Opened(7));
    play.handle(Input::Opened(8));
    assert!(play.transmit(8).1);
    play.receive(7, "2probe");
    play.receive(7, "5");
    play.handle(Input::Opened(9));
    assert!(play.transmit(9).1);
    assert!(!play.transmit(7).1);
}

#[test]
fn a_message_leaves_at_once_where_a_poll_waits_or_a_websocket_keeps_up() {
    let mut play = polling();
    assert!(!play.engine.is_writable());
    play.get(1);
    assert!(play.engine.is_writable());
    play.send("a");
    assert!(!play.engine.is_writable());
    let mut stream = open(Some(1));
    stream.transmit(1);
    assert!(stream.engine.is_writable());
    stream.send("a");
    assert!(stream.engine.is_writable());
    stream.handle(Input::Lost(1));
    assert!(!stream.engine.is_writable());
}

/// A session on a WebSocket, of which a ping and then messages have to leave.
fn pinged() -> Play {
    let mut play = open(Some(1));
    play.wait(INTERVAL);
    for text in ["one", "two", "three"] {
        play.send(text);
    }
    play
}

#[test]
fn what_is_written_is_what_is_handed_out() {
    let close = |play: &mut Play| {
        let session = play.engine.session_mut();
        session.close(play.now, Code::NORMAL, "").unwrap();
        play.engine.settle(play.now);
    };
    let (mut play, mut expected, mut written) = (pinged(), Vec::new(), Vec::new());
    close(&mut play);
    while let Transmit::Frame(carried) = play.engine.transmit(play.now, 1) {
        write::message(&carried, &mut expected);
    }
    let mut other = pinged();
    close(&mut other);
    let mut write = || {
        let engine = &mut other.engine;
        engine.write(other.now, 1, usize::MAX, &mut written)
    };
    let left = [(); 3].map(|()| write());
    assert_eq!(
        left,
        [
            Transmit::Frame(()),
            Transmit::Frame(()),
            Transmit::End(None)
        ]
    );
    assert_eq!(written, expected);
    assert!(written.ends_with(b"\x81\x044one\x81\x044two\x81\x064three"));
    other.drain();
    assert!(other.end.is_some_and(|end| end.undelivered.is_empty()));
}

#[test]
fn no_more_is_written_than_is_asked_for() {
    let (mut play, mut written) = (open(Some(1)), Vec::new());
    play.transmit(1);
    for text in ["one", "two", "three"] {
        play.send(text);
    }
    assert_eq!(
        play.engine.write(play.now, 1, 7, &mut written),
        Transmit::Frame(())
    );
    assert_eq!(written, b"\x81\x044one\x81\x044two");
    let (last, peer) = play.engine.session().outgoing();
    assert_eq!((last, peer.ack), (3, 2), "what was not written is kept");
    assert_eq!(
        play.engine.write(play.now, 1, 99, &mut written),
        Transmit::Idle
    );
    assert!(written.ends_with(b"4three"));
}
