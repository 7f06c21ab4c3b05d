//! What a client sends right behind its handshake, in the same packet, is heard like all that follows, whoever serves the connection.

mod common;

use common::{Ws, echo_server, new_session, text};
use std::net::SocketAddr;
use throughline_core::wire::Carried;
use throughline_core::wire::native::{Cursors, Frame, websocket};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;

const HANDSHAKE: &str = "GET /realtime/websocket HTTP/1.1\r\nHost: here\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// A hello in a frame of a client, whose mask is zero.
fn hello() -> Vec<u8> {
    let frame = Frame::Hello(Box::new(new_session()));
    let Carried::Binary(body) = websocket::encode(&frame) else {
        panic!("only messages are texts");
    };
    let len = u16::try_from(body.len()).expect("it is short");
    let mut bytes = vec![0x82, 0x80 | 126];
    bytes.extend(len.to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(body);
    bytes
}

/// Says hello before the handshake is answered, begins, and hears its own words.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) {
    let early = [HANDSHAKE.as_bytes(), &hello()].concat();
    stream.write_all(&early).await.expect("it is connected");
    let mut head = Vec::new();
    while !head.ends_with(END_OF_HEAD) {
        head.push(stream.read_u8().await.expect("the handshake is answered"));
    }
    let stream = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
    let mut ws = Ws { stream };
    let Some(Frame::Welcome(welcome)) = ws.next().await else {
        panic!("no welcome");
    };
    ws.begin(&welcome, Cursors::default()).await;
    ws.send(text(1, "early")).await;
    assert_eq!(ws.next_but_acks().await, Some(text(1, "early")));
}

async fn listener() -> (TcpListener, SocketAddr) {
    let bound = TcpListener::bind("127.0.0.1:0").await;
    let listener = bound.expect("there is a port");
    let address = listener.local_addr().expect("it is bound");
    (listener, address)
}

#[tokio::test]
async fn on_a_connection_of_ours() {
    let (listener, address) = listener().await;
    tokio::spawn(throughline::serve(listener, echo_server().app).into_future());
    talk(TcpStream::connect(address).await.expect("it listens")).await;
}

#[tokio::test]
async fn on_a_connection_of_axum() {
    let (listener, address) = listener().await;
    tokio::spawn(axum::serve(listener, echo_server().app).into_future());
    talk(TcpStream::connect(address).await.expect("it listens")).await;
}
