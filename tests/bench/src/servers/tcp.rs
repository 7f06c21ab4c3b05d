//! The limit: bytes of WebSocket frames straight from and to TCP, on tokio.
//!
//! A handshake is answered without being looked at, and frames go back as they came, still masked, all that were read
//! at once in one write. Nothing else that a WebSocket needs is here.

use super::wish::{ROOM, Wish};
use crate::Outcome;
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};

const ACCEPTED: &[u8] =
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
const READ_BUFFER: usize = 16 * 1024;

type Writer = Arc<tokio::sync::Mutex<OwnedWriteHalf>>;
type Rooms = Arc<Mutex<HashMap<String, Vec<Writer>>>>;

pub(super) async fn serve(listener: TcpListener) -> Outcome<()> {
    let rooms = Rooms::default();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let rooms = rooms.clone();
        tokio::spawn(async move { answer(stream, rooms).await });
    }
}

async fn answer(stream: TcpStream, rooms: Rooms) -> io::Result<()> {
    let (mut reader, writer) = stream.into_split();
    let writer = Arc::new(tokio::sync::Mutex::new(writer));
    let mut input = Vec::with_capacity(READ_BUFFER);
    while reader.read_buf(&mut input).await? > 0 {
        if input.starts_with(b"GET ") {
            if input.ends_with(b"\r\n\r\n") {
                input.clear();
                writer.lock().await.write_all(ACCEPTED).await?;
            }
            continue;
        }
        let whole = handle(&input, &writer, &rooms).await?;
        input.drain(..whole);
    }
    Ok(())
}

/// Sends all whole frames where they belong, those in a row that belong together in one write. Says how many bytes they had.
async fn handle(input: &[u8], writer: &Writer, rooms: &Rooms) -> io::Result<usize> {
    let mut done = 0;
    while let Some((first, mut until)) = frame(&input[done..]) {
        while let Some((next, length)) = frame(&input[done + until..]) {
            if next != first {
                break;
            }
            until += length;
        }
        let bytes = &input[done..done + until];
        send(bytes, &String::from_utf8_lossy(&first), writer, rooms).await?;
        done += until;
    }
    Ok(done)
}

async fn send(bytes: &[u8], start: &str, writer: &Writer, rooms: &Rooms) -> io::Result<()> {
    let lock = || rooms.lock().unwrap_or_else(PoisonError::into_inner);
    match Wish::of(start) {
        Wish::Echo => {}
        Wish::Join(room) => lock()
            .entry(room.to_owned())
            .or_default()
            .push(writer.clone()),
        Wish::Broadcast(room) => {
            let members = lock().get(room).cloned().unwrap_or_default();
            for member in members {
                let _gone = member.lock().await.write_all(bytes).await;
            }
            return Ok(());
        }
    }
    writer.lock().await.write_all(bytes).await
}

/// The start of a masked frame's message, as far as it says what is asked for, and the frame's length; `None` while it is not whole.
fn frame(input: &[u8]) -> Option<([u8; 1 + ROOM], usize)> {
    let (header, payload) = match *input.get(1)? & 0x7f {
        126 => (
            8,
            usize::from(u16::from_be_bytes([*input.get(2)?, *input.get(3)?])),
        ),
        short => (6, usize::from(short)),
    };
    let length = header + payload;
    if input.len() < length {
        return None;
    }
    let mask = &input[header - 4..header];
    let mut start = [0; 1 + ROOM];
    let message = input[header..length].iter().zip(mask.iter().cycle());
    for (place, (byte, mask)) in start.iter_mut().zip(message) {
        *place = byte ^ mask;
    }
    // A message's own number may follow an `e`: what is asked for is the same.
    if start[0] == b'e' {
        start[1..].fill(0);
    }
    Some((start, length))
}
