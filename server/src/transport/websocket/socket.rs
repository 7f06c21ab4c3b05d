//! A WebSocket's bytes: what has come is given out message by message, and what leaves is collected and written at once.
//!
//! All connections of a thread read into, and write from, the same memory: one that is idle has none of its own. It keeps
//! what came and was not asked for, and what the system did not take.

use super::io::Io;
use hyper::upgrade::Upgraded;
use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use throughline_core::wire::websocket::{Close, Decoder, Failure, Received, write};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// As much is read at a time.
const READ: usize = 16 * 1024;
/// As much of the memory for writing is kept for the next time.
const MOST_KEPT: usize = 64 * 1024;
/// A peer that pings and does not read is answered no more when so much waits for it.
const MOST_PONGS: usize = 4 * 1024;

thread_local! {
    /// What is written at once.
    static OUTPUT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A WebSocket connection behind its handshake.
pub(crate) struct Socket {
    io: Io,
    decoder: Decoder,
    /// Nothing that comes means anything any more.
    is_deaf: bool,
    /// What came and was not decoded yet.
    unread: Vec<u8>,
    /// What waits until the system takes it.
    unsent: Vec<u8>,
    is_unflushed: bool,
}

/// What has come, to be taken message by message.
pub(super) struct Arrived<'a> {
    decoder: &'a mut Decoder,
    is_deaf: &'a mut bool,
    bytes: &'a mut [u8],
    unsent: &'a mut Vec<u8>,
}

impl Arrived<'_> {
    /// The next message or close; pings are answered in passing. `None` when the rest has to arrive.
    pub(super) fn next(&mut self) -> Result<Option<Received>, Failure> {
        let received = self.decoder.decode(&mut self.bytes);
        *self.is_deaf = matches!(received, Err(_) | Ok(Some(Received::Close(_))));
        if let Ok(Some(Received::Ping(said))) = &received
            && self.unsent.len() < MOST_PONGS
        {
            write::pong(said, self.unsent);
        }
        received
    }
}

impl Socket {
    pub(super) fn new(upgraded: Upgraded, longest: usize) -> Self {
        let (io, unread) = Io::new(upgraded);
        Self {
            io,
            decoder: Decoder::new(longest),
            is_deaf: false,
            unread: unread.to_vec(),
            unsent: Vec::new(),
            is_unflushed: false,
        }
    }

    /// Lets `take` have what has come, once there is something: what it leaves is there the next time. `None` when the peer
    /// sends nothing more.
    pub(super) fn poll_read<R>(
        &mut self,
        cx: &mut Context<'_>,
        take: impl FnOnce(&mut Arrived<'_>) -> R,
    ) -> Poll<io::Result<Option<R>>> {
        if !self.unread.is_empty() {
            let mut bytes = std::mem::take(&mut self.unread);
            return Poll::Ready(Ok(Some(self.give(&mut bytes, take))));
        }
        let mut room = [const { MaybeUninit::uninit() }; READ];
        let mut room = ReadBuf::uninit(&mut room);
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut room))?;
        match room.filled_mut() {
            [] => Poll::Ready(Ok(None)),
            bytes => Poll::Ready(Ok(Some(self.give(bytes, take)))),
        }
    }

    fn give<R>(&mut self, bytes: &mut [u8], take: impl FnOnce(&mut Arrived<'_>) -> R) -> R {
        let mut arrived = Arrived {
            decoder: &mut self.decoder,
            is_deaf: &mut self.is_deaf,
            bytes,
            unsent: &mut self.unsent,
        };
        let taken = take(&mut arrived);
        if !*arrived.is_deaf {
            self.unread = arrived.bytes.to_vec();
        }
        taken
    }

    /// Writes what waits, then what `fill` adds, as often as it says that there is more. While it is pending, the system takes
    /// no more, and whoever is woken asks again; when it is ready, `fill` has nothing left.
    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        mut fill: impl FnMut(&mut Vec<u8>) -> bool,
    ) -> Poll<io::Result<()>> {
        let mut output = OUTPUT.take();
        let mut has_more = true;
        let written = loop {
            let unsent = self.poll_unsent(cx);
            if !has_more || !matches!(unsent, Poll::Ready(Ok(()))) {
                break unsent;
            }
            output.clear();
            has_more = fill(&mut output);
            match self.write(cx, &output) {
                Ok(taken) => self.unsent.extend_from_slice(&output[taken..]),
                Err(error) => break Poll::Ready(Err(error)),
            }
        };
        if output.capacity() <= MOST_KEPT {
            OUTPUT.set(output);
        }
        written
    }

    /// Whether something waits for the system.
    pub(super) fn has_unsent(&self) -> bool {
        !self.unsent.is_empty() || self.is_unflushed
    }

    /// Whether nothing that comes means anything any more.
    pub(super) fn is_deaf(&self) -> bool {
        self.is_deaf
    }

    /// Writes what waits, and sees it off.
    fn poll_unsent(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.unsent.is_empty() {
            let unsent = std::mem::take(&mut self.unsent);
            let taken = self.write(cx, &unsent)?;
            if taken < unsent.len() {
                self.unsent = unsent;
                self.unsent.drain(..taken);
                return Poll::Pending;
            }
        }
        if self.is_unflushed {
            ready!(Pin::new(&mut self.io).poll_flush(cx))?;
            self.is_unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Writes as much as the system takes. The task is woken for the rest.
    fn write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> io::Result<usize> {
        self.is_unflushed |= !bytes.is_empty();
        let mut taken = 0;
        while taken < bytes.len() {
            match Pin::new(&mut self.io).poll_write(cx, &bytes[taken..]) {
                Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(more)) => taken += more,
                Poll::Ready(Err(error)) => return Err(error),
                Poll::Pending => break,
            }
        }
        Ok(taken)
    }

    /// The next message or close; `None` when there is none any more.
    pub(super) async fn next(&mut self) -> Result<Option<Received>, Failure> {
        while !self.is_deaf {
            let arrived = poll_fn(|cx| self.poll_read(cx, next_but_control_frames)).await;
            let Ok(Some(received)) = arrived else { break };
            let sent = self.send(|_| {}).await;
            match received? {
                Some(received) => return Ok(Some(received)),
                None if sent.is_err() => break,
                None => {}
            }
        }
        Ok(None)
    }

    /// Writes what `fill` adds, however long it takes.
    pub(super) async fn send(&mut self, fill: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        fill(&mut self.unsent);
        poll_fn(|cx| self.poll_unsent(cx)).await
    }

    /// Closes the connection in order. Reading on until the peer closes it too keeps what was written last from being thrown
    /// away with it.
    pub(super) async fn close(&mut self, close: Option<Close>) -> io::Result<()> {
        self.send(|out| write::close(close.as_ref(), out)).await?;
        while let Ok(Some(Received::Message(_))) = self.next().await {}
        poll_fn(|cx| Pin::new(&mut self.io).poll_shutdown(cx)).await?;
        self.is_deaf = true;
        self.unread.clear();
        while poll_fn(|cx| self.poll_read(cx, |_| ())).await?.is_some() {}
        Ok(())
    }
}

/// All pings and pongs that came together count as nothing.
fn next_but_control_frames(arrived: &mut Arrived<'_>) -> Result<Option<Received>, Failure> {
    loop {
        match arrived.next()? {
            Some(Received::Ping(_) | Received::Pong) => {}
            other => return Ok(other),
        }
    }
}
