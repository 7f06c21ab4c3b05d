//! A node, and a room of sessions on WebSockets whose connections are memory.
//!
//! It is the driver as it runs, on one thread: connections, tasks, timers and the WebSocket library. Only the clients are
//! played: they read what they know will come, and decode nothing.

use crate::attach::hello;
use crate::native::first;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use std::error::Error;
use throughline::{Room, Session, Throughline};
use throughline_core::wire::Carried;
use throughline_core::wire::native::{Frame, websocket};
use tokio::io::{AsyncReadExt, DuplexStream};
use tokio::runtime::Runtime;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

const ROOM: &str = "crowd";
/// A WebSocket frame's head and the header of ours, before a text of less than 125 bytes.
const HEADERS: usize = 3;
/// What a connection holds that nobody has read, in bytes.
const BUFFER: usize = 16 * 1024;

/// Sessions that have joined a room.
#[derive(Debug)]
pub struct Crowd {
    runtime: Runtime,
    room: Room,
    clients: Vec<DuplexStream>,
}

impl Crowd {
    /// So many sessions, all in one room, each of which has got one message.
    ///
    /// # Panics
    /// When one of them cannot be opened.
    #[must_use]
    pub fn open(size: usize, text: &'static str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime starts");
        let node = Throughline::builder().on_session(member);
        let node = node.build().expect("the settings are sound");
        let room = node.room(ROOM);
        let opened = async {
            let mut clients = Vec::new();
            for _ in 0..size {
                clients.push(client(&node).await?);
            }
            while room.members() < size {
                tokio::task::yield_now().await;
            }
            Ok::<_, Box<dyn Error>>(clients)
        };
        let clients = runtime.block_on(opened).expect("the sessions open");
        let mut crowd = Self {
            runtime,
            room,
            clients,
        };
        crowd.send(text);
        crowd.hear(text);
        crowd
    }

    /// Sends to all from a task; the connections write while the runtime is at it.
    ///
    /// # Panics
    /// When somebody does not get it.
    pub fn send(&self, text: &'static str) {
        let room = self.room.clone();
        let sending = async { tokio::spawn(async move { room.send(text) }).await };
        let sent = self.runtime.block_on(sending).expect("nothing panics");
        let report = sent.expect("it is short");
        assert_eq!(report.sent, self.clients.len());
    }

    /// Lets the connections write until every client has got the message.
    ///
    /// # Panics
    /// When something else comes.
    pub fn hear(&mut self, text: &'static str) {
        let mut frame = [0; 128];
        let frame = &mut frame[..HEADERS + text.len()];
        let heard = async {
            for client in &mut self.clients {
                client.read_exact(frame).await.expect("it is connected");
                assert!(frame.ends_with(text.as_bytes()));
            }
        };
        self.runtime.block_on(heard);
    }
}

async fn member(mut session: Session) {
    session.join(ROOM);
    while session.recv().await.is_some() {}
}

type Socket = WebSocketStream<DuplexStream>;

/// A client whose session has begun, as the connection that it reads from.
pub(crate) async fn client(node: &Throughline) -> Result<DuplexStream, Box<dyn Error>> {
    let url = "ws://here/websocket";
    let (mut socket, _) = tokio_tungstenite::client_async(url, connection(node)).await?;
    say(&mut socket, &Frame::Hello(Box::new(hello()))).await?;
    let Frame::Welcome(welcome) = listen(&mut socket).await? else {
        return Err("no welcome".into());
    };
    say(&mut socket, &Frame::Begin(first(welcome.generation))).await?;
    let Frame::Begin(_) = listen(&mut socket).await? else {
        return Err("no begin".into());
    };
    Ok(socket.into_inner())
}

/// The same for a client of Engine.IO.
pub(crate) async fn client_of_engine_io(
    node: &Throughline,
) -> Result<DuplexStream, Box<dyn Error>> {
    let url = "ws://here/?EIO=4&transport=websocket";
    let (mut socket, _) = tokio_tungstenite::client_async(url, connection(node)).await?;
    socket.next().await.ok_or("no handshake")??;
    Ok(socket.into_inner())
}

/// A connection through memory.
fn connection(node: &Throughline) -> DuplexStream {
    let (near, far) = tokio::io::duplex(BUFFER);
    let service = TowerToHyperService::new(node.clone());
    tokio::spawn(async move {
        let connection = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(far), service)
            .with_upgrades();
        // It ends when the crowd is gone.
        let _gone = connection.await;
    });
    near
}

async fn say(socket: &mut Socket, frame: &Frame) -> Result<(), Box<dyn Error>> {
    let Carried::Binary(bytes) = websocket::encode(frame) else {
        return Err("only messages are texts".into());
    };
    socket.send(Message::Binary(bytes)).await?;
    Ok(())
}

async fn listen(socket: &mut Socket) -> Result<Frame, Box<dyn Error>> {
    let said = socket.next().await.ok_or("the connection ended")??;
    let bytes: Bytes = said.into_data();
    Ok(websocket::decode(Carried::Binary(bytes))?)
}
