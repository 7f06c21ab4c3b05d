//! What a WebSocket is read from and written to: the connection itself where we serve it, or else what hyper has upgraded.
//!
//! Hyper hands a connection over in several layers, each of which costs a read and a write something. Ours is taken out of them.

use crate::serve::{Line, Served};
use bytes::Bytes;
use hyper::upgrade::{Parts, Upgraded};
use hyper_util::rt::TokioIo;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pub(super) enum Io {
    Served(Served),
    Upgraded(TokioIo<Upgraded>),
}

impl Io {
    /// Also what was read behind the handshake, as far as it is not read from here again.
    pub(super) fn new(upgraded: Upgraded) -> (Self, Bytes) {
        match upgraded.downcast::<TokioIo<Line<Served>>>() {
            Ok(Parts { io, read_buf, .. }) => {
                let (behind, io) = io.into_inner().into_parts();
                let unread = match behind.is_empty() {
                    true => read_buf,
                    false => [&*read_buf, &behind].concat().into(),
                };
                (Self::Served(io), unread)
            }
            Err(upgraded) => (Self::Upgraded(TokioIo::new(upgraded)), Bytes::new()),
        }
    }
}

impl AsyncRead for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Served(io) => Pin::new(io).poll_read(cx, room),
            Self::Upgraded(io) => Pin::new(io).poll_read(cx, room),
        }
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Served(io) => Pin::new(io).poll_write(cx, bytes),
            Self::Upgraded(io) => Pin::new(io).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Served(io) => Pin::new(io).poll_flush(cx),
            Self::Upgraded(io) => Pin::new(io).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Served(io) => Pin::new(io).poll_shutdown(cx),
            Self::Upgraded(io) => Pin::new(io).poll_shutdown(cx),
        }
    }
}
