//! Over real sockets, through `serve`.

mod common;

use axum::extract::ConnectInfo;
use common::{echo, new_session, text};
use futures_util::StreamExt;
use std::net::SocketAddr;
use std::time::Duration;
use throughline::{Admission, Attempt, Code, Refusal, Throughline};
use throughline_core::wire::native::{Begin, Cursors, Frame, Request as Batch, Response as Answer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Longer than any test takes.
const PATIENT: Duration = Duration::from_secs(60);

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

async fn start(header_deadline: Duration) -> Running {
    let realtime = Throughline::builder()
        .on_session(echo)
        .build()
        .expect("the defaults work");
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("there is a port");
    let address = listener.local_addr().expect("it is bound");
    let (stop, stopped) = oneshot::channel();
    let serve = throughline::serve(listener, axum::Router::new())
        .mount("/realtime", realtime)
        .header_deadline(header_deadline)
        .until(async { stopped.await.unwrap_or_default() });
    Running {
        address,
        stop,
        server: tokio::spawn(serve.into_future()),
    }
}

/// Sends raw bytes and reads until the server closes the connection.
async fn raw(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address)
        .await
        .expect("the server listens");
    stream
        .write_all(request)
        .await
        .expect("it takes the request");
    let mut answer = Vec::new();
    stream
        .read_to_end(&mut answer)
        .await
        .expect("it answers and closes");
    String::from_utf8_lossy(&answer).into_owned()
}

async fn post(address: SocketAddr, batch: Batch) -> Answer {
    let body = batch.encode();
    let mut request = format!(
        "POST /realtime/poll HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(&body);
    let mut stream = TcpStream::connect(address)
        .await
        .expect("the server listens");
    stream
        .write_all(&request)
        .await
        .expect("it takes the request");
    let mut answer = Vec::new();
    stream
        .read_to_end(&mut answer)
        .await
        .expect("it answers and closes");
    let end = answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .expect("it has headers");
    Answer::decode(&answer[end + 4..].to_vec().into()).expect("the answer is a whole batch")
}

#[tokio::test]
async fn a_session_moves_from_polls_to_a_websocket_and_the_server_shuts_down() {
    let Running {
        address,
        stop,
        server,
    } = start(PATIENT).await;
    let Answer::Welcome(welcome) = post(address, Batch::Hello(Box::new(new_session()))).await
    else {
        panic!("no welcome");
    };
    let url = format!("ws://{address}/realtime/websocket");
    let (stream, _) = tokio_tungstenite::connect_async(url)
        .await
        .expect("the handshake succeeds");
    let mut ws = common::Ws { stream };
    let again = ws
        .hello(common::resume(&welcome, welcome.secret.expect("it is new")))
        .await;
    let (generation, cursors) = (again.generation, Cursors::default());
    ws.send(Frame::Begin(Begin {
        generation,
        cursors,
        first: 1,
    }))
    .await;
    ws.send(text(1, "over the wire")).await;
    assert!(matches!(ws.next_but_acks().await, Some(Frame::Begin(_))));
    assert_eq!(ws.next_but_acks().await, Some(text(1, "over the wire")));

    stop.send(()).expect("the server runs");
    ws.send(Frame::Ack(Cursors {
        received: 1,
        ack: 1,
    }))
    .await;
    assert_eq!(ws.abort().await.code, Code::SHUTDOWN);
    ws.stream.close(None).await.expect("the connection stands");
    while ws.stream.next().await.is_some() {}
    server.await.expect("it did not panic").expect("it served");
    assert!(TcpStream::connect(address).await.is_err());
}

// spec: END-2
#[tokio::test]
async fn an_old_handshake_is_answered_once_and_the_connection_closes() {
    let running = start(PATIENT).await;
    let hixie_76 = b"GET /realtime/websocket HTTP/1.1\r\nHost: here\r\nUpgrade: WebSocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Key1: 1 2\r\nSec-WebSocket-Key2: 3 4\r\n\r\n12345678";
    let answer = raw(running.address, hixie_76).await;
    assert!(answer.starts_with("HTTP/1.1 426 "), "{answer}");
    assert!(
        answer.to_lowercase().contains("sec-websocket-version: 13"),
        "{answer}"
    );
    assert!(
        answer.to_lowercase().contains("connection: close"),
        "{answer}"
    );
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
}

#[tokio::test]
async fn headers_that_do_not_come_meet_a_deadline() {
    let running = start(Duration::from_millis(50)).await;
    let answer = raw(running.address, b"POST /realtime/poll HTTP/1.1\r\nHost: he").await;
    assert!(!answer.contains("200"), "{answer}");
}

#[tokio::test]
async fn the_address_is_known_without_any_setting() {
    let (addresses, mut seen) = tokio::sync::mpsc::unbounded_channel();
    let realtime = Throughline::builder()
        .on_session(move |session| {
            let addresses = addresses.clone();
            async move { addresses.send(session.address()).expect("the test waits") }
        })
        .build()
        .expect("the defaults work");
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("there is a port");
    let address = listener.local_addr().expect("it is bound");
    // A node can be served alone, without a router.
    let server = tokio::spawn(throughline::serve(listener, realtime).into_future());
    let url = format!("ws://{address}/websocket");
    let (stream, _) = tokio_tungstenite::connect_async(url)
        .await
        .expect("the handshake succeeds");
    let mut ws = common::Ws { stream };
    let welcome = ws.hello(new_session()).await;
    ws.begin(&welcome, Cursors::default()).await;
    let seen = seen.recv().await.expect("the handler ran");
    assert_eq!(seen, Some(address.ip()));
    server.abort();
}

/// What the hook sees is what axum would tell, though no router was asked.
#[tokio::test]
async fn below_a_mount_a_hook_sees_the_whole_path_and_who_is_connected() {
    let (attempts, mut seen) = tokio::sync::mpsc::unbounded_channel();
    let realtime = Throughline::builder()
        .authenticate(move |attempt: Attempt| {
            let peer = attempt.extensions().get::<ConnectInfo<SocketAddr>>();
            let told = (attempt.uri().path().to_owned(), peer.map(|peer| peer.0));
            attempts.send(told).expect("the test waits");
            async { Err::<Admission, _>(Refusal::unauthorized("nobody")) }
        })
        .on_session(echo)
        .build()
        .expect("the defaults work");
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("there is a port");
    let address = listener.local_addr().expect("it is bound");
    let serve = throughline::serve(listener, axum::Router::new()).mount("/realtime", realtime);
    let server = tokio::spawn(serve.into_future());
    let mut stream = TcpStream::connect(address)
        .await
        .expect("the server listens");
    let hello = Batch::Hello(Box::new(new_session())).encode();
    let head = format!(
        "POST /realtime/poll HTTP/1.1\r\nHost: here\r\nContent-Length: {}\r\n\r\n",
        hello.len()
    );
    stream
        .write_all(&[head.as_bytes(), &hello].concat())
        .await
        .expect("it takes the request");
    let own = stream.local_addr().expect("it is connected");
    let seen = seen.recv().await.expect("the hook was asked");
    assert_eq!(seen, ("/realtime/poll".to_owned(), Some(own)));
    server.abort();
}
