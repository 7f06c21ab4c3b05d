//! Rooms: one message to many, and nobody waits for the slowest.

use crate::on_each_transport;
use throughline::{Code, Limits, Report, SlowMember};
use throughline_core::session::Transport;
use throughline_tests::client::{Client, Plan};
use throughline_tests::server::{Near, Server};

on_each_transport![
    a_message_reaches_the_members_of_a_room,
    a_slow_member_is_passed_over_where_the_room_says_so,
    a_slow_member_is_aborted_unless_the_room_says_otherwise,
];

async fn connect(server: &mut Server, on: Transport) -> (Client, Near) {
    let client = Client::connect(&server.target, on).await;
    (client, server.accept().await)
}

fn sent(sent: usize) -> Report {
    Report {
        sent,
        ..Report::default()
    }
}

async fn a_message_reaches_the_members_of_a_room(on: Transport) {
    let mut server = Server::start(|builder| builder).await;
    let (ann, near_ann) = connect(&mut server, on).await;
    let (bob, near_bob) = connect(&mut server, on).await;
    let (eve, near_eve) = connect(&mut server, on).await;
    near_ann.join("lobby");
    near_ann.join("lobby");
    near_bob.join("lobby");
    near_eve.join("elsewhere");
    let lobby = server.node.room("lobby");
    assert_eq!(lobby.members(), 2);

    assert_eq!(lobby.send("to the room"), Ok(sent(2)));
    assert_eq!(
        lobby.send_except("to the room but ann", &near_ann),
        Ok(sent(1))
    );
    let everybody = server.node.send("to all", SlowMember::Abort);
    assert_eq!(everybody, Ok(sent(3)));
    let everybody = server
        .node
        .send_except("to all but eve", SlowMember::Abort, &near_eve);
    assert_eq!(everybody, Ok(sent(2)));
    near_bob.leave("lobby");
    assert_eq!(lobby.send("to those who are left"), Ok(sent(1)));

    for text in [
        "to the room",
        "to all",
        "to all but eve",
        "to those who are left",
    ] {
        assert_eq!(ann.text().await, text);
    }
    for text in [
        "to the room",
        "to the room but ann",
        "to all",
        "to all but eve",
    ] {
        assert_eq!(bob.text().await, text);
    }
    assert_eq!(eve.text().await, "to all");

    ann.abort(Code::ABORTED, "");
    near_ann.ended().await;
    assert_eq!(lobby.members(), 0, "who has ended has left");
    assert_eq!(lobby.send("to nobody"), Ok(sent(0)));
    assert_eq!(
        server.node.room("never entered").send("to nobody"),
        Ok(sent(0))
    );
}

/// A client that takes nothing and has room for two messages, and one that takes all.
async fn slow_and_quick(server: &mut Server, on: Transport) -> [(Client, Near); 2] {
    let plan = Plan::default().window(2 * (BODY as u64 + 16));
    let slow = Client::try_connect(&server.target, on, plan)
        .await
        .expect("a session");
    let slow = (slow, server.accept().await);
    let quick = connect(server, on).await;
    for (_, near) in [&slow, &quick] {
        near.join("prices");
    }
    [slow, quick]
}

const BODY: usize = 1000;

fn short() -> Limits {
    Limits {
        message: BODY,
        ..Limits::default()
    }
}

async fn a_slow_member_is_passed_over_where_the_room_says_so(on: Transport) {
    let mut server = Server::start(|builder| {
        builder.limits(short()).slow_members(|room| match room {
            "prices" => SlowMember::Skip,
            _ => SlowMember::Abort,
        })
    })
    .await;
    let [(slow, near_slow), (quick, _near_quick)] = slow_and_quick(&mut server, on).await;
    let prices = server.node.room("prices");
    for round in 0..5 {
        let report = prices
            .send(format!("{round}").repeat(BODY))
            .expect("it is short enough");
        let expected = match round {
            0 | 1 => sent(2),
            _ => Report {
                sent: 1,
                skipped: 1,
                ..Report::default()
            },
        };
        assert_eq!(report, expected, "round {round}");
        assert!(quick.text().await.starts_with(&round.to_string()));
    }
    // The slow one finds no gap in what it gets, since what it missed never had a number.
    assert!(slow.text().await.starts_with('0'));
    assert!(slow.text().await.starts_with('1'));
    near_slow.send("next").await.expect("the session is open");
    assert_eq!(slow.text().await, "next");
}

async fn a_slow_member_is_aborted_unless_the_room_says_otherwise(on: Transport) {
    let mut server = Server::start(|builder| builder.limits(short())).await;
    let [(slow, near_slow), (quick, _near_quick)] = slow_and_quick(&mut server, on).await;
    let prices = server.node.room("prices");
    for round in 0..3 {
        let report = prices
            .send(format!("{round}").repeat(BODY))
            .expect("it is short enough");
        assert_eq!(report.aborted, usize::from(round == 2), "round {round}");
        assert!(quick.text().await.starts_with(&round.to_string()));
    }
    assert_eq!(near_slow.ended().await.code, Code::OVERFLOW);
    assert_eq!(slow.ended().await.code, Code::OVERFLOW);
    assert_eq!(prices.members(), 1);
}

#[tokio::test]
async fn a_message_that_is_too_long_reaches_nobody() {
    let mut server = Server::start(|builder| builder.limits(short())).await;
    let (client, near) = connect(&mut server, Transport::WebSocket).await;
    near.join("lobby");
    let refused = server.node.room("lobby").send("x".repeat(BODY + 1));
    assert!(
        matches!(refused, Err(throughline::SendError::TooLarge { .. })),
        "{refused:?}"
    );
    near.send("next").await.expect("the session is open");
    assert_eq!(client.text().await, "next");
}
