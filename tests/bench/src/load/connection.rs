//! A client's WebSocket connection: raw TCP, our framing, and a dialect.

use super::dialect::{Dialect, Spoken};
use super::frame;
use super::message::Template;
use crate::Outcome;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// How much is read at once at first; it grows with what comes.
const SMALL: usize = 4 * 1024;
const LARGE: usize = 128 * 1024;
/// Longer than any protocol waits with an acknowledgement.
const SETTLED: Duration = Duration::from_secs(10);
/// How a page closes its WebSocket when it is left.
const GOING_AWAY: u16 = 1001;
/// How many connections come from one address, so that neither its ports nor a server's bounds for an address run out.
const PER_ADDRESS: u32 = 1000;
const ADDRESSES: u32 = 200;

/// Whom the load talks to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) spoken: Spoken,
}

pub(crate) struct Connection {
    stream: TcpStream,
    dialect: Box<dyn Dialect>,
    input: Vec<u8>,
    output: Vec<u8>,
    chunk: usize,
}

impl Connection {
    /// Connects, upgrades, and says what the dialect wants to be said, until messages may be sent.
    pub(crate) async fn open(target: Target) -> Outcome<Self> {
        Self::of(target.spoken.client(), target.address).await
    }

    pub(super) async fn of(dialect: Box<dyn Dialect>, address: SocketAddr) -> Outcome<Self> {
        let mut connection = Self {
            stream: connect(address).await?,
            dialect,
            input: Vec::new(),
            output: Vec::new(),
            chunk: SMALL,
        };
        connection.upgrade(address).await?;
        connection.dialect.greet(&mut connection.output);
        while !connection.dialect.is_open() {
            connection.flush().await?;
            let mut none = |message: &[u8]| Err(format!("too early: {message:?}").into());
            // What followed the handshake may be here already.
            if !connection.hand_on(&mut none)? {
                connection.fill().await?;
            }
        }
        connection.flush().await?;
        Ok(connection)
    }

    async fn upgrade(&mut self, address: SocketAddr) -> Outcome<()> {
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
            self.dialect.path()
        );
        self.stream.write_all(request.as_bytes()).await?;
        loop {
            self.fill().await?;
            let head = self.input.windows(4).position(|some| some == b"\r\n\r\n");
            if let Some(end) = head {
                if !self.input.starts_with(b"HTTP/1.1 101 ") {
                    return Err(format!("no upgrade: {}", self.input.escape_ascii()).into());
                }
                self.input.drain(..end + 4);
                return Ok(());
            }
        }
    }

    /// Adds a message to what [`flush`](Self::flush) sends.
    pub(crate) fn push(&mut self, template: &Template, number: u32) {
        self.dialect.write(&mut self.output, &mut |output| {
            template.write(number, output);
        });
    }

    pub(crate) async fn flush(&mut self) -> Outcome<()> {
        if !self.output.is_empty() {
            self.stream.write_all(&self.output).await?;
            self.output.clear();
        }
        Ok(())
    }

    /// Waits until something came, and hands on the messages in it. Dropping it loses nothing.
    pub(crate) async fn receive(
        &mut self,
        mut each: impl FnMut(&[u8]) -> Outcome<()>,
    ) -> Outcome<()> {
        self.fill().await?;
        self.hand_on(&mut each)?;
        Ok(())
    }

    /// Takes a session over from polling.
    pub(super) async fn take_over(&mut self) -> Outcome<()> {
        self.dialect.moved(&mut self.output);
        self.flush().await
    }

    /// Says that everything that came has arrived, however soon it is.
    pub(crate) async fn settle(&mut self) -> Outcome<()> {
        self.dialect
            .report(Instant::now() + SETTLED, &mut self.output);
        self.flush().await
    }

    /// Says goodbye.
    pub(crate) async fn leave(mut self) -> Outcome<()> {
        self.dialect.bye(&mut self.output);
        frame::write(frame::CLOSE, &mut self.output, |output| {
            output.extend_from_slice(&GOING_AWAY.to_be_bytes());
        });
        self.flush().await
    }

    async fn fill(&mut self) -> Outcome<()> {
        self.input.reserve(self.chunk);
        let room = self.input.capacity() - self.input.len();
        let came = self.stream.read_buf(&mut self.input).await?;
        if came == room {
            self.chunk = LARGE.min(2 * self.chunk);
        }
        match came {
            0 => Err("the server closed the connection".into()),
            _ => Ok(()),
        }
    }

    /// Whether there was a whole frame.
    fn hand_on(&mut self, each: &mut dyn FnMut(&[u8]) -> Outcome<()>) -> Outcome<bool> {
        let mut done = 0;
        while let Some((opcode, range)) = frame::read(&mut self.input[done..])? {
            let payload = &self.input[done..][range.clone()];
            match opcode {
                frame::PING => frame::write(frame::PONG, &mut self.output, |output| {
                    output.extend_from_slice(payload);
                }),
                frame::PONG => {}
                frame::CLOSE => return Err("the server closed the WebSocket".into()),
                _ => self.dialect.read(opcode, payload, &mut self.output, each)?,
            }
            done += range.end;
        }
        self.input.drain(..done);
        self.dialect.report(Instant::now(), &mut self.output);
        Ok(done > 0)
    }
}

/// Connects from one address after another.
pub(super) async fn connect(address: SocketAddr) -> Outcome<TcpStream> {
    static CONNECTED: AtomicU32 = AtomicU32::new(0);
    let block = CONNECTED.fetch_add(1, Ordering::Relaxed) / PER_ADDRESS % ADDRESSES;
    let socket = TcpSocket::new_v4()?;
    let own = Ipv4Addr::new(127, 0, 1, 1 + block as u8);
    socket.bind(SocketAddr::from((own, 0)))?;
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
