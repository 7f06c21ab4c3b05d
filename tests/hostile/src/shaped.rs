//! Bytes that arrive later than they were sent: a copy in which each piece has a time of its own.

use bytes::{Bytes, BytesMut};
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// A piece is no longer than this.
const PIECE: usize = 16 * 1024;
/// How many pieces are on their way at a time; the sender has to wait for room.
const PIECES: usize = 256;

type Piece = (Instant, Bytes);

/// Copies until the end, which it passes on. Each piece arrives when `due` says of its length, and never
/// before an earlier one.
pub(crate) async fn copy(
    from: impl AsyncRead + Unpin,
    to: impl AsyncWrite + Unpin,
    due: impl FnMut(usize) -> Instant,
) -> io::Result<()> {
    let (sender, receiver) = mpsc::channel(PIECES);
    tokio::try_join!(read(from, sender, due), write(to, receiver)).map(drop)
}

async fn read(
    mut from: impl AsyncRead + Unpin,
    pieces: mpsc::Sender<Piece>,
    mut due: impl FnMut(usize) -> Instant,
) -> io::Result<()> {
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(PIECE);
        let mut room = (&mut from).take(PIECE as u64);
        let len = room.read_buf(&mut buffer).await?;
        if len == 0 {
            return Ok(());
        }
        let piece = (due(len), buffer.split().freeze());
        if pieces.send(piece).await.is_err() {
            return Ok(());
        }
    }
}

async fn write(
    mut to: impl AsyncWrite + Unpin,
    mut pieces: mpsc::Receiver<Piece>,
) -> io::Result<()> {
    while let Some((due, bytes)) = pieces.recv().await {
        // A timer has a grain of a millisecond, which a piece that is due need not pay for.
        if due > Instant::now() {
            sleep_until(due).await;
        }
        to.write_all(&bytes).await?;
        to.flush().await?;
    }
    to.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::io::duplex;

    /// Sends the pieces a second apart, each delayed by the next of these; says when each arrived.
    async fn arrivals(delays: &'static [u64]) -> Vec<u64> {
        let start = Instant::now();
        let (mut near, from) = duplex(PIECE);
        let (to, mut far) = duplex(PIECE);
        let mut delays_left = delays.iter();
        let due = move |_| {
            let delay = delays_left.next().expect("a delay for each piece");
            Instant::now() + Duration::from_secs(*delay)
        };
        tokio::spawn(copy(from, to, due));
        tokio::spawn(async move {
            for second in 0..delays.len() as u64 {
                sleep_until(start + Duration::from_secs(second)).await;
                near.write_all(b"x").await.unwrap();
            }
        });
        let mut arrived = Vec::new();
        while far.read_u8().await.is_ok() {
            arrived.push(start.elapsed().as_secs());
        }
        arrived
    }

    #[tokio::test(start_paused = true)]
    async fn each_piece_takes_its_time_while_others_are_on_their_way() {
        assert_eq!(arrivals(&[5, 5, 5]).await, [5, 6, 7]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_piece_never_overtakes_another() {
        assert_eq!(arrivals(&[9, 0, 1]).await, [9, 9, 9]);
    }

    #[tokio::test(start_paused = true)]
    async fn without_delays_nothing_waits() {
        assert_eq!(arrivals(&[0, 0]).await, [0, 1]);
    }
}
