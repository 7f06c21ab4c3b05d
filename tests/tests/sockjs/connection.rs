//! One connection of a client, read as it comes: a head, then chunk by chunk or to the end.

use http::{HeaderMap, HeaderName, HeaderValue};
use throughline_tests::raw;
use throughline_tests::target::Target;
use throughline_tests::wait::soon;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A TCP connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
    host: String,
}

/// The status line and headers of an answer.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) version: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
}

impl Head {
    /// A header; empty where it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }
}

impl Connection {
    pub(crate) async fn open(target: &Target) -> Self {
        let stream = target.dial().await.expect("the server listens");
        Self::over(stream, target)
    }

    pub(crate) fn over(stream: TcpStream, target: &Target) -> Self {
        Self {
            stream,
            read: Vec::new(),
            host: target.address.to_string(),
        }
    }

    /// Writes a request of HTTP/1.1. More headers end with a line break each.
    pub(crate) async fn ask(&mut self, method: &str, path: &str, headers: &str, body: &str) {
        let (host, length) = (&self.host, body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        );
        self.write(request).await;
    }

    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let written = self.stream.write_all(bytes.as_ref()).await;
        written.expect("the server reads");
    }

    pub(crate) async fn head(&mut self) -> Head {
        let head = self.through(b"\r\n\r\n").await;
        let head = String::from_utf8(head).expect("a head is text");
        let mut lines = head.lines();
        let mut words = lines.next().expect("a status line").split(' ');
        let mut word = || words.next().expect("a status line").to_owned();
        let (version, status) = (word(), word().parse().expect("a status"));
        let header = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            Some((name, HeaderValue::from_str(value).ok()?))
        };
        Head {
            version,
            status,
            headers: lines.filter_map(header).collect(),
        }
    }

    /// The next chunk; `None` for the last one, which is empty.
    pub(crate) async fn chunk(&mut self) -> Option<String> {
        let size = self.through(b"\r\n").await;
        let size = String::from_utf8(size).expect("a size is text");
        let size = usize::from_str_radix(size.trim_end(), 16).expect("a size is a number");
        let mut chunk = self.take(size + 2).await;
        chunk.truncate(size);
        let chunk = String::from_utf8(chunk).expect("frames are text");
        (size > 0).then_some(chunk)
    }

    /// What comes next, up to and with these bytes.
    pub(crate) async fn through(&mut self, end: &[u8]) -> Vec<u8> {
        loop {
            let found = self.read.windows(end.len()).position(|bytes| bytes == end);
            if let Some(at) = found {
                return self.read.drain(..at + end.len()).collect();
            }
            self.read_more().await;
        }
    }

    /// So many of the bytes that come next.
    pub(crate) async fn take(&mut self, length: usize) -> Vec<u8> {
        while self.read.len() < length {
            self.read_more().await;
        }
        self.read.drain(..length).collect()
    }

    async fn read_more(&mut self) {
        let read = soon("more bytes", self.stream.read_buf(&mut self.read)).await;
        assert_ne!(read.expect("the connection lives"), 0, "it was closed");
    }

    /// Waits until the server has cut the connection. Nothing is read meanwhile.
    pub(crate) async fn cut(&self) {
        raw::cut(&self.stream).await;
    }

    /// What comes before the server closes the connection.
    pub(crate) async fn rest(mut self) -> String {
        let end = self.stream.read_to_end(&mut self.read);
        // A connection that is reset is closed as well.
        let _ = soon("the end of the connection", end).await;
        String::from_utf8_lossy(&self.read).into_owned()
    }
}
