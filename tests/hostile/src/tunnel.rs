//! What passes after a 101 or in a tunnel that CONNECT opened: bytes in two directions, cut into units that
//! faults decide on. A decision holds for a whole unit, so that what follows it can still be read.

use crate::connection::Connection;
use crate::fault::Place;
use crate::fault::points::{Direction, Passage, Unit};
use crate::frames::{FIRST_FRAGMENT, Frames, Head, Piece};
use bytes::BytesMut;
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};

const BUFFER: usize = 16 * 1024;

/// What is known of a tunnel's bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content {
    /// They are WebSocket frames.
    Frames,
    /// Nothing.
    Opaque,
}

#[derive(Debug)]
pub(crate) struct Tunnel {
    connection: Arc<Connection>,
    path: String,
    content: Content,
}

impl Tunnel {
    pub(crate) const fn new(connection: Arc<Connection>, path: String, content: Content) -> Self {
        Self {
            connection,
            path,
            content,
        }
    }

    /// Carries bytes until both sides have ended, or one has failed.
    pub(crate) async fn carry(
        &self,
        near: impl Read + Write + Unpin,
        far: impl Read + Write + Unpin,
    ) {
        let (near_read, near_write) = split(TokioIo::new(near));
        let (far_read, far_write) = split(TokioIo::new(far));
        let up = Passing::new(self, Direction::Up).copy(near_read, far_write);
        let down = Passing::new(self, Direction::Down).copy(far_read, near_write);
        // The side that failed knows, and the other sees its connection end.
        drop(tokio::try_join!(up, down));
    }
}

/// One direction of a tunnel.
struct Passing<'a> {
    tunnel: &'a Tunnel,
    direction: Direction,
    frames: Frames,
    /// What was decided for the unit that is passing.
    passage: Option<Passage>,
    /// The head of a second fragment, and how much of the first is still to come before it.
    second: Option<(usize, BytesMut)>,
    /// What is to be written.
    out: BytesMut,
}

impl<'a> Passing<'a> {
    fn new(tunnel: &'a Tunnel, direction: Direction) -> Self {
        Self {
            tunnel,
            direction,
            frames: Frames::default(),
            passage: None,
            second: None,
            out: BytesMut::new(),
        }
    }

    async fn copy(
        mut self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
    ) -> io::Result<()> {
        let mut buffer = BytesMut::new();
        loop {
            buffer.reserve(BUFFER);
            if from.read_buf(&mut buffer).await? == 0 {
                return to.shutdown().await;
            }
            self.pass(&mut buffer);
            to.write_all(&self.out.split()).await?;
            to.flush().await?;
        }
    }

    fn pass(&mut self, buffer: &mut BytesMut) {
        match self.tunnel.content {
            Content::Opaque => {
                self.passage = self.decide(Unit::Opaque);
                self.payload(buffer.split());
            }
            Content::Frames => {
                while let Some(piece) = self.frames.next(buffer) {
                    match piece {
                        Piece::Head(head) => self.head(head),
                        Piece::Payload(bytes) => self.payload(bytes),
                    }
                }
            }
        }
    }

    fn decide(&self, unit: Unit) -> Option<Passage> {
        let connection = &self.tunnel.connection;
        let place = Place {
            path: &self.tunnel.path,
            luck: &connection.luck,
        };
        let faults = &connection.shared.faults;
        faults.first(place, |fault| fault.unit(self.direction, unit))
    }

    fn head(&mut self, head: Head) {
        self.passage = self.decide(Unit::Frame {
            before: head.before,
            compressed: head.is_compressed(),
        });
        let bytes = match self.passage {
            Some(Passage::Drop) => return,
            Some(Passage::CorruptHead) => head.corrupted(),
            Some(Passage::Split) => self.split(head),
            Some(Passage::CorruptPayload) | None => head.bytes,
        };
        self.out.unsplit(bytes);
    }

    fn split(&mut self, head: Head) -> BytesMut {
        let Some((first, second)) = head.split() else {
            return head.bytes;
        };
        let left = usize::try_from(FIRST_FRAGMENT).expect("a small number");
        self.second = Some((left, second));
        first
    }

    fn payload(&mut self, mut bytes: BytesMut) {
        match self.passage {
            Some(Passage::Drop) => return,
            Some(Passage::CorruptPayload) => self.corrupt(&mut bytes),
            Some(Passage::CorruptHead | Passage::Split) | None => {}
        }
        if let Some((left, head)) = self.second.take() {
            if bytes.len() < left {
                self.second = Some((left - bytes.len(), head));
            } else {
                self.out.unsplit(bytes.split_to(left));
                self.out.unsplit(head);
            }
        }
        self.out.unsplit(bytes);
    }

    /// Turns one bit, once in a unit.
    fn corrupt(&mut self, bytes: &mut BytesMut) {
        let luck = &self.tunnel.connection.luck;
        let (at, bit) = luck.draw(|luck| (luck.usize(..bytes.len()), luck.u8(..8)));
        bytes[at] ^= 1 << bit;
        self.passage = None;
    }
}
