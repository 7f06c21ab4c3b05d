//! A connection's stream, behind what has been read of it and put back.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// As much is read at a time ahead of whoever will ask for it.
const AHEAD: usize = 512;

#[derive(Debug)]
pub(crate) struct Line<T> {
    /// What is read first.
    unread: Box<[u8]>,
    stream: T,
}

impl<T> Line<T> {
    pub(super) fn new(stream: T) -> Self {
        let unread = Box::default();
        Self { unread, stream }
    }

    /// What is read first, and what comes behind it.
    pub(crate) fn into_parts(self) -> (Box<[u8]>, T) {
        (self.unread, self.stream)
    }

    /// Puts this back: it is read before all else.
    pub(super) fn put_back(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.unread = [bytes, &self.unread].concat().into();
        }
    }
}

impl<T: AsyncRead + Unpin> Line<T> {
    /// Ready when the stream has ended. What comes before that is put back, and from then on nothing more is read.
    pub(super) fn poll_end(&mut self, ctx: &mut Context<'_>) -> Poll<()> {
        while self.unread.is_empty() {
            let mut room = [0; AHEAD];
            let mut room = ReadBuf::new(&mut room);
            let read = ready!(Pin::new(&mut self.stream).poll_read(ctx, &mut room));
            if read.is_err() || room.filled().is_empty() {
                return Poll::Ready(());
            }
            self.put_back(room.filled());
        }
        Poll::Pending
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Line<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.unread.is_empty() {
            return Pin::new(&mut self.stream).poll_read(ctx, buffer);
        }
        let (now, later) = self
            .unread
            .split_at(self.unread.len().min(buffer.remaining()));
        buffer.put_slice(now);
        self.unread = later.into();
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Line<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(ctx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(ctx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(ctx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(ctx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::future::poll_fn;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    #[tokio::test]
    async fn what_was_put_back_is_read_before_what_comes() {
        let (near, mut far) = duplex(64);
        let mut line = Line::new(near);
        far.write_all(b"three").await.unwrap();
        line.put_back(b"two ");
        line.put_back(b"one ");
        let mut read = [0; 13];
        line.read_exact(&mut read[..2]).await.unwrap();
        line.read_exact(&mut read[2..]).await.unwrap();
        assert_eq!(&read, b"one two three");
    }

    #[tokio::test]
    async fn the_end_is_noticed_and_what_comes_is_kept() {
        let (near, mut far) = duplex(64);
        let mut line = Line::new(near);
        let mut is_over = || poll_fn(|ctx| line.poll_end(ctx)).now_or_never().is_some();
        assert!(!is_over());
        far.write_all(b"more").await.unwrap();
        assert!(!is_over());
        drop(far);
        assert!(!is_over(), "nobody has read what came");
        let mut read = Vec::new();
        line.read_to_end(&mut read).await.unwrap();
        assert_eq!(read, b"more");
        assert!(poll_fn(|ctx| line.poll_end(ctx)).now_or_never().is_some());
    }
}
