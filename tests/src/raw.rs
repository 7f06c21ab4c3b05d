//! A connection without manners: these bytes out, whatever comes back in.

use crate::target::Target;
use crate::wait::{soon, until};
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Waits until the server has cut a connection, without reading from it: to bytes that nobody takes any more, the answer
/// is a reset. Where one is still there, empty lines begin no request.
///
/// # Panics
///
/// When it is not cut.
pub async fn cut(stream: &TcpStream) {
    let is_cut = || match stream.try_write(b"\n") {
        Ok(_) => false,
        Err(error) => error.kind() != io::ErrorKind::WouldBlock,
    };
    until("the cut", is_cut).await;
}

/// A TCP connection, byte by byte.
#[derive(Debug)]
pub struct Raw {
    stream: TcpStream,
    read: Vec<u8>,
}

/// An answer as it came.
#[derive(Clone, Debug)]
pub struct RawAnswer {
    /// The status line and headers, in lower case.
    pub head: String,
    /// As much of the body as `Content-Length` says.
    pub body: String,
}

impl RawAnswer {
    /// The status.
    #[must_use]
    pub fn status(&self) -> u16 {
        let status = self
            .head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        status.unwrap_or_default()
    }

    /// A header; empty where it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut values = lines
            .filter(|(header, _)| *header == name)
            .map(|(_, value)| value);
        values.next().unwrap_or_default()
    }
}

impl Raw {
    /// Connects.
    ///
    /// # Panics
    ///
    /// When nobody listens there.
    pub async fn connect(target: &Target) -> Self {
        let stream = target.dial().await.expect("the server listens");
        let read = Vec::new();
        Self { stream, read }
    }

    /// Writes these bytes. A peer that has closed already is no failure: its answer says more.
    pub async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        drop(self.stream.write_all(bytes.as_ref()).await);
    }

    /// Says that nothing more will be written.
    pub async fn finish(&mut self) {
        drop(self.stream.shutdown().await);
    }

    /// Reads one answer.
    ///
    /// # Panics
    ///
    /// When none comes.
    pub async fn answer(&mut self) -> RawAnswer {
        soon("an answer", self.read_answer())
            .await
            .expect("a whole answer")
    }

    /// Reads one answer, however long that takes. Cancel safe: what has been read stays.
    ///
    /// # Panics
    ///
    /// When the connection ends without one.
    pub async fn answer_or_pending(&mut self) -> RawAnswer {
        self.read_answer().await.expect("a whole answer")
    }

    async fn read_answer(&mut self) -> io::Result<RawAnswer> {
        let end = loop {
            let end = self.read.windows(4).position(|bytes| bytes == b"\r\n\r\n");
            match end {
                Some(end) => break end + 4,
                None => self.read_more().await?,
            }
        };
        let head = String::from_utf8_lossy(&self.read[..end]).to_lowercase();
        let mut answer = RawAnswer {
            head,
            body: String::new(),
        };
        let length: usize = answer.header("content-length").parse().unwrap_or_default();
        while self.read.len() < end + length {
            self.read_more().await?;
        }
        answer.body = String::from_utf8_lossy(&self.read[end..end + length]).into_owned();
        self.read.drain(..end + length);
        Ok(answer)
    }

    async fn read_more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.read).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// Reads until the server closes the connection; returns what came before.
    ///
    /// # Panics
    ///
    /// When the server does not close it.
    pub async fn closed(mut self) -> Vec<u8> {
        soon("the end of the connection", async {
            while self.read_more().await.is_ok() {}
        })
        .await;
        self.read
    }
}
