//! One message to many.

mod common;

use common::{Server, Ws, text};
use futures_util::StreamExt;
use std::sync::Arc;
use throughline::{
    Code, Config, EngineIo, Limits, Message, Report, Session, SlowMember, Throughline,
};
use throughline_core::wire::native::Frame;
use tokio::io::DuplexStream;
use tokio::sync::{Barrier, mpsc};
use tokio_tungstenite::WebSocketStream;

const ENGINE_IO: &str = "/realtime/?EIO=4&transport=websocket";

fn server(slow: SlowMember) -> (Server, mpsc::UnboundedReceiver<Session>) {
    let (sessions, received) = mpsc::unbounded_channel();
    let server = Server::new(
        Throughline::builder()
            .slow_members(move |_| slow)
            .on_session(move |session| {
                session.join("lobby");
                let closed = session.closed();
                sessions.send(session).expect("the test waits for sessions");
                async move {
                    closed.await;
                }
            }),
    );
    (server, received)
}

async fn three(
    server: &Server,
    sessions: &mut mpsc::UnboundedReceiver<Session>,
) -> Vec<(Ws, Session)> {
    let mut members = Vec::new();
    for _ in 0..3 {
        let (ws, _) = server.open().await;
        members.push((ws, sessions.recv().await.expect("the handler started")));
    }
    members
}

#[tokio::test(start_paused = true)]
async fn all_members_get_a_message_but_one() {
    let (server, mut sessions) = server(SlowMember::Abort);
    let mut members = three(&server, &mut sessions).await;
    let lobby = server.realtime.room("lobby");
    assert_eq!(
        lobby.send("all").unwrap(),
        Report {
            sent: 3,
            ..Report::default()
        }
    );
    let report = lobby.send_except("some", &members[0].1).unwrap();
    assert_eq!(report.sent, 2);
    members[2].1.leave("lobby");
    assert_eq!(members[0].1.room("lobby").send("fewer").unwrap().sent, 2);
    let expected = [
        &["all", "fewer"][..],
        &["all", "some", "fewer"],
        &["all", "some"],
    ];
    for ((ws, _), expected) in members.iter_mut().zip(expected) {
        for (seq, expected) in (1..).zip(expected) {
            assert_eq!(ws.next_but_acks().await, Some(text(seq, expected)));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_to_the_whole_node_needs_no_room() {
    let (server, mut sessions) = server(SlowMember::Abort);
    let members = three(&server, &mut sessions).await;
    members[1].1.leave("lobby");
    assert_eq!(
        server.realtime.send("all", SlowMember::Abort).unwrap().sent,
        3
    );
    let except = &members[0].1;
    let report = server
        .realtime
        .send_except("all", SlowMember::Abort, except)
        .unwrap();
    assert_eq!(report.sent, 2);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_only_on_offer_is_nobody_yet() {
    let (server, mut sessions) = server(SlowMember::Abort);
    let members = three(&server, &mut sessions).await;
    let mut door = server.websocket().await;
    door.hello(common::new_session()).await;
    let to = |sent| Report {
        sent,
        ..Report::default()
    };
    let all = server.realtime.send("all", SlowMember::Abort);
    assert_eq!(all.unwrap(), to(3));
    let except = &members[0].1;
    let others = server
        .realtime
        .send_except("all", SlowMember::Abort, except);
    assert_eq!(others.unwrap(), to(2));
}

#[tokio::test(start_paused = true)]
async fn whoever_ends_has_left() {
    let (server, mut sessions) = server(SlowMember::Abort);
    let members = three(&server, &mut sessions).await;
    let lobby = server.realtime.room("lobby");
    members[0].1.abort("out");
    assert_eq!(lobby.members(), 2);
    members[0].1.join("lobby");
    assert_eq!(lobby.members(), 2);
    members[1].1.join("lobby");
    assert_eq!(lobby.members(), 2);
}

/// Sends until somebody has no room. Nobody acknowledges, but one member is younger than the others.
async fn overflow(slow: SlowMember) -> (Report, Vec<(Ws, Session)>) {
    let (server, mut sessions) = server(slow);
    let members = three(&server, &mut sessions).await;
    let long = Message::binary(vec![0; 60 * 1024]);
    while members[0].1.try_send(long.clone()).is_ok() {}
    let report = server
        .realtime
        .room("lobby")
        .send(long)
        .expect("it is not too large");
    (report, members)
}

#[tokio::test(start_paused = true)]
async fn a_slow_member_is_aborted_or_passed_over() {
    let (report, mut members) = overflow(SlowMember::Abort).await;
    assert_eq!(
        report,
        Report {
            sent: 2,
            aborted: 1,
            ..Report::default()
        }
    );
    let end = members[0].1.closed().await;
    assert_eq!(end.code, Code::OVERFLOW);
    let ws = &mut members[0].0;
    let last = loop {
        if let Frame::Abort(abort) = ws.next().await.expect("the last word is an abort") {
            break abort;
        }
    };
    assert_eq!(last.code, Code::OVERFLOW);

    let (report, members) = overflow(SlowMember::Skip).await;
    assert_eq!(
        report,
        Report {
            sent: 2,
            skipped: 1,
            ..Report::default()
        }
    );
    assert!(members[0].1.end().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_too_large_goes_to_nobody() {
    let (server, mut sessions) = server(SlowMember::Abort);
    let _members = three(&server, &mut sessions).await;
    assert!(
        server
            .realtime
            .room("lobby")
            .send(vec![0; 64 * 1024 + 1])
            .is_err()
    );
}

/// The next texts of a client of Engine.IO that are messages.
async fn messages(ws: &mut WebSocketStream<DuplexStream>, count: usize) -> Vec<String> {
    let mut messages = Vec::new();
    while messages.len() < count {
        let said = ws.next().await.expect("the connection stands");
        let said = said.expect("its frames are well-formed").into_text();
        let said = said.expect("it is text");
        messages.extend(said.strip_prefix('4').map(str::to_owned));
    }
    messages
}

#[tokio::test(start_paused = true)]
async fn nobody_is_slow_whose_connection_waits_until_all_have_spoken() {
    const MEMBERS: usize = 20;
    let all = Arc::new(Barrier::new(MEMBERS));
    // There is room for a few messages, until they are written.
    let limits = Limits {
        message: 1000,
        log: 4000,
        ..Limits::default()
    };
    let config = Config {
        limits,
        ..Config::default()
    };
    let engine_io = EngineIo {
        max_payload: 1000,
        ..EngineIo::default()
    };
    let builder = Throughline::builder().config(config).engine_io(engine_io);
    let server = Server::new(builder.on_session(move |session| {
        session.join("lobby");
        let all = all.clone();
        async move {
            all.wait().await;
            let report = session.room("lobby").send("x".repeat(400));
            assert_eq!(report.expect("it is short").sent, MEMBERS);
            session.closed().await;
        }
    }));
    let mut members = Vec::new();
    for _ in 0..MEMBERS {
        members.push(server.plain_websocket(ENGINE_IO).await);
    }
    for member in &mut members {
        messages(member, MEMBERS).await;
    }
}

#[tokio::test(start_paused = true)]
async fn last_words_leave_before_an_abort() {
    let engine_io = EngineIo::default();
    let builder = Throughline::builder().engine_io(engine_io);
    let server = Server::new(builder.on_session(|session| {
        session.join("lobby");
        async move {
            let lobby = session.room("lobby");
            lobby.send("last words").expect("it is short");
            session.abort("kicked");
        }
    }));
    let mut member = server.plain_websocket(ENGINE_IO).await;
    assert_eq!(messages(&mut member, 1).await, ["last words"]);
}
