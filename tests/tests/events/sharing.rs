//! The sockets of a session share its task: none waits for another, and what is under way comes to its end, whatever becomes of
//! the task.

use crate::peer::{Node, Peer};
use std::sync::Arc;
use std::time::Duration;
use throughline::Throughline;
use throughline::events::{
    AckError, Data, DisconnectReason, Events, EventsBuilder, Namespace, Reply, Socket,
};
use throughline_tests::wait::soon;
use tokio::sync::{Notify, mpsc};

/// A client in `/` and in `/other`, whose events these namespaces handle.
async fn in_both(root: Namespace, other: Namespace) -> (Node, Peer) {
    let events = Events::builder()
        .namespace("/", root)
        .namespace("/other", other);
    let node = Node::start(events).await;
    let peer = node.join().await;
    peer.say("0/other,").await;
    peer.hear().await;
    (node, peer)
}

/// A namespace with a handler that waits.
fn waiting(go: &Arc<Notify>) -> Namespace {
    let go = go.clone();
    Namespace::new().on("wait", move || {
        let go = go.clone();
        async move {
            go.notified().await;
            Reply(("waited",))
        }
    })
}

#[tokio::test]
async fn a_handler_that_waits_holds_up_no_other_namespace() {
    let go = Arc::new(Notify::new());
    let wake = go.clone();
    let other = Namespace::new()
        .on("hi", || async { Reply(()) })
        .on("go", move || {
            wake.notify_one();
            async {}
        });
    let (_node, peer) = in_both(waiting(&go), other).await;
    peer.say(r#"21["wait"]"#).await;
    peer.say(r#"2/other,2["hi"]"#).await;
    peer.expect(&["3/other,2[]"]).await;
    peer.say(r#"2/other,["go"]"#).await;
    peer.expect(&[r#"31["waited"]"#]).await;
}

#[tokio::test]
async fn guards_that_think_hold_up_no_other_namespace() {
    let go = Arc::new(Notify::new());
    let wait = go.clone();
    let slow = Namespace::new().guard(move || {
        let wait = wait.clone();
        async move { wait.notified().await }
    });
    let root = Namespace::new().on("hi", || async { Reply(()) });
    let events = Events::builder()
        .namespace("/", root)
        .namespace("/slow", slow);
    let peer = Node::start(events).await.join().await;
    peer.say("0/slow,").await;
    peer.say(r#"21["hi"]"#).await;
    peer.expect(&["31[]"]).await;
    go.notify_one();
    assert!(peer.hear().await.starts_with("0/slow,{"));
}

async fn work_for_ever() {
    loop {
        tokio::task::coop::consume_budget().await;
    }
}

/// One that always finds something to do is stopped by the runtime now and then, and so are those behind it.
#[tokio::test]
async fn a_handler_that_uses_up_its_turns_holds_up_no_other_namespace() {
    let greedy = || Namespace::new().on("work", work_for_ever);
    let modest = Namespace::new().on("work", || async {
        for _ in 0..1000 {
            tokio::task::coop::consume_budget().await;
        }
        Reply(())
    });
    let events = Events::builder()
        .namespace("/", greedy())
        .namespace("/modest", modest)
        .namespace("/z", greedy());
    let peer = Node::start(events).await.join().await;
    for namespace in ["/modest", "/z"] {
        peer.say(&format!("0{namespace},")).await;
        peer.hear().await;
    }
    for event in [r#"2["work"]"#, r#"2/z,["work"]"#, r#"2/modest,1["work"]"#] {
        peer.say(event).await;
    }
    peer.expect(&["3/modest,1[]"]).await;
}

async fn fail_after(wait: Arc<Notify>) {
    wait.notified().await;
    panic!("as it should");
}

#[tokio::test]
async fn a_handler_that_panics_after_a_wait_ends_its_socket_alone() {
    let go = Arc::new(Notify::new());
    let (wait, wake) = (go.clone(), go);
    let root = Namespace::new().on("fail", move || fail_after(wait.clone()));
    let other = Namespace::new()
        .on("hi", || async { Reply(()) })
        .on("go", move || {
            wake.notify_one();
            async {}
        });
    let (_node, peer) = in_both(root, other).await;
    peer.say(r#"2["fail"]"#).await;
    peer.say(r#"2/other,["go"]"#).await;
    peer.expect(&["1"]).await;
    peer.say(r#"2/other,2["hi"]"#).await;
    peer.expect(&["3/other,2[]"]).await;
}

/// A handler may end the sockets of other namespaces, of the same session or not.
#[tokio::test]
async fn a_socket_that_another_one_ends_is_seen_off() {
    let (told, mut reasons) = mpsc::unbounded_channel();
    let other = Namespace::new().on_disconnect(move |reason: DisconnectReason| {
        let told = told.clone();
        async move { told.send(reason).expect("the test listens") }
    });
    let events = Arc::new(std::sync::OnceLock::<Events>::new());
    let known = events.clone();
    let root = Namespace::new().on("end", move || {
        let events = known.get().expect("the node runs").clone();
        async move { events.of("/other").disconnect() }
    });
    let (node, peer) = in_both(root, other).await;
    let _ = events.set(node.events.clone());
    peer.say(r#"2["end"]"#).await;
    peer.expect(&["1/other,"]).await;
    let reason = soon("the end of the socket", reasons.recv()).await;
    assert_eq!(reason, Some(DisconnectReason::ServerNamespaceDisconnect));
}

/// What handlers of one client tell as they run.
fn telling(go: &Arc<Notify>) -> (EventsBuilder, mpsc::UnboundedReceiver<String>) {
    let (told, heard) = mpsc::unbounded_channel();
    let tell = move |words: String| told.send(words).expect("the test listens");
    let (go, waited, next, ended) = (go.clone(), tell.clone(), tell.clone(), tell);
    let namespace = Namespace::new()
        .on("ask", move |socket: Socket| {
            let (go, waited) = (go.clone(), waited.clone());
            async move {
                let patience = Duration::from_secs(3600);
                let answer = socket.emit_with_ack("question", (), patience).await;
                assert_eq!(answer.expect_err("nobody answers"), AckError::Disconnected);
                go.notified().await;
                waited("waited".to_owned());
            }
        })
        .on("n", move |Data((number,)): Data<(u64,)>| {
            next(number.to_string());
            async {}
        })
        .on_disconnect(move |reason: DisconnectReason| {
            ended(reason.to_string());
            async {}
        });
    (Events::builder().namespace("/", namespace), heard)
}

/// Says what keeps a handler busy, and what waits behind it.
async fn ask(peer: &Peer) {
    for text in [r#"2["ask"]"#, r#"2["n",1]"#, r#"2["n",2]"#] {
        peer.say(text).await;
    }
    assert!(peer.hear().await.ends_with(r#"["question"]"#));
}

async fn expect(heard: &mut mpsc::UnboundedReceiver<String>, all: &[&str]) {
    for words in all {
        let next = soon("what a handler tells", heard.recv()).await;
        assert_eq!(next.as_deref(), Some(*words));
    }
}

#[tokio::test]
async fn what_is_under_way_outlives_who_serves_it() {
    let (go, stop) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (events, mut heard) = telling(&go);
    let events = events.build().expect("the names are names");
    let (serving, stopped) = (events.clone(), stop.clone());
    let builder = Throughline::builder().on_session(move |session| {
        let (events, stopped) = (serving.clone(), stopped.clone());
        async move {
            tokio::select! {
                () = events.serve(session) => {}
                () = stopped.notified() => {}
            }
        }
    });
    let node = Node::of(events, builder).await;
    let peer = node.join().await;
    ask(&peer).await;
    // What it says behind the answer to this has been taken.
    peer.say("0/unknown,").await;
    assert!(peer.hear().await.starts_with("4/unknown,"));
    stop.notify_one();
    go.notify_one();
    expect(&mut heard, &["waited", "1", "2", "forced close"]).await;
}

#[tokio::test]
async fn what_is_under_way_outlives_its_session() {
    let go = Arc::new(Notify::new());
    let (events, mut heard) = telling(&go);
    let node = Node::start(events).await;
    let peer = node.join().await;
    ask(&peer).await;
    peer.client().close(1000, "");
    peer.ended().await;
    go.notify_one();
    expect(&mut heard, &["waited", "1", "2", "transport close"]).await;
}
