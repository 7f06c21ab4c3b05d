//! A connection that fails when its peer takes nothing for too long, so that whatever waits to be written is freed.
//!
//! Only bytes that leave count: those that come in do not, and a flush that has nothing to do says nothing about the peer.
//! A timer exists only while a write waits; a connection that is idle has none.
//!
//! The parts of what is small are joined first: the system takes one piece by `send` sooner than several by `writev`.

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::Handle;
use tokio::time::{Sleep, sleep};

/// What is longer is not joined: to copy it would take longer than what that saves.
const SMALL: usize = 4 * 1024;

thread_local! {
    /// Where parts are joined, for all connections of a thread.
    static JOINED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

pub(crate) struct WriteDeadline<T> {
    stream: T,
    deadline: Duration,
    /// Where time passes for it, whoever writes.
    runtime: Handle,
    /// Runs from the first write that found no room on, until one finds some.
    stalled: Option<Pin<Box<Sleep>>>,
    /// The same for whoever looks from outside.
    is_stalled: Arc<AtomicBool>,
}

impl<T> WriteDeadline<T> {
    pub(super) fn new(stream: T, deadline: Duration) -> Self {
        Self {
            stream,
            deadline,
            runtime: Handle::current(),
            stalled: None,
            is_stalled: Arc::default(),
        }
    }

    /// Whether a write waits for room, from now on.
    pub(super) fn is_stalled(&self) -> Arc<AtomicBool> {
        self.is_stalled.clone()
    }

    /// Passes a write's result on, or fails when there has been none for too long.
    fn judge(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            if self.stalled.take().is_some() {
                self.is_stalled.store(false, Ordering::Relaxed);
            }
            return written;
        }
        let (deadline, runtime) = (self.deadline, &self.runtime);
        let stalled = self.stalled.get_or_insert_with(|| {
            self.is_stalled.store(true, Ordering::Relaxed);
            let _entered = runtime.enter();
            Box::pin(sleep(deadline))
        });
        ready!(stalled.as_mut().poll(cx));
        let why = "the peer has taken nothing for too long";
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, why)))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for WriteDeadline<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for WriteDeadline<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.judge(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let stream = Pin::new(&mut self.stream);
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let written = match parts {
            [whole] => stream.poll_write(cx, whole),
            _ if length <= SMALL => joined(parts, |whole| stream.poll_write(cx, whole)),
            _ => stream.poll_write_vectored(cx, parts),
        };
        self.judge(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    // Neither of these waits for the peer of a TCP connection.

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Does this with all parts behind each other.
fn joined<R>(parts: &[io::IoSlice<'_>], write: impl FnOnce(&[u8]) -> R) -> R {
    JOINED.with_borrow_mut(|joined| {
        joined.clear();
        parts.iter().for_each(|part| joined.extend_from_slice(part));
        write(joined)
    })
}

impl<T> fmt::Debug for WriteDeadline<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteDeadline")
            .field("deadline", &self.deadline)
            .field("is_stalled", &self.stalled.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::time::{Instant, advance};

    const DEADLINE: Duration = Duration::from_secs(30);
    const ROOM: usize = 8;

    fn pair() -> (WriteDeadline<DuplexStream>, DuplexStream) {
        let (near, far) = duplex(ROOM);
        (WriteDeadline::new(near, DEADLINE), far)
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_given_up_after_the_deadline() {
        let (mut near, _far) = pair();
        let start = Instant::now();
        let error = near.write_all(&[0; ROOM + 1]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(start.elapsed() >= DEADLINE);
        assert!(start.elapsed() < DEADLINE * 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_a_little_in_time_is_served_to_the_end() {
        let (mut near, mut far) = pair();
        let start = Instant::now();
        let writing = tokio::spawn(async move { near.write_all(&[7; 10 * ROOM]).await });
        for _ in 0..10 * ROOM {
            advance(DEADLINE - Duration::from_secs(1)).await;
            assert_eq!(far.read_u8().await.unwrap(), 7);
        }
        writing.await.unwrap().unwrap();
        assert!(start.elapsed() > DEADLINE * 70);
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_in_is_no_sign_that_anything_is_taken() {
        let (near, mut far) = pair();
        let (mut reader, mut writer) = tokio::io::split(near);
        let reading = tokio::spawn(async move { while reader.read_u8().await.is_ok() {} });
        let writing = tokio::spawn(async move { writer.write_all(&[0; ROOM + 1]).await });
        while !writing.is_finished() {
            far.write_u8(1).await.unwrap();
            advance(Duration::from_secs(1)).await;
        }
        let error = writing.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        reading.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn silence_between_writes_is_no_stall() {
        let (mut near, mut far) = pair();
        for _ in 0..3 {
            near.write_all(&[7; ROOM]).await.unwrap();
            near.flush().await.unwrap();
            assert!(near.stalled.is_none());
            advance(DEADLINE * 2).await;
            far.read_exact(&mut [0; ROOM]).await.unwrap();
        }
    }

    #[tokio::test]
    async fn parts_arrive_in_their_order_and_whole_however_long_they_are() {
        for longest in [3, SMALL / 2, SMALL, 3 * SMALL] {
            let (near, mut far) = duplex(longest / 2 + 1);
            let mut near = WriteDeadline::new(near, DEADLINE);
            let sent: Vec<u8> = (0..longest + 7).map(|index| index as u8).collect();
            let parts = sent.clone();
            let writing = tokio::spawn(async move {
                let mut rest = &parts[7..];
                let mut head = &parts[..7];
                while !head.is_empty() || !rest.is_empty() {
                    let parts = [io::IoSlice::new(head), io::IoSlice::new(rest)];
                    let written = near.write_vectored(&parts).await.unwrap();
                    let of_head = written.min(head.len());
                    head = &head[of_head..];
                    rest = &rest[written - of_head..];
                }
            });
            let mut came = Vec::new();
            far.read_to_end(&mut came).await.unwrap();
            writing.await.unwrap();
            assert_eq!(came, sent);
        }
    }

    /// Each connection has one, mostly for nothing.
    #[test]
    fn it_is_small() {
        assert!(size_of::<WriteDeadline<()>>() <= 48);
    }
}
