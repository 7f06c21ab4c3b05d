//! Connection state recovery: who comes back misses nothing, or is told that it is somebody else.

use crate::peer::{Node, Peer};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use throughline::events::{
    Auth, Data, DisconnectReason, Events, Namespace, Recovery, Refused, Reply, Socket, State,
};
use throughline::{Admission, Attempt, Identity, Refusal};
use throughline_tests::wait::{soon, until};
use tokio::sync::mpsc;

/// A namespace in which sockets join rooms and have state.
fn plain() -> Namespace {
    Namespace::new()
        .on(
            "join",
            |socket: Socket, Data((room,)): Data<(String,)>| async move {
                socket.join(&room);
                Reply(())
            },
        )
        .on(
            "leave",
            |socket: Socket, Data((room,)): Data<(String,)>| async move {
                socket.leave(&room);
                Reply(())
            },
        )
        .on(
            "set",
            |socket: Socket, Data((value,)): Data<(u8,)>| async move {
                socket.set_state(value);
                Reply(())
            },
        )
        .on(
            "get",
            |State(value): State<u8>| async move { Reply((value,)) },
        )
        .on("recovered", |socket: Socket| async move {
            Reply((socket.recovered(),))
        })
        .on("sync", || async { Reply(()) })
}

async fn start(namespace: Namespace, recovery: Recovery) -> Node {
    let events = Events::builder()
        .namespace("/", namespace)
        .recovery(recovery);
    Node::start(events).await
}

/// What is remembered of a peer that is gone.
struct Ticket {
    pid: String,
    offset: Option<String>,
    id: String,
}

impl Ticket {
    fn of(peer: &Peer, offset: Option<&str>) -> Self {
        Self {
            pid: peer.pid.clone().expect("recovery is on"),
            offset: offset.map(str::to_owned),
            id: peer.id.clone(),
        }
    }

    fn auth(&self) -> String {
        match &self.offset {
            Some(offset) => json!({"pid": self.pid, "offset": offset}).to_string(),
            None => json!({"pid": self.pid}).to_string(),
        }
    }

    /// Comes back to the same socket.
    async fn resume(&self, node: &Node) -> Peer {
        let peer = node.join_foreign(&self.auth()).await;
        assert_eq!((&peer.id, peer.pid.as_ref()), (&self.id, Some(&self.pid)));
        assert!(ask(&peer, "recovered").await.contains("true"));
        peer
    }

    /// Comes back to a fresh socket, and knows it.
    async fn fail(&self, node: &Node) -> Peer {
        let peer = node.join_foreign(&self.auth()).await;
        assert_ne!(peer.id, self.id);
        assert_ne!(peer.pid.as_ref(), Some(&self.pid));
        peer
    }
}

/// An answer; what comes before it is dropped.
async fn ask(peer: &Peer, event: &str) -> String {
    peer.say(&format!(r#"2777["{event}"]"#)).await;
    loop {
        let heard = peer.hear().await;
        if let Some(answer) = heard.strip_prefix("3777") {
            return answer.to_owned();
        }
    }
}

async fn enter(peer: &Peer, verb: &str, room: &str) {
    peer.say(&format!(r#"20["{verb}","{room}"]"#)).await;
    peer.expect(&["30[]"]).await;
}

/// The events that were heard, each without its offset, and the last offset.
async fn heard(peer: &Peer) -> (Vec<String>, Option<String>) {
    let mut names = Vec::new();
    let mut offset = None;
    for text in peer.heard().await {
        let json = text.strip_prefix('2').expect("an event");
        let mut args: Vec<Value> = serde_json::from_str(json).expect("JSON");
        offset = args.pop().and_then(|last| last.as_str().map(str::to_owned));
        names.push(serde_json::to_string(&args).expect("it was JSON"));
    }
    (names, offset)
}

/// Ends a session as a network would, and waits until the server knows.
async fn lose(node: &Node, peer: Peer) {
    let all = node.events.of("/").to(&peer.id);
    drop(peer);
    until("the server to notice", || all.sockets().is_empty()).await;
}

fn emit(node: &Node, room: Option<&str>, event: &str) {
    let all = node.events.of("/");
    let meant = match room {
        Some(room) => all.to(room),
        None => all,
    };
    meant.emit(event, ()).expect("it can be sent");
}

#[tokio::test]
async fn without_recovery_there_is_no_pid() {
    let node = Node::start(Events::builder().namespace("/", plain())).await;
    let peer = node.join_foreign(r#"{"pid":"x","offset":"y"}"#).await;
    assert_eq!(peer.pid, None);
    emit(&node, None, "m");
    assert_eq!(peer.heard().await, [r#"2["m"]"#]);
}

/// Their sessions lose nothing, so there is nothing to come back for, and no offset in their arguments.
#[tokio::test]
async fn our_own_clients_need_none() {
    let node = start(plain(), Recovery::default()).await;
    let ours = node.join().await;
    let theirs = node.join_foreign("").await;
    assert_eq!(ours.pid, None);
    assert!(theirs.pid.is_some());
    emit(&node, None, "m");
    assert_eq!(ours.heard().await, [r#"2["m"]"#]);
    assert_eq!(heard(&theirs).await.0, [r#"["m"]"#]);
}

#[tokio::test]
async fn who_comes_back_gets_what_it_missed_with_its_rooms_and_state() {
    let node = start(plain(), Recovery::default()).await;
    let peer = node.join_foreign("").await;
    enter(&peer, "join", "a").await;
    peer.say(r#"20["set",7]"#).await;
    peer.expect(&["30[]"]).await;
    emit(&node, None, "seen");
    let (_, offset) = heard(&peer).await;
    let ticket = Ticket::of(&peer, offset.as_deref());
    lose(&node, peer).await;
    emit(&node, None, "to all");
    emit(&node, Some("a"), "to a");
    emit(&node, Some("b"), "to b");
    emit(&node, Some(&ticket.id), "to itself");
    node.events
        .of("/")
        .except("a")
        .emit("not a", ())
        .expect("it can be sent");
    node.events
        .of("/")
        .volatile()
        .emit("volatile", ())
        .expect("it can be sent");
    let auth = ticket.auth();
    let peer = node.join_foreign(&auth).await;
    assert_eq!(peer.id, ticket.id);
    let (missed, _) = heard(&peer).await;
    assert_eq!(missed, [r#"["to all"]"#, r#"["to a"]"#, r#"["to itself"]"#]);
    assert_eq!(ask(&peer, "get").await, "[7]");
    assert_eq!(ask(&peer, "recovered").await, "[true]");
    emit(&node, Some("a"), "still in a");
    assert_eq!(heard(&peer).await.0, [r#"["still in a"]"#]);
}

/// The reference loses everything here, since it remembers a socket only when it has noticed its end.
#[tokio::test]
async fn it_works_while_the_server_believes_in_the_old_session() {
    let (told, mut reasons) = mpsc::unbounded_channel();
    let namespace = plain().on_disconnect(move |reason: DisconnectReason| {
        let told = told.clone();
        async move { told.send(reason).expect("the test listens") }
    });
    let node = start(namespace, Recovery::default()).await;
    let old = node.join_foreign("").await;
    enter(&old, "join", "a").await;
    let ticket = Ticket::of(&old, None);
    emit(&node, Some("a"), "into the void");
    let before = node.events.of("/").sockets().remove(0);
    let peer = node.join_foreign(&ticket.auth()).await;
    assert_eq!(peer.id, ticket.id);
    let reason = soon("the end of the old socket", reasons.recv()).await;
    assert_eq!(reason, Some(DisconnectReason::TransportClose));
    // The old one is a stranger, although it has the same id.
    before.leave("a");
    before.disconnect();
    assert_eq!(heard(&peer).await.0, [r#"["into the void"]"#]);
    assert_eq!(node.events.of("/").to("a").sockets().len(), 1);
    old.closed().await;
}

#[tokio::test]
async fn it_works_for_who_has_received_nothing_and_again_and_again() {
    let node = start(plain(), Recovery::default()).await;
    let peer = node.join_foreign("").await;
    let mut ticket = Ticket::of(&peer, None);
    lose(&node, peer).await;
    for round in ["first", "second", "third"] {
        emit(&node, None, round);
        let peer = node.join_foreign(&ticket.auth()).await;
        assert_eq!(peer.id, ticket.id);
        let (missed, offset) = heard(&peer).await;
        assert_eq!(missed, [format!(r#"["{round}"]"#)]);
        ticket.offset = offset;
        lose(&node, peer).await;
    }
}

#[tokio::test]
async fn a_volatile_event_has_an_offset_too() {
    let node = start(plain(), Recovery::default()).await;
    let peer = node.join_foreign("").await;
    emit(&node, None, "kept");
    let volatile = node.events.of("/").volatile();
    volatile
        .emit("volatile", ("words",))
        .expect("it can be sent");
    let (names, offset) = heard(&peer).await;
    assert_eq!(names, [r#"["kept"]"#, r#"["volatile","words"]"#]);
    let ticket = Ticket::of(&peer, offset.as_deref());
    lose(&node, peer).await;
    emit(&node, None, "missed");
    let peer = node.join_foreign(&ticket.auth()).await;
    assert_eq!(heard(&peer).await.0, [r#"["missed"]"#]);
}

#[tokio::test]
async fn an_event_that_asks_for_an_answer_has_no_offset() {
    let node = start(plain(), Recovery::default()).await;
    let peer = node.join_foreign("").await;
    let answers = node
        .events
        .of("/")
        .emit_with_ack("q", ("a",))
        .expect("it is sent");
    assert_eq!(peer.heard().await, [r#"20["q","a"]"#]);
    drop(answers);
    let ticket = Ticket::of(&peer, None);
    lose(&node, peer).await;
    ticket.resume(&node).await;
}

/// An offset of another time says nothing; what was missed since the socket connected is known all the same.
#[tokio::test]
async fn an_offset_that_is_not_ours_is_as_good_as_none() {
    let node = start(plain(), Recovery::default()).await;
    emit(&node, None, "before");
    let first = node.join_foreign("").await;
    emit(&node, None, "one");
    let (_, offset) = heard(&first).await;
    let peer = node.join_foreign("").await;
    let old_offset = Ticket::of(&peer, offset.as_deref());
    lose(&node, peer).await;
    let peer = node.join_foreign("").await;
    let foreign = Ticket::of(&peer, Some("elsewhere.7"));
    lose(&node, peer).await;
    emit(&node, None, "two");
    for ticket in [old_offset, foreign] {
        let peer = node.join_foreign(&ticket.auth()).await;
        assert_eq!(peer.id, ticket.id);
        assert_eq!(heard(&peer).await.0, [r#"["two"]"#]);
    }
}

#[tokio::test]
async fn rooms_count_as_they_were_when_an_event_was_sent() {
    let node = start(plain(), Recovery::default()).await;
    let peer = node.join_foreign("").await;
    let ticket = Ticket::of(&peer, None);
    enter(&peer, "join", "a").await;
    emit(&node, Some("a"), "in a");
    emit(&node, Some("b"), "not yet in b");
    peer.hear().await;
    enter(&peer, "leave", "a").await;
    enter(&peer, "join", "b").await;
    emit(&node, Some("a"), "no more in a");
    emit(&node, Some("b"), "in b");
    peer.hear().await;
    lose(&node, peer).await;
    let peer = node.join_foreign(&ticket.auth()).await;
    assert_eq!(peer.id, ticket.id);
    assert_eq!(heard(&peer).await.0, [r#"["in a"]"#, r#"["in b"]"#]);
}

#[tokio::test]
async fn what_is_not_there_any_more_makes_a_fresh_socket() {
    let recovery = Recovery {
        events: 3,
        ..Recovery::default()
    };
    let node = start(plain(), recovery).await;
    let peer = node.join_foreign("").await;
    let ticket = Ticket::of(&peer, None);
    lose(&node, peer).await;
    for _ in 0..3 {
        emit(&node, None, "m");
    }
    let peer = ticket.resume(&node).await;
    lose(&node, peer).await;
    emit(&node, None, "m");
    let fresh = ticket.fail(&node).await;
    assert_eq!(ask(&fresh, "recovered").await, "[false]");
}

/// Of rooms that were left, only some are remembered; what was missed in others is not known any more.
#[tokio::test]
async fn who_changed_rooms_too_often_gets_a_fresh_socket() {
    let node = start(plain(), Recovery::default()).await;
    let peer = node.join_foreign("").await;
    let ticket = Ticket::of(&peer, None);
    emit(&node, None, "m");
    peer.hear().await;
    for room in 0..33 {
        enter(&peer, "join", &room.to_string()).await;
        enter(&peer, "leave", &room.to_string()).await;
    }
    emit(&node, None, "n");
    let (_, offset) = heard(&peer).await;
    let known = Ticket {
        offset,
        ..Ticket::of(&peer, None)
    };
    lose(&node, peer).await;
    let peer = known.resume(&node).await;
    lose(&node, peer).await;
    ticket.fail(&node).await;
}

#[tokio::test]
async fn who_left_or_was_disconnected_does_not_come_back() {
    let node = start(plain(), Recovery::default()).await;
    let peer = node.join_foreign("").await;
    let left = Ticket::of(&peer, None);
    peer.say("1").await;
    let other = node.join_foreign("").await;
    let dismissed = Ticket::of(&other, None);
    node.events.of("/").to(&other.id).disconnect();
    let all = node.events.of("/");
    until("both to be gone", || all.sockets().is_empty()).await;
    left.fail(&node).await;
    dismissed.fail(&node).await;
}

/// A node whose next session is that of whom the test names.
async fn start_named(name: &Arc<Mutex<&'static str>>) -> Node {
    let events = Events::builder()
        .namespace("/", plain())
        .recovery(Recovery::default());
    let name = name.clone();
    Node::with(events, |builder| {
        builder.authenticate(move |_: Attempt| {
            let name = *name.lock().expect("nobody panics");
            async move { Ok::<_, Refusal>(Admission::new(Identity::new(name))) }
        })
    })
    .await
}

#[tokio::test]
async fn who_was_put_out_does_not_come_back() {
    let node = start_named(&Arc::new(Mutex::new("ann"))).await;
    let all = node.events.of("/");
    let peer = node.join_foreign("").await;
    let logged_out = Ticket::of(&peer, None);
    assert_eq!(node.realtime().log_out(&Identity::new("ann")), 1);
    until("the end", || all.sockets().is_empty()).await;
    let peer = node.join_foreign("").await;
    let aborted = Ticket::of(&peer, None);
    all.sockets().remove(0).session().abort("transport error");
    until("the end", || all.sockets().is_empty()).await;
    logged_out.fail(&node).await;
    aborted.fail(&node).await;
}

#[tokio::test]
async fn a_socket_is_its_owner_s_alone() {
    let name = Arc::new(Mutex::new("ann"));
    let node = start_named(&name).await;
    let peer = node.join_foreign("").await;
    let ticket = Ticket::of(&peer, None);
    lose(&node, peer).await;
    *name.lock().expect("nobody panics") = "eve";
    ticket.fail(&node).await;
    *name.lock().expect("nobody panics") = "ann";
    ticket.resume(&node).await;
}

#[tokio::test]
async fn only_so_many_sockets_are_remembered() {
    let recovery = Recovery {
        sockets: 2,
        ..Recovery::default()
    };
    let node = start(plain(), recovery).await;
    let mut tickets = Vec::new();
    for _ in 0..3 {
        let peer = node.join_foreign("").await;
        tickets.push(Ticket::of(&peer, None));
        lose(&node, peer).await;
    }
    let _stranger = tickets[0].fail(&node).await;
    let _first = tickets[1].resume(&node).await;
    let _second = tickets[2].resume(&node).await;
}

#[tokio::test]
async fn who_comes_and_goes_pushes_nobody_out() {
    let recovery = Recovery {
        sockets: 2,
        ..Recovery::default()
    };
    let node = start(plain(), recovery).await;
    let quiet = node.join_foreign("").await;
    let remembered = Ticket::of(&quiet, None);
    lose(&node, quiet).await;
    let mut restless = node.join_foreign("").await;
    let ticket = Ticket::of(&restless, None);
    for _ in 0..3 {
        lose(&node, restless).await;
        restless = ticket.resume(&node).await;
    }
    remembered.resume(&node).await;
}

#[tokio::test]
async fn guards_are_asked_again_only_where_that_is_wanted() {
    for (guards_again, is_let_in) in [(false, true), (true, false)] {
        let namespace = plain().guard(|Auth(auth): Auth<Value>| async move {
            match auth.get("word").is_some() {
                true => Ok(()),
                false => Err(Refused::new("no")),
            }
        });
        let recovery = Recovery {
            guards_again,
            ..Recovery::default()
        };
        let node = start(namespace, recovery).await;
        let peer = node.join_foreign(r#"{"word":1}"#).await;
        let ticket = Ticket::of(&peer, None);
        lose(&node, peer).await;
        let peer = node.foreign_session().await;
        peer.say(&format!("0{}", ticket.auth())).await;
        assert_eq!(peer.hear().await.starts_with('0'), is_let_in);
    }
}

/// A client that is there goes on without an event that is too large for it, and so does one that was away.
#[tokio::test]
async fn what_is_too_large_is_left_out_of_what_was_missed() {
    let node = start(plain(), Recovery::default()).await;
    let peer = node.join_foreign("").await;
    let ticket = Ticket::of(&peer, None);
    lose(&node, peer).await;
    emit(&node, None, "before");
    let long = "x".repeat(1_000_000);
    let all = node.events.of("/");
    all.emit("long", (&long,))
        .expect("nobody is there to refuse");
    emit(&node, None, "behind");
    let peer = node.join_foreign(&ticket.auth()).await;
    assert_eq!(peer.id, ticket.id);
    let (missed, _) = heard(&peer).await;
    assert_eq!(missed, [r#"["before"]"#, r#"["behind"]"#]);
    emit(&node, None, "now");
    assert_eq!(heard(&peer).await.0, [r#"["now"]"#]);
}

/// More was missed than a session can hold at once, and events go on meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn much_that_was_missed_comes_whole_and_in_order() {
    const MISSED: usize = 2000;
    const MORE: usize = 500;
    let node = start(plain(), Recovery::default()).await;
    let peer = node.join_foreign("").await;
    let ticket = Ticket::of(&peer, None);
    lose(&node, peer).await;
    let long = "x".repeat(500);
    let all = node.events.of("/");
    for number in 0..MISSED {
        all.emit("n", (number, &long)).expect("it can be sent");
    }
    let peer = node.join_foreign(&ticket.auth()).await;
    assert_eq!(peer.id, ticket.id);
    let hearing = async {
        for number in 0..MISSED + MORE {
            let heard = peer.hear().await;
            assert!(
                heard.starts_with(&format!(r#"2["n",{number},"#)),
                "{number}: {heard:.30}"
            );
        }
    };
    let emitting = async {
        let own = node.events.of("/").sockets().remove(0);
        for number in MISSED..MISSED + MORE {
            own.emit("n", (number, &long)).await.expect("it is kept");
        }
    };
    tokio::join!(hearing, emitting);
}
