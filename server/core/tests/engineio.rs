//! Engine.IO sessions: what their clients do, and what the session and its requests make of it.

use std::time::Duration;
use throughline_core::engineio::{Answer, Engine, Input, LinkId, Request, Settings};
use throughline_core::session::{
    End, Output, RequestId, SendError, Setup, Take, Transmit, Transport,
};
use throughline_core::wire::Carried;
use throughline_core::wire::engineio::{Packet, Refusal, Version};
use throughline_core::wire::native::Secret;
use throughline_core::{Code, Limits, Message, Time};

const INTERVAL: u64 = 25_000;
const TIMEOUT: u64 = 20_000;
const WINDOW: usize = 1100;

/// An engine, with all that it has said.
struct Play {
    engine: Engine,
    now: Time,
    answers: Vec<(RequestId, Answer)>,
    woken: Vec<u64>,
    transports: Vec<Option<Transport>>,
    end: Option<End>,
}

fn open(link: Option<LinkId>) -> Play {
    open_version(Version::V4, link)
}

fn open_version(version: Version, link: Option<LinkId>) -> Play {
    open_bounded(version, link, 1000)
}

fn open_bounded(version: Version, link: Option<LinkId>, max_payload: usize) -> Play {
    let setup = Setup {
        id: "node.run.session".to_owned(),
        secret: Secret::new([7; 16]),
        limits: Limits {
            message: 64,
            window: WINDOW,
            log: WINDOW,
            ..Limits::default()
        },
        window: None,
        protocol: None,
        token_expires: None,
    };
    let settings = Settings {
        version,
        sid: "sid".to_owned(),
        ping_interval: Duration::from_millis(INTERVAL),
        ping_timeout: Duration::from_millis(TIMEOUT),
        upgrade_timeout: Duration::from_secs(10),
        max_payload,
        upgrades: true,
        text_only: false,
    };
    let mut play = Play {
        engine: Engine::open(Time::ZERO, setup, settings, link),
        now: Time::ZERO,
        answers: Vec::new(),
        woken: Vec::new(),
        transports: Vec::new(),
        end: None,
    };
    play.drain();
    play
}

fn polling() -> Play {
    open(None)
}

impl Play {
    fn drain(&mut self) {
        while let Some(output) = self.engine.poll() {
            match output {
                Output::Answer(id, answer) => self.answers.push((id, answer)),
                Output::Wake(link) => self.woken.push(link),
                Output::Transport(transport) => self.transports.push(transport),
                Output::Ended(end) => assert!(self.end.replace(end).is_none()),
                Output::Started => {}
                other => panic!("{other:?}"),
            }
        }
    }

    fn handle(&mut self, input: Input) {
        self.engine.handle(self.now, input);
        self.drain();
    }

    fn ask(&mut self, id: RequestId, request: Request) {
        self.handle(Input::Request(id, request));
    }

    fn get(&mut self, id: RequestId) {
        self.ask(id, Request::Get(None));
    }

    fn get_stamped(&mut self, id: RequestId, stamp: &'static str) {
        self.ask(id, Request::Get(Some(stamp.into())));
    }

    fn post(&mut self, id: RequestId, body: &str) {
        self.ask(id, Request::Post(None, Carried::Text(body.into())));
    }

    fn post_stamped(&mut self, id: RequestId, stamp: &'static str, body: &str) {
        self.ask(
            id,
            Request::Post(Some(stamp.into()), Carried::Text(body.into())),
        );
    }

    fn receive(&mut self, link: LinkId, text: &str) {
        self.handle(Input::Received(link, Carried::Text(text.into())));
    }

    fn send(&mut self, text: &'static str) {
        self.engine
            .session_mut()
            .send(self.now, text.into())
            .expect("there is room");
        self.engine.settle(self.now);
        self.drain();
    }

    fn take(&mut self) -> Take {
        let take = self.engine.session_mut().take(self.now);
        self.engine.settle(self.now);
        self.drain();
        take
    }

    fn texts(&mut self) -> Vec<String> {
        let mut texts = Vec::new();
        while let Take::Message(message) = self.take() {
            texts.push(message.as_text().expect("text").to_owned());
        }
        texts
    }

    /// Time passes, deadline by deadline.
    fn wait(&mut self, ms: u64) {
        let until = self.now + Duration::from_millis(ms);
        while let Some(deadline) = self.engine.deadline().filter(|deadline| *deadline <= until) {
            assert!(
                deadline >= self.now,
                "a deadline that has passed was not handled"
            );
            self.now = deadline;
            self.handle(Input::Timeout);
        }
        self.now = until;
    }

    /// What leaves on the WebSocket now; the second says that it is to be closed.
    fn transmit(&mut self, link: LinkId) -> (Vec<String>, bool) {
        let mut texts = Vec::new();
        let mut text = |carried| match carried {
            Carried::Text(text) => texts.push(text.to_string()),
            Carried::Binary(bytes) => texts.push(format!("{} bytes", bytes.len())),
        };
        let ended = loop {
            match self.engine.transmit(self.now, link) {
                Transmit::Frame(carried) => text(carried),
                Transmit::Idle => break false,
                Transmit::End(last) => {
                    last.map(text);
                    break true;
                }
            }
        };
        self.drain();
        (texts, ended)
    }

    /// The answer to that request, once.
    fn answer(&mut self, id: RequestId) -> Answer {
        let at = self.answers.iter().position(|(known, _)| *known == id);
        self.answers
            .remove(at.unwrap_or_else(|| panic!("{id} is not answered")))
            .1
    }

    fn payload(&mut self, id: RequestId) -> String {
        match self.answer(id) {
            Answer::Payload(Carried::Text(payload)) => payload.to_string(),
            other => panic!("{other:?}"),
        }
    }

    fn is_waiting(&self, id: RequestId) -> bool {
        self.answers.iter().all(|(known, _)| *known != id)
    }

    fn reason(&self) -> &str {
        &self.end.as_ref().expect("it has ended").reason
    }

    /// The application reads on until the end.
    fn assert_ends(&mut self, reason: &str) {
        assert!(self.engine.is_over());
        while self.take() != Take::End {}
        assert_eq!(self.reason(), reason);
    }
}

const BAD_REQUEST: Answer = Answer::Refused(Refusal::BadRequest);
const UNKNOWN: Answer = Answer::Refused(Refusal::UnknownSession);

#[test]
fn the_handshake_says_what_the_reference_says() {
    let json = |upgrades| {
        format!(
            r#"{{"sid":"sid","upgrades":{upgrades},"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000}}"#
        )
    };
    let polling = polling();
    let opening = Packet::Open(json(r#"["websocket"]"#).into());
    assert_eq!(polling.engine.opening(), opening);
    assert_eq!(polling.transports, [Some(Transport::LongPoll)]);
    let mut stream = open(Some(1));
    assert_eq!(
        stream.transmit(1),
        (vec![format!("0{}", json("[]"))], false)
    );
    assert_eq!(stream.transports, [Some(Transport::WebSocket)]);
}

#[test]
fn a_poll_waits_for_messages_and_brings_all_of_them() {
    let mut play = polling();
    play.get(1);
    assert!(play.is_waiting(1));
    play.send("a");
    assert_eq!(play.payload(1), "4a");
    play.send("b");
    play.send("c");
    play.get(2);
    assert_eq!(play.payload(2), "4b\u{1e}4c");
    play.get(3);
    assert!(play.is_waiting(3));
}

#[test]
fn what_the_application_answers_to_one_post_comes_with_one_poll() {
    let mut play = polling();
    play.post(1, "4a\u{1e}4b");
    assert_eq!(play.take(), Take::Message("a".into()));
    play.send("A");
    play.get(2);
    assert!(play.is_waiting(2), "there is more to be answered");
    assert_eq!(play.take(), Take::Message("b".into()));
    play.send("B");
    assert!(play.is_waiting(2), "it has not asked for more");
    assert_eq!(play.take(), Take::Empty);
    assert_eq!(play.payload(2), "4A\u{1e}4B");
    play.get(3);
    play.send("C");
    assert_eq!(play.payload(3), "4C");
}

#[test]
fn the_longest_payload_bounds_what_the_client_sends_and_not_the_application() {
    let mut play = open_bounded(Version::V4, None, 10);
    let long = "x".repeat(64);
    let send = |play: &mut Play, text: &str| {
        let sent = play
            .engine
            .session_mut()
            .send(play.now, text.to_owned().into());
        play.engine.settle(play.now);
        play.drain();
        sent
    };
    assert!(send(&mut play, &long).is_ok());
    assert!(send(&mut play, "next").is_ok());
    let too_long = send(&mut play, &format!("{long}x"));
    assert!(matches!(too_long, Err(SendError::TooLarge { .. })));
    play.get(1);
    assert_eq!(play.payload(1), format!("4{long}"));
    play.get(2);
    assert_eq!(play.payload(2), "4next");
}

#[test]
fn an_application_that_takes_its_time_holds_no_answer_back() {
    let mut play = polling();
    play.post(1, "4a\u{1e}4b");
    assert_eq!(play.take(), Take::Message("a".into()));
    play.get(2);
    play.send("A");
    play.wait(49);
    assert!(play.is_waiting(2));
    play.wait(1);
    assert_eq!(play.payload(2), "4A");
    play.get(3);
    play.send("more");
    assert_eq!(play.payload(3), "4more");
}

#[test]
fn an_answer_is_bounded_and_the_rest_comes_next() {
    let mut play = polling();
    let long = "x".repeat(600);
    for _ in 0..2 {
        let sent = play
            .engine
            .session_mut()
            .send(play.now, long.clone().into());
        assert!(sent.is_ok() || sent == Err(SendError::Full));
    }
    play.get(1);
    assert_eq!(play.payload(1), format!("4{long}"));
}

#[test]
fn the_application_waits_for_room_until_the_client_asks_again() {
    let mut play = polling();
    let half = Message::text("x".repeat(WINDOW / 2));
    assert!(
        play.engine
            .session_mut()
            .send(play.now, half.clone())
            .is_ok()
    );
    play.get(1);
    play.payload(1);
    assert_eq!(
        play.engine.session_mut().send(play.now, half.clone()),
        Err(SendError::Full)
    );
    play.get(2);
    assert!(play.engine.session_mut().send(play.now, half).is_ok());
}

#[test]
fn a_post_is_taken_in_order() {
    let mut play = polling();
    play.post(1, "4a\u{1e}4b\u{1e}bAQID");
    assert_eq!(play.answer(1), Answer::Taken);
    assert_eq!(play.take(), Take::Message("a".into()));
    assert_eq!(play.take(), Take::Message("b".into()));
    assert_eq!(play.take(), Take::Message(vec![1, 2, 3].into()));
    assert_eq!(play.take(), Take::Empty);
}

#[test]
fn a_post_is_answered_when_the_application_has_room_for_all_of_it() {
    let mut play = polling();
    let messages: Vec<String> = (0..200).map(|n| n.to_string()).collect();
    let packets: Vec<String> = messages.iter().map(|text| format!("4{text}")).collect();
    play.post(1, &packets.join("\u{1e}"));
    assert!(play.is_waiting(1));
    assert_eq!(play.texts(), messages);
    assert_eq!(play.answer(1), Answer::Taken);
}

#[test]
fn a_websocket_is_not_read_while_the_application_has_no_room_and_silence_is_forgiven() {
    let mut play = open(Some(1));
    let text = format!("4{}", "x".repeat(900));
    play.receive(1, &text);
    assert!(!play.engine.is_full(1));
    play.receive(1, &text);
    assert!(play.engine.is_full(1));
    play.wait(INTERVAL);
    for _ in 0..3 {
        assert_eq!(play.transmit(1).0.last().map(String::as_str), Some("2"));
        play.wait(TIMEOUT);
    }
    assert!(!play.engine.is_over());
    play.woken.clear();
    assert_eq!(play.texts().len(), 2);
    assert_eq!(play.woken, [1], "the connection is told that it may read");
    assert!(!play.engine.is_full(1));
}

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
fn a_post_that_is_gone_before_it_was_taken_is_the_end_unless_it_is_repeated() {
    let many = vec!["4x"; 200].join("\u{1e}");
    let mut play = polling();
    play.post_stamped(1, "a", &many);
    play.handle(Input::RequestGone(1));
    play.wait(999);
    play.post_stamped(2, "a", &many);
    play.wait(2000);
    assert_eq!(play.texts().len(), 200);
    assert_eq!(play.answer(2), Answer::Taken);
    play.post_stamped(3, "b", &many);
    play.handle(Input::RequestGone(3));
    play.wait(1000);
    play.assert_ends("transport error");
    let mut plain = polling();
    plain.post(1, &many);
    plain.handle(Input::RequestGone(1));
    plain.assert_ends("transport error");
}

#[test]
fn no_more_than_a_few_repetitions_of_a_post_wait() {
    let many = vec!["4x"; 200].join("\u{1e}");
    let mut play = polling();
    for id in 1..6 {
        play.post_stamped(id, "a", &many);
    }
    assert_eq!(play.answer(5), BAD_REQUEST);
    assert_eq!(play.texts().len(), 200);
    for id in 1..5 {
        assert_eq!(play.answer(id), Answer::Taken);
    }
}

#[test]
fn a_post_that_was_not_taken_is_refused_when_the_server_ends_the_session() {
    let mut play = polling();
    play.post(1, &vec!["4x"; 200].join("\u{1e}"));
    let session = play.engine.session_mut();
    session.abort(Code::INTERNAL, "broken", None);
    play.engine.settle(play.now);
    play.drain();
    assert_eq!(play.answer(1), BAD_REQUEST);
}

#[test]
fn a_probe_is_heard_while_the_application_has_no_room() {
    let mut play = polling();
    play.post(1, &vec!["4x"; 200].join("\u{1e}"));
    play.handle(Input::Opened(7));
    assert!(!play.engine.is_full(7));
    play.receive(7, "2probe");
    assert_eq!(play.transmit(7).0, ["3probe"]);
}

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
fn a_second_get_ends_the_session() {
    let mut play = polling();
    play.get(1);
    play.get(2);
    assert_eq!(play.payload(1), "1");
    assert_eq!(play.answer(2), BAD_REQUEST);
    play.get(3);
    assert_eq!(play.answer(3), UNKNOWN);
    play.assert_ends("transport error");
}

#[test]
fn an_aborted_get_ends_the_session() {
    let mut play = polling();
    play.get(1);
    play.handle(Input::RequestGone(1));
    play.get(2);
    assert_eq!(play.answer(2), UNKNOWN);
    play.assert_ends("transport error");
}

#[test]
fn a_get_that_a_proxy_repeats_is_answered_like_the_first() {
    let mut play = polling();
    play.get_stamped(1, "a");
    play.get_stamped(2, "a");
    play.send("m");
    assert_eq!(
        (play.payload(1), play.payload(2)),
        ("4m".to_owned(), "4m".to_owned())
    );
    play.send("n");
    play.get_stamped(3, "a");
    assert_eq!(
        play.payload(3),
        "4m\u{1e}4n",
        "the first answer may have been lost"
    );
    play.get_stamped(4, "b");
    play.get_stamped(5, "a");
    assert_eq!(play.payload(5), "6", "a late repetition disturbs nothing");
    assert!(play.is_waiting(4));
    play.send("o");
    assert_eq!(play.payload(4), "4o");
    play.get_stamped(6, "c");
    play.get_stamped(7, "b");
    assert_eq!(play.payload(7), "6");
    play.send("p");
    assert_eq!(play.payload(6), "4p");
}

#[test]
fn a_get_that_a_proxy_aborts_and_repeats_goes_on() {
    let mut play = polling();
    play.get_stamped(1, "a");
    play.handle(Input::RequestGone(1));
    play.send("m");
    play.get_stamped(2, "a");
    assert_eq!(play.payload(2), "4m");
    play.get_stamped(3, "b");
    play.handle(Input::RequestGone(3));
    play.get_stamped(4, "c");
    assert!(play.is_waiting(4), "the client is there");
    play.handle(Input::RequestGone(4));
    play.wait(1000);
    play.assert_ends("transport error");
}

#[test]
fn a_post_that_a_proxy_repeats_is_executed_once() {
    let mut play = polling();
    play.post_stamped(1, "a", "4once");
    play.post_stamped(2, "a", "4once");
    assert_eq!(
        (play.answer(1), play.answer(2)),
        (Answer::Taken, Answer::Taken)
    );
    assert_eq!(play.texts(), ["once"]);
    play.post_stamped(3, "a", "4another");
    play.post_stamped(4, "b", "4another");
    assert_eq!(play.texts(), ["another", "another"]);
    play.post(5, "4plain");
    play.post(6, "4plain");
    assert_eq!(
        play.texts(),
        ["plain", "plain"],
        "without stamps no repetition can be told"
    );
}

#[test]
fn posts_that_overlap_are_one_or_the_end() {
    let many = vec!["4x"; 200].join("\u{1e}");
    let mut play = polling();
    play.post_stamped(1, "a", &many);
    play.post_stamped(2, "a", &many);
    assert!(play.is_waiting(1) && play.is_waiting(2));
    assert_eq!(play.texts().len(), 200);
    assert_eq!(
        (play.answer(1), play.answer(2)),
        (Answer::Taken, Answer::Taken)
    );
    play.post_stamped(3, "b", &many);
    play.post_stamped(4, "c", "4y");
    assert_eq!((play.answer(4), play.answer(3)), (BAD_REQUEST, BAD_REQUEST));
    play.assert_ends("transport error");
}

#[test]
fn what_came_before_a_malformed_packet_is_taken() {
    let mut play = polling();
    play.post(1, "4a\u{1e}abc\u{1e}4b");
    assert_eq!(play.answer(1), BAD_REQUEST);
    assert_eq!(play.texts(), ["a"]);
    play.assert_ends("parse error");
    let mut play = open(Some(1));
    play.receive(1, "4a");
    play.receive(1, "abc");
    assert!(play.transmit(1).1);
    assert_eq!(play.texts(), ["a"]);
    play.assert_ends("parse error");
}

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
fn a_ping_of_the_client_is_an_error_and_stray_packets_are_not() {
    let mut play = open(Some(1));
    for stray in ["0", "5", "6", "3"] {
        play.receive(1, stray);
    }
    assert!(!play.engine.is_over());
    play.receive(1, "2");
    play.assert_ends("transport error");
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

#[test]
fn requests_that_cannot_be_are_refused() {
    let mut play = polling();
    play.ask(1, Request::Bad);
    assert_eq!(play.answer(1), BAD_REQUEST);
    play.assert_ends("transport error");
    let mut stream = open(Some(1));
    stream.post(1, "4a");
    assert_eq!(stream.answer(1), BAD_REQUEST);
    assert!(!stream.engine.is_over());
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
    let sent = play.engine.session_mut().send(play.now, message);
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
