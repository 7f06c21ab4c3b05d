//! Handlers: what they get, what they answer, and what happens when they fail.

use crate::peer::{Node, node};
use serde::Deserialize;
use std::sync::Arc;
use throughline::events::{
    Ack, Args, Auth, Binary, Data, DisconnectReason, Event, Events, Handshake, Namespace, Refused,
    Reply, Socket, State,
};
use throughline_tests::wait::soon;
use tokio::sync::mpsc;

#[tokio::test]
async fn a_handler_gets_its_arguments_and_answers() {
    let namespace = Namespace::new()
        .on("add", |Data((a, b)): Data<(i64, i64)>| async move {
            Reply((a + b,))
        })
        .on("nothing", || async {})
        .on("maybe", |Data((is,)): Data<(bool,)>| async move {
            is.then_some(Reply(()))
        })
        .on("echo", |args: Args| async move { Reply(args) });
    let peer = node(namespace).await.join().await;
    peer.say(r#"21["add",1,2]"#).await;
    peer.say(r#"22["add","1",2]"#).await;
    peer.say(r#"23["nothing"]"#).await;
    peer.say(r#"24["maybe",false]"#).await;
    peer.say(r#"25["maybe",true]"#).await;
    peer.say(r#"2["add",1,2]"#).await;
    peer.say(r#"2007["echo",12345678901234567890,{"a" : [null]}]"#)
        .await;
    peer.expect(&[
        "31[3]",
        "35[]",
        r#"37[12345678901234567890,{"a" : [null]}]"#,
    ])
    .await;
}

#[tokio::test]
async fn binary_data_travels_both_ways() {
    let namespace = Namespace::new()
        .on("echo", |args: Args| async move { Reply(args) })
        .on(
            "reverse",
            |socket: Socket, Data((bytes, word)): Data<(Binary, String)>| async move {
                let mut bytes = bytes.0.to_vec();
                bytes.reverse();
                let _ = socket.emit("reversed", (word, Binary::from(bytes))).await;
            },
        );
    let peer = node(namespace).await.join().await;
    let placeholder = r#"{"_placeholder":true,"num":0}"#;
    peer.say(&format!(r#"51-4["echo",{placeholder},"a"]"#))
        .await;
    peer.send(vec![1, 2, 3]).await;
    assert_eq!(peer.hear().await, format!(r#"61-4[{placeholder},"a"]"#));
    assert_eq!(peer.bytes().await, [1, 2, 3]);
    peer.say(&format!(r#"51-["reverse",{placeholder},"a"]"#))
        .await;
    peer.send(vec![1, 2, 3]).await;
    assert_eq!(
        peer.hear().await,
        format!(r#"51-["reversed","a",{placeholder}]"#)
    );
    assert_eq!(peer.bytes().await, [3, 2, 1]);
}

#[tokio::test]
async fn an_answer_can_be_given_later_and_once() {
    let namespace = Namespace::new().on("later", |ack: Ack| async move {
        assert!(ack.is_awaited());
        tokio::spawn(async move {
            let again = ack.clone();
            ack.send(("first",)).await.expect("there is room");
            again.send(("second",)).await.expect("it is ignored");
            assert!(!again.is_awaited());
        });
    });
    let namespace = namespace.on("sync", || async { Reply(()) });
    let peer = node(namespace).await.join().await;
    peer.say(r#"21["later"]"#).await;
    peer.expect(&[r#"31["first"]"#]).await;
    assert!(peer.heard().await.is_empty());
}

#[tokio::test]
async fn a_catch_all_sees_every_event_first() {
    let namespace = Namespace::new()
        .on("known", |socket: Socket| async move {
            let _ = socket.emit("handled", ()).await;
        })
        .on_any(|socket: Socket, event: Event| async move {
            let name = event.name().to_owned();
            let _ = socket.emit("any", (name, event.args().is_empty())).await;
        });
    let peer = node(namespace).await.join().await;
    peer.say(r#"2["known"]"#).await;
    peer.say(r#"2["unknown",1]"#).await;
    peer.say("2[7]").await;
    peer.expect(&[
        r#"2["any","known",true]"#,
        r#"2["handled"]"#,
        r#"2["any","unknown",false]"#,
        r#"2["any","7",true]"#,
    ])
    .await;
}

#[derive(Clone, Deserialize)]
struct Login {
    user: String,
}

#[tokio::test]
async fn guards_are_asked_in_order_and_the_first_refusal_counts() {
    let namespace = Namespace::new()
        .guard(|socket: Socket, Auth(login): Auth<Login>| async move {
            assert_eq!(
                socket.emit("too early", ()).await,
                Err(throughline::events::EmitError::Disconnected)
            );
            socket.set_state(login);
        })
        .guard(|State(login): State<Login>| async move {
            match login.user.as_str() {
                "eve" => Err(Refused::new("Auth failed").data(("try", "again"))),
                _ => Ok(()),
            }
        })
        .on("who", |State(login): State<Login>| async move {
            Reply((login.user,))
        });
    let node = node(namespace).await;
    let mut peer = node.session().await;
    for (auth, refusal) in [
        ("", r#"4{"message":"invalid credentials"}"#),
        (
            r#"{"user":"eve"}"#,
            r#"4{"message":"Auth failed","data":["try","again"]}"#,
        ),
    ] {
        peer.say(&format!("0{auth}")).await;
        assert_eq!(peer.hear().await, refusal);
    }
    peer.connect(r#"{"user":"ann"}"#).await;
    peer.say(r#"21["who"]"#).await;
    peer.expect(&[r#"31["ann"]"#]).await;
}

#[tokio::test]
async fn a_handshake_tells_of_the_request() {
    let namespace = Namespace::new().on("hello", |told: Handshake| async move {
        let host = told.header("host").unwrap_or_default().to_owned();
        let path = told.request().map(|request| request.uri.path().to_owned());
        Reply((host, path, told.address()))
    });
    let peer = node(namespace).await.join().await;
    peer.say(r#"21["hello"]"#).await;
    let answer = peer.hear().await;
    assert!(answer.contains("127.0.0.1"), "{answer}");
    assert!(answer.contains("/websocket"), "{answer}");
}

async fn fail() {
    panic!("as it should");
}

#[tokio::test]
async fn a_handler_that_panics_ends_its_socket_alone() {
    let (told, mut reasons) = mpsc::unbounded_channel();
    let namespace = Namespace::new()
        .on("fail", fail)
        .on("sync", || async { Reply(()) })
        .on_disconnect(move |reason: DisconnectReason| {
            let told = told.clone();
            async move { told.send(reason).expect("the test listens") }
        });
    let events = Events::builder()
        .namespace("/", namespace)
        .namespace("/other", Namespace::new().on("hi", || async { Reply(()) }));
    let node = Node::start(events).await;
    let mut unlucky = node.join().await;
    unlucky.say("0/other,").await;
    unlucky.hear().await;
    let other = node.join().await;
    unlucky.say(r#"2["fail"]"#).await;
    unlucky.say(r#"21["sync"]"#).await;
    unlucky.expect(&["1"]).await;
    let reason = soon("the end of the socket", reasons.recv()).await;
    assert_eq!(reason, Some(DisconnectReason::HandlerPanicked));
    // The session goes on, and so does everybody else.
    unlucky.say(r#"2/other,2["hi"]"#).await;
    unlucky.expect(&["3/other,2[]"]).await;
    assert!(other.heard().await.is_empty());
    unlucky.connect("").await;
    assert!(unlucky.heard().await.is_empty());
}

#[tokio::test]
async fn a_guard_or_on_connect_that_panics_harms_nobody_else() {
    let namespace = Namespace::new()
        .guard(|Auth(what): Auth<serde_json::Value>| async move {
            assert!(what.get("guard").is_none());
        })
        .on_connect(|Auth(what): Auth<serde_json::Value>| async move {
            assert!(what.get("connect").is_none());
        })
        .on("sync", || async { Reply(()) });
    let mut peer = node(namespace).await.session().await;
    peer.say(r#"0{"guard":1}"#).await;
    peer.expect(&[r#"4{"message":"internal error"}"#]).await;
    peer.connect(r#"{"connect":1}"#).await;
    peer.expect(&["1"]).await;
    peer.connect("").await;
    assert!(peer.heard().await.is_empty());
}

#[tokio::test]
async fn state_is_kept_with_each_socket() {
    let namespace = Namespace::new()
        .on(
            "set",
            |socket: Socket, Data((value,)): Data<(u8,)>| async move {
                socket.set_state(Arc::new(value));
            },
        )
        .on("get", |State(value): State<Arc<u8>>| async move {
            Reply((*value,))
        })
        .on("sync", || async { Reply(()) });
    let node = node(namespace).await;
    let (ann, bob) = (node.join().await, node.join().await);
    ann.say(r#"2["set",7]"#).await;
    ann.say(r#"21["get"]"#).await;
    bob.say(r#"21["get"]"#).await;
    ann.expect(&["31[7]"]).await;
    assert!(bob.heard().await.is_empty());
}
