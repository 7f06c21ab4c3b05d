//! Order: the events of a socket are handled as they were sent, whatever the runtime does.

use crate::peer::{Node, node};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use throughline::events::{
    AckError, Data, DisconnectReason, Events, EventsBuilder, Namespace, Reply, Socket, concurrent,
};
use throughline_core::session::Transport;
use throughline_tests::wait::soon;
use tokio::sync::{Notify, Semaphore, mpsc};

const EVENTS: u64 = 5000;

/// Sends many events, and counts how often one was handled that is not the next.
async fn inversions(transport: Transport) -> u64 {
    let last = Arc::new(AtomicU64::new(0));
    let wrong = Arc::new(AtomicU64::new(0));
    let (handled, inverted) = (last.clone(), wrong.clone());
    let namespace = Namespace::new().on("n", move |Data((number,)): Data<(u64,)>| {
        let (handled, inverted) = (handled.clone(), inverted.clone());
        async move {
            tokio::task::yield_now().await;
            if handled.swap(number, Ordering::SeqCst) + 1 != number {
                inverted.fetch_add(1, Ordering::SeqCst);
            }
            Reply((number,))
        }
    });
    let node = node(namespace).await;
    let mut peer = node.session_over(transport).await;
    peer.connect("").await;
    let asking = async {
        for number in 1..=EVENTS {
            peer.say(&format!(r#"2{number}["n",{number}]"#)).await;
        }
    };
    let hearing = async {
        for number in 1..=EVENTS {
            assert_eq!(peer.hear().await, format!("3{number}[{number}]"));
        }
    };
    tokio::join!(asking, hearing);
    assert_eq!(last.load(Ordering::SeqCst), EVENTS);
    wrong.load(Ordering::SeqCst)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn events_are_handled_in_order_over_websocket() {
    assert_eq!(inversions(Transport::WebSocket).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn events_are_handled_in_order_over_polling() {
    assert_eq!(inversions(Transport::LongPoll).await, 0);
}

#[tokio::test]
async fn a_concurrent_handler_does_not_hold_up_the_next_event() {
    let go = Arc::new(Notify::new());
    let (wait, wake) = (go.clone(), go);
    let namespace = Namespace::new()
        .on(
            "slow",
            concurrent(move || {
                let wait = wait.clone();
                async move {
                    wait.notified().await;
                    Reply(("slow",))
                }
            }),
        )
        .on("go", move || {
            wake.notify_one();
            async { Reply(("go",)) }
        });
    let peer = node(namespace).await.join().await;
    peer.say(r#"21["slow"]"#).await;
    peer.say(r#"22["go"]"#).await;
    let mut answers = [peer.hear().await, peer.hear().await];
    answers.sort();
    assert_eq!(answers, [r#"31["slow"]"#, r#"32["go"]"#]);
}

#[tokio::test]
async fn each_handler_of_an_event_runs_once_though_one_waits() {
    let (told, mut heard) = mpsc::unbounded_channel();
    let turns = Arc::new(Semaphore::new(0));
    let tell = |who: &'static str, turns: Option<Arc<Semaphore>>| {
        let told = told.clone();
        move |Data((number,)): Data<(u64,)>| {
            let (told, turns) = (told.clone(), turns.clone());
            async move {
                if let Some(turns) = turns {
                    turns.acquire().await.expect("it stays open").forget();
                }
                told.send((number, who)).expect("the test listens");
            }
        }
    };
    let namespace = Namespace::new()
        .on("n", tell("first", Some(turns.clone())))
        .on("n", tell("last", None))
        .on_any(tell("any", None));
    let peer = node(namespace).await.join().await;
    for number in 0..3 {
        peer.say(&format!(r#"2["n",{number}]"#)).await;
    }
    assert_eq!(heard.recv().await, Some((0, "any")));
    assert!(heard.try_recv().is_err());
    turns.add_permits(3);
    assert_eq!(heard.recv().await, Some((0, "first")));
    assert_eq!(heard.recv().await, Some((0, "last")));
    for number in 1..3 {
        for who in ["any", "first", "last"] {
            assert_eq!(heard.recv().await, Some((number, who)));
        }
    }
}

#[tokio::test]
async fn on_disconnect_comes_last() {
    let (told, mut heard) = mpsc::unbounded_channel();
    let ended = told.clone();
    let namespace = Namespace::new()
        .on("n", move |Data((number,)): Data<(u64,)>| {
            let told = told.clone();
            async move {
                tokio::task::yield_now().await;
                told.send(number.to_string()).expect("the test listens");
            }
        })
        .on_disconnect(move |socket: Socket, reason: DisconnectReason| {
            let ended = ended.clone();
            async move {
                assert!(socket.rooms().is_empty());
                ended.send(reason.to_string()).expect("the test listens");
            }
        });
    let peer = node(namespace).await.join().await;
    for number in 0..20 {
        peer.say(&format!(r#"2["n",{number}]"#)).await;
    }
    peer.say("1").await;
    for number in 0..20 {
        let next = soon("an event", heard.recv()).await;
        assert_eq!(next, Some(number.to_string()));
    }
    let last = soon("the end", heard.recv()).await;
    assert_eq!(last.as_deref(), Some("client namespace disconnect"));
}

/// A handler that does not end stops its client, and nothing grows.
async fn a_client_is_stopped(configure: impl FnOnce(EventsBuilder) -> EventsBuilder) {
    let go = Arc::new(Notify::new());
    let wait = go.clone();
    let namespace = Namespace::new()
        .on("wait", move || {
            let wait = wait.clone();
            async move { wait.notified().await }
        })
        .on("n", |_: Data<(String,)>| async { Reply(()) });
    let events = configure(Events::builder().namespace("/", namespace));
    let limits = throughline::Limits {
        message: 1000,
        window: 2000,
        ..throughline::Limits::default()
    };
    let node = Node::with(events, |builder| builder.limits(limits)).await;
    let peer = node.join().await;
    peer.say(r#"2["wait"]"#).await;
    let long = "x".repeat(500);
    let mut sent = 0;
    loop {
        let event = format!(r#"2{sent}["n","{long}"]"#);
        let sending = tokio::time::timeout(Duration::from_millis(300), peer.say(&event));
        if sending.await.is_err() {
            break;
        }
        sent += 1;
        assert!(sent < 20, "the client is not stopped");
    }
    go.notify_one();
    for number in 0..sent {
        peer.expect(&[&format!("3{number}[]")]).await;
    }
}

#[tokio::test]
async fn a_queue_that_is_full_stops_the_client() {
    a_client_is_stopped(|events| events.queue(4)).await;
}

#[tokio::test]
async fn bytes_that_wait_stop_the_client() {
    a_client_is_stopped(|events| events.queue_bytes(3000)).await;
}

/// Whoever waits for an answer learns of the end, also while the queue is full.
#[tokio::test]
async fn a_full_queue_does_not_hide_the_end() {
    let (told, mut heard) = mpsc::unbounded_channel();
    let namespace = Namespace::new()
        .on("ask", move |socket: Socket| {
            let told = told.clone();
            async move {
                let patience = Duration::from_secs(3600);
                let answer = socket.emit_with_ack("question", (), patience).await;
                told.send(answer.err()).expect("the test listens");
            }
        })
        .on("n", || async {});
    let events = Events::builder().namespace("/", namespace).queue(1);
    let peer = Node::start(events).await.join().await;
    peer.say(r#"2["ask"]"#).await;
    assert!(peer.hear().await.ends_with(r#"["question"]"#));
    for _ in 0..3 {
        peer.say(r#"2["n"]"#).await;
    }
    peer.client()
        .abort(throughline::Code::ABORTED, "transport error");
    let answer = soon("the end of the wait", heard.recv()).await;
    assert_eq!(answer, Some(Some(AckError::Disconnected)));
}

#[tokio::test]
async fn a_handler_may_wait_for_an_answer_of_its_own_client() {
    let namespace = Namespace::new().on("ask", |socket: Socket| async move {
        let patience = Duration::from_secs(10);
        let answer = socket.emit_with_ack("question", (1,), patience).await;
        let (number,) = answer
            .expect("it answers")
            .parse::<(u8,)>()
            .expect("a number");
        Reply((number,))
    });
    let peer = node(namespace).await.join().await;
    peer.say(r#"21["ask"]"#).await;
    let question = peer.hear().await;
    let id = question
        .strip_suffix(r#"["question",1]"#)
        .expect("the question");
    let id = id.strip_prefix('2').expect("an event");
    peer.say(&format!("3{id}[7]")).await;
    peer.expect(&["31[7]"]).await;
}

#[tokio::test]
async fn an_idle_namespace_waits_for_the_bytes_of_another() {
    let go_on = Arc::new(Notify::new());
    let (begun, mut begins) = tokio::sync::mpsc::unbounded_channel();
    let going_on = go_on.clone();
    let root = Namespace::new().on("wait", move || {
        let (begun, go_on) = (begun.clone(), going_on.clone());
        async move {
            begun.send(()).unwrap();
            go_on.notified().await;
            Reply(())
        }
    });
    let other = Namespace::new().on("hi", || async { Reply(()) });
    // There is room for one event.
    let events = Events::builder().namespace("/", root);
    let events = events.namespace("/b", other).queue_bytes(300);
    let peer = Node::start(events).await.join().await;
    peer.say("0/b,").await;
    peer.hear().await;
    for number in 0..20 {
        peer.say(&format!(r#"2{number}["wait"]"#)).await;
        peer.say(&format!(r#"2/b,{number}["hi"]"#)).await;
        begins.recv().await.unwrap();
        go_on.notify_one();
        let (waited, hi) = (format!("3{number}[]"), format!("3/b,{number}[]"));
        peer.expect(&[&waited, &hi]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn bytes_that_other_threads_give_back_let_the_client_go_on() {
    const EVENTS: u64 = 1000;
    let namespace = || {
        let number = |Data((number,)): Data<(u64,)>| async move {
            for _ in 0..number % 3 {
                tokio::task::yield_now().await;
            }
            if number % 7 == 0 {
                tokio::task::spawn_blocking(|| ()).await.unwrap();
            }
            Reply((number,))
        };
        Namespace::new().on("number", concurrent(number))
    };
    for bytes in [1, 300, 700] {
        let events = Events::builder().namespace("/", namespace());
        let events = events.namespace("/b", namespace()).queue_bytes(bytes);
        let peer = Node::start(events).await.join().await;
        peer.say("0/b,").await;
        peer.hear().await;
        let asking = async {
            for number in 0..EVENTS {
                let at = if number % 2 == 0 { "/b," } else { "" };
                peer.say(&format!(r#"2{at}{number}["number",{number}]"#))
                    .await;
            }
        };
        let hearing = async {
            for _ in 0..EVENTS {
                soon("an answer", peer.hear()).await;
            }
        };
        tokio::join!(asking, hearing);
    }
}
