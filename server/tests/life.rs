//! How sessions end: by their handler, by the application, by a shutdown.

mod common;

use common::{Server, echo, echo_server, new_session, resume, text};
use futures_util::future::join_all;
use futures_util::{SinkExt, StreamExt};
use std::sync::Arc;
use std::time::Duration;
use throughline::{
    Attempt, Code, Fate, Identity, Message, SendError, Session, Throughline, Transport,
};
use throughline_core::wire::native::{
    Close, Cursors, Frame, Item, Request as Batch, Response as Answer, Token,
};
use tokio::sync::mpsc;
use tokio::time::Instant;

fn close() -> Close {
    Close::new(Code::NORMAL, String::new())
}

/// A close of the server, with its final cursors.
fn last(seq: u8, received: u64, ack: u64) -> Frame {
    let cursors = Cursors { received, ack };
    Frame::Sequenced(seq, Item::Close(Box::new(close().with_cursors(cursors))))
}

/// A server whose handler hands its sessions to the test and ends when the test says so.
fn server_of_sessions() -> (Server, mpsc::UnboundedReceiver<Session>) {
    let (sessions, received) = mpsc::unbounded_channel();
    let server = Server::new(Throughline::builder().on_session(move |session| {
        let closed = session.closed();
        sessions.send(session).expect("the test waits for sessions");
        async move {
            closed.await;
        }
    }));
    (server, received)
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_returns_closes_after_what_it_sent() {
    let server = Server::new(Throughline::builder().on_session(|session| async move {
        session.send("bye").await.expect("there is room");
    }));
    let (mut ws, _) = server.open().await;
    assert_eq!(ws.next_but_acks().await, Some(text(1, "bye")));
    assert_eq!(ws.next_but_acks().await, Some(last(2, 0, 0)));
    ws.send(Frame::Ack(Cursors {
        received: 2,
        ack: 2,
    }))
    .await;
    assert_eq!(ws.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn the_last_handle_closes_even_while_the_handler_runs() {
    let server = Server::new(Throughline::builder().on_session(|session| async move {
        let sender = session.sender();
        drop(session);
        sender.send("one").await.expect("there is room");
        drop(sender);
        std::future::pending::<()>().await;
    }));
    let (mut ws, _) = server.open().await;
    assert_eq!(ws.next_but_acks().await, Some(text(1, "one")));
    assert_eq!(ws.next_but_acks().await, Some(last(2, 0, 0)));
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_ends_its_own_session_alone() {
    let server = Server::new(Throughline::builder().on_session(|mut session| async move {
        while let Some(message) = session.recv().await {
            assert_ne!(message.as_text(), Some("panic"), "as was asked for");
            session.send(message).await.expect("there is room");
        }
    }));
    let (mut one, _) = server.open().await;
    let (mut other, _) = server.open().await;
    one.send(text(1, "panic")).await;
    assert_eq!(one.abort().await.code, Code::INTERNAL);
    other.send(text(1, "well?")).await;
    assert_eq!(other.next_but_acks().await, Some(text(1, "well?")));
}

#[tokio::test(start_paused = true)]
async fn the_end_tells_what_became_of_each_message() {
    let (server, mut sessions) = server_of_sessions();
    let (mut ws, _) = server.open().await;
    let mut session = sessions.recv().await.unwrap();
    for message in ["taken", "received", "lost"] {
        session.send(message).await.unwrap();
    }
    for _ in 0..3 {
        ws.next_but_acks().await;
    }
    ws.send(Frame::Ack(Cursors {
        received: 2,
        ack: 1,
    }))
    .await;
    ws.send(text(1, "seen")).await;
    assert_eq!(session.recv().await, Some("seen".into()));
    session.abort("enough");
    // The end is told before anybody is woken by it.
    assert_eq!(session.recv().await, None);
    let end = session.end().unwrap();
    assert_eq!(
        (end.code, &*end.reason, end.clean),
        (Code::ABORTED, "enough", false)
    );
    let fates: Vec<_> = end
        .undelivered
        .iter()
        .map(|lost| (lost.seq, lost.fate))
        .collect();
    assert_eq!(fates, [(2, Fate::Received), (3, Fate::Unknown)]);
    assert_eq!(session.send("late").await, Err(SendError::Closed));
    assert_eq!(ws.abort().await.code, Code::ABORTED);
}

// spec: CLS-2
#[tokio::test(start_paused = true)]
async fn a_handler_that_ignores_a_close_loses_its_say() {
    let (server, mut sessions) = server_of_sessions();
    let (mut ws, _) = server.open().await;
    let session = sessions.recv().await.unwrap();
    let start = Instant::now();
    ws.send(Frame::Sequenced(1, Item::Close(Box::new(close()))))
        .await;
    assert_eq!(ws.next_but_acks().await, Some(last(1, 1, 0)));
    assert_eq!(start.elapsed().as_secs(), 10);
    assert_eq!(
        session.peer_close().map(|close| close.code),
        Some(Code::NORMAL)
    );
}

#[tokio::test(start_paused = true)]
async fn send_waits_for_room_and_try_send_does_not() {
    let (server, mut sessions) = server_of_sessions();
    let (mut ws, _) = server.open().await;
    let session = sessions.recv().await.unwrap();
    let long = Message::binary(vec![0; 64 * 1024]);
    let sent = (0..)
        .take_while(|_| session.try_send(long.clone()).is_ok())
        .count() as u64;
    assert_eq!(session.try_send(long.clone()), Err(SendError::Full));
    let sender = session.sender();
    let waiting = tokio::spawn(async move { sender.send(long).await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!waiting.is_finished());
    ws.send(Frame::Ack(Cursors {
        received: 1,
        ack: 1,
    }))
    .await;
    let Some(Frame::Sequenced(..)) = ws.next_but_acks().await else {
        panic!("no message")
    };
    assert_eq!(waiting.await.unwrap(), Ok(sent + 1));
    let too_large = Message::binary(vec![0; 64 * 1024 + 1]);
    assert!(matches!(
        session.try_send(too_large),
        Err(SendError::TooLarge { .. })
    ));
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_room_hears_of_a_close_at_once() {
    let (server, mut sessions) = server_of_sessions();
    let (_ws, _) = server.open().await;
    let session = sessions.recv().await.unwrap();
    let long = Message::binary(vec![0; 64 * 1024]);
    while session.try_send(long.clone()).is_ok() {}
    let sender = session.sender();
    let waiting = tokio::spawn(async move { sender.send(long).await });
    tokio::task::yield_now().await;
    let start = Instant::now();
    session.close(Code::NORMAL, "").unwrap();
    assert_eq!(waiting.await.unwrap(), Err(SendError::Closed));
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_session_is_a_stream_and_a_sink() {
    let server = Server::new(Throughline::builder().on_session(|session| async move {
        let (mut sink, stream) = session.split();
        let upper = |message: Message| Message::text(message.as_text().unwrap().to_uppercase());
        sink.send_all(&mut stream.map(|message| Ok(upper(message))))
            .await
            .unwrap();
        SinkExt::close(&mut sink).await.unwrap();
    }));
    let (mut ws, _) = server.open().await;
    ws.send(text(1, "one")).await;
    ws.send(text(2, "two")).await;
    assert_eq!(ws.next_but_acks().await, Some(text(1, "ONE")));
    assert_eq!(ws.next_but_acks().await, Some(text(2, "TWO")));
}

#[tokio::test(start_paused = true)]
async fn a_sink_waits_for_room_as_well() {
    let (server, mut sessions) = server_of_sessions();
    let (mut ws, _) = server.open().await;
    let mut session = sessions.recv().await.unwrap();
    let feeding = tokio::spawn(async move {
        for _ in 0..100 {
            SinkExt::send(&mut session, Message::binary(vec![0; 60 * 1024])).await?;
        }
        SinkExt::<Message>::flush(&mut session).await?;
        session.closed().await;
        Ok::<(), SendError>(())
    });
    for received in 1..=100 {
        assert!(matches!(
            ws.next_but_acks().await,
            Some(Frame::Sequenced(..))
        ));
        ws.send(Frame::Ack(Cursors {
            received,
            ack: received,
        }))
        .await;
    }
    assert!(!feeding.is_finished());
}

#[tokio::test(start_paused = true)]
async fn the_application_sees_the_transport_change() {
    let (server, mut sessions) = server_of_sessions();
    let (ws, welcome) = server.open().await;
    let session = sessions.recv().await.unwrap();
    let mut transport = session.watch_transport();
    assert_eq!(session.transport(), Some(Transport::WebSocket));
    drop(ws);
    assert!(transport.wait_for(Option::is_none).await.is_ok());
    let hello = Batch::Hello(Box::new(resume(&welcome, welcome.secret.unwrap())));
    let Answer::Welcome(mut again) = server.post(hello).await else {
        panic!("no welcome")
    };
    again.secret = welcome.secret;
    let mut client = common::Poller::new(&server, &again);
    client.poll.hold = 0;
    client.poll().await;
    assert_eq!(session.transport(), Some(Transport::Periodic));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_flushes_and_tells_everybody_when_to_come_back() {
    let (server, mut sessions) = server_of_sessions();
    let (mut ws, welcome) = server.open().await;
    let session = sessions.recv().await.unwrap();
    session.send("flushed").await.unwrap();
    let mut polling = server.open_polled().await;
    polling.poll.hold = 0;
    polling.poll().await;
    sessions.recv().await.unwrap();

    let realtime = server.realtime.clone();
    let shutdown = tokio::spawn(async move { realtime.shutdown().await });
    tokio::task::yield_now().await;
    assert_eq!(ws.next_but_acks().await, Some(text(1, "flushed")));
    assert!(!shutdown.is_finished());
    let Answer::Refuse(refuse) = server.post(Batch::Hello(Box::new(new_session()))).await else {
        panic!("a new session was offered");
    };
    assert_eq!(refuse.code, Code::SHUTDOWN);
    assert!(refuse.retry_after.unwrap() <= 5_000);

    ws.send(Frame::Ack(Cursors {
        received: 1,
        ack: 1,
    }))
    .await;
    let abort = ws.abort().await;
    assert_eq!(abort.code, Code::SHUTDOWN);
    assert!(abort.retry_after.unwrap() <= 5_000);
    assert_eq!(session.send("late").await, Err(SendError::Closed));
    assert_eq!(polling.abort().await.code, Code::SHUTDOWN);
    drop(ws);
    shutdown.await.unwrap();
    let hello = Batch::Hello(Box::new(resume(&welcome, welcome.secret.unwrap())));
    assert!(
        matches!(server.post(hello).await, Answer::Abort(abort) if abort.code == Code::SHUTDOWN)
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_was_still_at_the_door_when_the_shutdown_began_is_sent_away() {
    let slow = async |_: Attempt| {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(Identity::anonymous().into())
    };
    let server = Server::new(Throughline::builder().authenticate(slow).on_session(echo));
    let hello = server.post(Batch::Hello(Box::new(new_session())));
    let shutdown = async {
        tokio::task::yield_now().await;
        server.realtime.shutdown().await;
    };
    let (answer, ()) = tokio::join!(hello, shutdown);
    assert!(matches!(answer, Answer::Refuse(refuse) if refuse.code == Code::SHUTDOWN));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_does_not_wait_for_clients_that_are_away() {
    let (server, mut sessions) = server_of_sessions();
    let (ws, _) = server.open().await;
    let session = sessions.recv().await.unwrap();
    session.send("never seen").await.unwrap();
    drop(ws);
    let start = Instant::now();
    server.realtime.shutdown().await;
    assert_eq!(start.elapsed().as_secs(), 10);
    let end = session.closed().await;
    assert_eq!((end.code, end.undelivered.len()), (Code::SHUTDOWN, 1));
}

// spec: ATT-9, ATT-3
#[tokio::test(start_paused = true)]
async fn a_handler_starts_once_however_often_a_session_is_begun() {
    let started = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = started.clone();
    let server = Server::new(Throughline::builder().on_session(move |session| {
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        echo(session)
    }));
    server.websocket().await.hello(new_session()).await;
    let (_ws, welcome) = server.open().await;
    for _ in 0..3 {
        let mut ws = server.websocket().await;
        let again = ws.hello(resume(&welcome, welcome.secret.unwrap())).await;
        ws.begin(&again, Cursors::default()).await;
    }
    assert_eq!(started.load(std::sync::atomic::Ordering::Relaxed), 1);
}

fn tasks() -> usize {
    tokio::runtime::Handle::current()
        .metrics()
        .num_alive_tasks()
}

const SESSIONS: usize = 10;
/// A handler for each session, and the one timer of the node.
const WITHOUT_CONNECTIONS: usize = SESSIONS + 1;

#[tokio::test(start_paused = true)]
async fn a_connected_session_has_two_tasks_and_a_detached_one_has_one() {
    let server = echo_server();
    let mut open = Vec::new();
    for _ in 0..SESSIONS {
        open.push(server.open().await);
    }
    assert_eq!(tasks(), WITHOUT_CONNECTIONS + SESSIONS);
    drop(open);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(tasks(), WITHOUT_CONNECTIONS);
}

/// The request itself is the connection's business, which may carry many.
#[tokio::test(start_paused = true)]
async fn a_held_poll_has_no_task_of_its_own() {
    let server = echo_server();
    let mut pollers = Vec::new();
    for _ in 0..SESSIONS {
        pollers.push(server.open_polled().await);
    }
    let held = join_all(pollers.iter_mut().map(common::Poller::poll));
    let counted = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        tasks()
    };
    tokio::select! {
        _ = held => panic!("nothing happened that would answer a poll"),
        counted = counted => assert_eq!(counted, WITHOUT_CONNECTIONS),
    }
}

// spec: TOK-1
#[tokio::test(start_paused = true)]
async fn a_fresh_token_costs_a_task_only_while_the_hook_looks_at_it() {
    let hook = async |attempt: Attempt| {
        if attempt.token() == Some("fresh") {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Ok(Identity::anonymous().into())
    };
    let server = Server::new(Throughline::builder().authenticate(hook).on_session(echo));
    let (mut ws, _) = server.open().await;
    let before = tasks();
    let token = "fresh".to_owned();
    ws.send(Frame::Token(Token { token })).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(tasks(), before + 1);
    assert!(matches!(ws.next().await, Some(Frame::TokenAccepted(_))));
    assert_eq!(tasks(), before);
}
