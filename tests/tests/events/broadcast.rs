//! Events for many: each operator, and those who are too slow.

use crate::peer::{Node, Peer, node};
use futures_util::StreamExt;
use std::time::Duration;
use throughline::events::{
    Binary, Data, DisconnectReason, EmitError, Events, Namespace, Recovery, Reply, Socket,
};
use throughline::{Limits, Report};
use throughline_tests::wait::soon;

/// A namespace in which sockets join rooms, and answer `sync`.
fn rooms() -> Namespace {
    Namespace::new()
        .on(
            "join",
            |socket: Socket, Data((room,)): Data<(String,)>| async move {
                socket.join(&room);
                socket.join(&room);
                Reply(())
            },
        )
        .on("sync", || async { Reply(()) })
}

async fn member(node: &Node, names: &[&str]) -> Peer {
    let peer = node.join().await;
    for name in names {
        peer.say(&format!(r#"20["join","{name}"]"#)).await;
        peer.expect(&["30[]"]).await;
    }
    peer
}

fn socket(node: &Node, peer: &Peer) -> Socket {
    node.events.of("/").to(&peer.id).sockets().remove(0)
}

fn sent(sent: usize) -> Result<Report, EmitError> {
    Ok(Report {
        sent,
        ..Report::default()
    })
}

#[tokio::test]
async fn each_operator_means_whom_it_says() {
    let node = node(rooms()).await;
    let ann = member(&node, &["a", "b"]).await;
    let bob = member(&node, &["b"]).await;
    let eve = member(&node, &["c"]).await;
    let all = node.events.of("/");
    assert_eq!(all.emit("all", ()), sent(3));
    assert_eq!(all.clone().to("a").to("b").emit("a or b", ()), sent(2));
    assert_eq!(all.clone().except("b").emit("not b", ()), sent(1));
    assert_eq!(
        all.clone().in_room("b").except("a").emit("b, not a", ()),
        sent(1)
    );
    assert_eq!(all.clone().to("nowhere").emit("nobody", ()), sent(0));
    assert_eq!(all.clone().to(&bob.id).local().emit("bob", ()), sent(1));
    let own = socket(&node, &ann);
    assert_eq!(own.to("b").emit("b, not ann", ()), sent(1));
    assert_eq!(own.broadcast().emit("not ann", ()), sent(2));
    assert_eq!(own.except("b").emit("not ann, not b", ()), sent(1));
    assert_eq!(own.volatile().emit("ann", ()), sent(1));
    assert_eq!(own.volatile().to("c").emit("c", ()), sent(1));
    let events = |names: &[&str]| -> Vec<String> {
        names.iter().map(|name| format!(r#"2["{name}"]"#)).collect()
    };
    assert_eq!(ann.heard().await, events(&["all", "a or b", "ann"]));
    assert_eq!(
        bob.heard().await,
        events(&["all", "a or b", "b, not a", "bob", "b, not ann", "not ann"])
    );
    assert_eq!(
        eve.heard().await,
        events(&["all", "not b", "not ann", "not ann, not b", "c"])
    );
}

#[tokio::test]
async fn binary_data_reaches_all_behind_its_event() {
    let node = node(rooms()).await;
    let (ann, bob) = (node.join().await, node.join().await);
    let bytes = Binary(vec![1, 2].into());
    assert_eq!(node.events.of("/").emit("b", (bytes,)), sent(2));
    for peer in [ann, bob] {
        peer.expect(&[r#"51-["b",{"_placeholder":true,"num":0}]"#])
            .await;
        assert_eq!(peer.bytes().await, [1, 2]);
    }
}

#[tokio::test]
async fn many_can_be_looked_at_moved_and_disconnected() {
    let node = node(rooms()).await;
    let ann = member(&node, &["a"]).await;
    let mut bob = member(&node, &["a"]).await;
    let eve = member(&node, &[]).await;
    let all = node.events.of("/");
    let in_a = all.clone().to("a");
    assert_eq!(in_a.sockets().len(), 2);
    assert_eq!(all.sockets().len(), 3);
    in_a.join("b");
    assert_eq!(all.clone().to("b").emit("b", ()), sent(2));
    let rooms: Vec<String> = socket(&node, &ann)
        .rooms()
        .iter()
        .map(|room| (**room).to_owned())
        .collect();
    assert_eq!(rooms[0], ann.id);
    assert_eq!(rooms.len(), 3);
    all.clone().to(&ann.id).leave("b");
    assert_eq!(all.clone().to("b").emit("b", ()), sent(1));
    all.clone().to("a").except(&ann.id).disconnect();
    bob.expect(&[r#"2["b"]"#, r#"2["b"]"#, "1"]).await;
    assert_eq!(all.sockets().len(), 2);
    assert_eq!(ann.heard().await, [r#"2["b"]"#]);
    assert!(eve.heard().await.is_empty());
    bob.connect("").await;
    assert!(bob.heard().await.is_empty());
}

#[tokio::test]
async fn a_stale_socket_is_nobody() {
    let node = node(rooms()).await;
    let ann = member(&node, &["a"]).await;
    let own = socket(&node, &ann);
    own.disconnect();
    ann.expect(&["1"]).await;
    own.join("a");
    assert!(own.rooms().is_empty());
    assert_eq!(
        own.disconnected(),
        Some(DisconnectReason::ServerNamespaceDisconnect)
    );
    assert_eq!(own.emit("m", ()).await, Err(EmitError::Disconnected));
    assert_eq!(own.try_emit("m", ()), Err(EmitError::Disconnected));
    assert_eq!(node.events.of("/").emit("m", ()), sent(0));
}

#[tokio::test]
async fn what_cannot_be_sent_is_an_error_and_reaches_nobody() {
    let limits = Limits {
        message: 100,
        ..Limits::default()
    };
    let events = Events::builder().namespace("/", rooms());
    let node = Node::with(events, |builder| builder.limits(limits)).await;
    let ann = node.join().await;
    let all = node.events.of("/");
    let reserved = EmitError::Reserved("disconnect".to_owned());
    assert_eq!(all.emit("disconnect", ()), Err(reserved));
    let long = "x".repeat(100);
    let (len, limit) = (109, 100);
    let too_large = EmitError::TooLarge { len, limit };
    assert_eq!(all.emit("m", (&long,)), Err(too_large.clone()));
    assert_eq!(
        socket(&node, &ann).emit("m", (&long,)).await,
        Err(too_large)
    );
    let many = vec![Binary::default(); 11];
    assert!(matches!(
        all.emit("m", (many,)),
        Err(EmitError::Arguments(_))
    ));
    assert!(ann.heard().await.is_empty());
}

/// Who does not read is passed over by what is volatile, and aborted by what is not; nobody else notices.
#[tokio::test]
async fn a_slow_socket_is_passed_over_or_aborted() {
    let limits = Limits {
        message: 1000,
        log: 3000,
        ..Limits::default()
    };
    let events = Events::builder().namespace("/", rooms());
    let node = Node::with(events, |builder| builder.limits(limits)).await;
    let slow = node.join().await;
    let all = node.events.of("/");
    let long = "x".repeat(900);
    while all.clone().volatile().emit("m", (&long,)) == sent(1) {}
    let report = all
        .clone()
        .volatile()
        .emit("m", (&long,))
        .expect("it can be sent");
    assert_eq!((report.sent, report.skipped), (0, 1));
    let quick = node.join().await;
    let report = all.emit("m", (&long,)).expect("it can be sent");
    assert_eq!((report.sent, report.aborted), (1, 1));
    assert_eq!(
        slow.client().ended().await.code,
        throughline::Code::OVERFLOW
    );
    assert_eq!(quick.heard().await.len(), 1);
}

#[tokio::test]
async fn emit_waits_for_room() {
    let limits = Limits {
        message: 1000,
        log: 3000,
        ..Limits::default()
    };
    let events = Events::builder().namespace("/", rooms());
    let node = Node::with(events, |builder| builder.limits(limits)).await;
    let ann = node.join().await;
    let own = socket(&node, &ann);
    let long = "x".repeat(900);
    while own.try_emit("m", (&long,)).is_ok() {}
    assert_eq!(own.try_emit("m", (&long,)), Err(EmitError::Full));
    let emitting = async {
        for number in 0..20 {
            own.emit("n", (number, &long))
                .await
                .expect("there will be room");
        }
    };
    let hearing = async {
        let mut next = 0;
        while next < 20 {
            let heard = ann.hear().await;
            if heard.starts_with(&format!(r#"2["n",{next},"#)) {
                next += 1;
            } else {
                assert!(heard.starts_with(r#"2["m","#) && next == 0, "{heard:.20}");
            }
        }
    };
    tokio::join!(emitting, hearing);
}

#[tokio::test]
async fn an_answer_waits_for_room() {
    let limits = Limits {
        message: 1000,
        log: 3000,
        ..Limits::default()
    };
    let long = Namespace::new().on("ask", || async { Reply(("x".repeat(900),)) });
    let events = Events::builder().namespace("/", long);
    let node = Node::with(events, |builder| builder.limits(limits)).await;
    let ann = node.join().await;
    for number in 0..20 {
        ann.say(&format!(r#"2{number}["ask"]"#)).await;
    }
    for number in 0..20 {
        let heard = ann.hear().await;
        assert!(
            heard.starts_with(&format!(r#"3{number}["x"#)),
            "{heard:.20}"
        );
    }
}

#[tokio::test]
async fn namespaces_are_apart_and_share_a_session() {
    let events = Events::builder()
        .namespace("/", rooms())
        .namespace("/chat", rooms())
        .namespaces_matching(|name| name.starts_with("/room-"), rooms());
    let node = Node::start(events).await;
    let ann = node.join().await;
    for name in ["/chat", "/room-1"] {
        ann.say(&format!("0{name}")).await;
        assert!(ann.hear().await.starts_with(&format!("0{name},{{")));
    }
    let bob = node.session().await;
    bob.say("0/room-1,").await;
    bob.hear().await;
    assert_eq!(node.events.of("/room-1").emit("m", ()), sent(2));
    assert_eq!(node.events.of("/chat").emit("m", (1,)), sent(1));
    assert_eq!(node.events.of("/room-2").emit("m", ()), sent(0));
    bob.expect(&[r#"2/room-1,["m"]"#]).await;
    ann.expect(&[r#"2/room-1,["m"]"#, r#"2/chat,["m",1]"#])
        .await;
    bob.say("0/elsewhere,").await;
    bob.expect(&[r#"4/elsewhere,{"message":"Invalid namespace"}"#])
        .await;
    bob.say("0/room-?,").await;
    bob.expect(&[r#"4/room-?,{"message":"Invalid namespace"}"#])
        .await;
}

#[tokio::test]
async fn a_name_that_no_packet_can_hold_is_refused() {
    for name in ["", "chat", "/a,b", "/a?b"] {
        let built = Events::builder().namespace(name, Namespace::new()).build();
        let error = built.unwrap_err().to_string();
        assert!(error.contains(&format!("`{name}`")), "{error}");
    }
}

/// Clients of Socket.IO take longer messages than ours. What is too large for some harms nobody, and reaches the others.
#[tokio::test]
async fn who_cannot_take_a_large_event_goes_on_without_it() {
    let node = node(rooms()).await;
    let ours = node.join().await;
    let theirs = node.join_foreign("").await;
    let all = node.events.of("/");
    let long = "x".repeat(100_000);
    let expected = Report {
        sent: 1,
        too_large: 1,
        ..Report::default()
    };
    assert_eq!(all.clone().volatile().emit("m", (&long,)), Ok(expected));
    assert_eq!(all.emit("m", (&long,)), Ok(expected));
    assert_eq!(all.emit("next", ()), sent(2));
    assert_eq!(ours.heard().await, [r#"2["next"]"#]);
    assert_eq!(theirs.heard().await.len(), 3);
}

/// Whose answer cannot come is not waited for.
#[tokio::test]
async fn who_cannot_take_a_question_is_not_waited_for() {
    let node = node(rooms()).await;
    let ours = node.join().await;
    let theirs = node.join_foreign("").await;
    let all = node.events.of("/").timeout(Duration::from_secs(3600));
    let long = "x".repeat(100_000);
    let mut answers = all.emit_with_ack("q", (&long,)).expect("one gets it");
    assert_eq!(answers.report().too_large, 1);
    assert!(theirs.hear().await.starts_with("20["));
    theirs.say("30[1]").await;
    let (socket, _) = soon("the answer", answers.next()).await.expect("one");
    assert_eq!(socket.id(), theirs.id);
    assert!(soon("the end", answers.next()).await.is_none());
    assert!(ours.heard().await.is_empty());
}

/// The attachments of one event count together, and so does the offset of who can come back.
#[tokio::test]
async fn what_nobody_can_take_is_refused_and_ends_nobody() {
    let events = Events::builder()
        .namespace("/", rooms())
        .recovery(Recovery::default());
    let node = Node::start(events).await;
    let ours = node.join().await;
    let own = node.events.of("/").to(&ours.id);
    let part = Binary(vec![0; 60_000].into());
    let refused = own.emit("m", (vec![part; 5],));
    assert!(matches!(refused, Err(EmitError::TooLarge { .. })));
    let theirs = node.join_foreign("").await;
    let own = node.events.of("/").to(&theirs.id);
    let longest = "x".repeat(1_000_000 - r#"2["m",""]"#.len());
    let refused = own.emit("m", (&longest,));
    assert!(matches!(refused, Err(EmitError::TooLarge { .. })));
    assert_eq!(node.events.of("/").emit("next", ()), sent(2));
    assert_eq!(ours.heard().await, [r#"2["next"]"#]);
    let heard = theirs.heard().await;
    assert!(heard[0].starts_with(r#"2["next","#) && heard.len() == 1);
}
