//! `serve` on threads of its own: connections are shared out, and what they have in common is everywhere.

mod common;

use common::{Ws, new_session, text};
use std::net::SocketAddr;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use throughline::{Code, Session, Throughline};
use throughline_core::wire::native::{Cursors, Frame};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_tungstenite::MaybeTlsStream;

const SHARDS: usize = 2;

/// Tells its client on which thread it runs, then sends whatever comes to the whole room.
async fn member(mut session: Session) {
    session.join("all");
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("none").to_owned();
    session.send(name).await.expect("it is open");
    while let Some(message) = session.recv().await {
        session.room("all").send(message).expect("it is short");
    }
}

type Client = Ws<MaybeTlsStream<TcpStream>>;

async fn client(address: SocketAddr) -> (Client, String) {
    let url = format!("ws://{address}/websocket");
    let (stream, _) = tokio_tungstenite::connect_async(url)
        .await
        .expect("the handshake succeeds");
    let mut ws = Ws { stream };
    let welcome = ws.hello(new_session()).await;
    ws.begin(&welcome, Cursors::default()).await;
    let Some(Frame::Sequenced(1, item)) = ws.next_but_acks().await else {
        panic!("no name of a thread");
    };
    (ws, format!("{item:?}"))
}

#[tokio::test]
async fn sessions_of_all_threads_meet_in_a_room_and_are_drained() {
    let realtime = Throughline::builder().on_session(member).build();
    let realtime = realtime.expect("the defaults work");
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("there is a port");
    let address = listener.local_addr().expect("it is bound");
    let (stop, stopped) = oneshot::channel();
    let serve = throughline::serve(listener, realtime.clone())
        .shards(NonZero::new(SHARDS).expect("there are some"))
        .until(async { stopped.await.unwrap_or_default() })
        .drain(realtime);
    let server = tokio::spawn(serve.into_future());

    let (mut first, one) = client(address).await;
    let (mut second, other) = client(address).await;
    assert!(one.contains("throughline-0"), "{one}");
    assert!(other.contains("throughline-1"), "{other}");
    first.send(text(1, "to all")).await;
    for ws in [&mut first, &mut second] {
        assert_eq!(ws.next_but_acks().await, Some(text(2, "to all")));
    }
    second.send(text(1, "to all as well")).await;
    for ws in [&mut first, &mut second] {
        assert_eq!(ws.next_but_acks().await, Some(text(3, "to all as well")));
    }

    stop.send(()).expect("the server runs");
    for ws in [&mut first, &mut second] {
        let (received, ack) = (3, 3);
        ws.send(Frame::Ack(Cursors { received, ack })).await;
        assert_eq!(ws.abort().await.code, Code::SHUTDOWN);
    }
    drop((first, second));
    server.await.expect("it did not panic").expect("it served");
    assert!(TcpStream::connect(address).await.is_err());
}

/// Tells when it is dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[tokio::test]
async fn what_runs_on_shards_is_dropped_before_serving_ends() {
    let dropped = Arc::new(AtomicBool::new(false));
    let guard = dropped.clone();
    let realtime = Throughline::builder()
        .on_session(move |session| {
            let guard = Dropped(guard.clone());
            async move {
                let _guard = guard;
                member(session).await;
                std::future::pending::<()>().await;
            }
        })
        .build()
        .expect("the defaults work");
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("there is a port");
    let address = listener.local_addr().expect("it is bound");
    let (stop, stopped) = oneshot::channel();
    let serve = throughline::serve(listener, realtime)
        .shards(NonZero::<usize>::MIN)
        .until(async { stopped.await.unwrap_or_default() });
    let server = tokio::spawn(serve.into_future());
    let (_client, _) = client(address).await;
    stop.send(()).expect("the server runs");
    server.await.expect("it did not panic").expect("it served");
    assert!(dropped.load(Ordering::Acquire));
}
