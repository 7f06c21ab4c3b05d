//! HTTP/1.1 over a kept connection, as thin as it gets: one request, then its answer.

use super::connection::connect;
use crate::Outcome;
use std::fmt::Write;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CHUNK: usize = 4 * 1024;
const END: &[u8] = b"\r\n\r\n";

#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn get(path: String) -> Self {
        Self {
            method: "GET",
            path,
            body: Vec::new(),
        }
    }

    pub(crate) fn post(path: String, body: Vec<u8>) -> Self {
        Self {
            method: "POST",
            path,
            body,
        }
    }
}

pub(crate) struct Http {
    stream: TcpStream,
    address: SocketAddr,
    input: Vec<u8>,
}

impl Http {
    pub(crate) async fn open(address: SocketAddr) -> Outcome<Self> {
        Ok(Self {
            stream: connect(address).await?,
            address,
            input: Vec::new(),
        })
    }

    /// The body of the answer. Whoever drops this must drop the connection too.
    pub(crate) async fn exchange(&mut self, request: &Request) -> Outcome<Vec<u8>> {
        self.send(request).await?;
        self.answer().await
    }

    async fn send(&mut self, request: &Request) -> Outcome<()> {
        let Request { method, path, body } = request;
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        if *method == "POST" {
            let length = body.len();
            write!(
                head,
                "Content-Type: text/plain\r\nContent-Length: {length}\r\n"
            )?;
        }
        let mut bytes = (head + "\r\n").into_bytes();
        bytes.extend_from_slice(body);
        Ok(self.stream.write_all(&bytes).await?)
    }

    async fn answer(&mut self) -> Outcome<Vec<u8>> {
        loop {
            if let Some((body, end)) = answer(&self.input)? {
                self.input.drain(..end);
                return Ok(body);
            }
            self.input.reserve(CHUNK);
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Err("the server closed a connection".into());
            }
        }
    }
}

/// The body of an answer that is whole, and where the answer ends.
fn answer(input: &[u8]) -> Outcome<Option<(Vec<u8>, usize)>> {
    let Some(end) = input.windows(END.len()).position(|some| some == END) else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&input[..end])?.to_ascii_lowercase();
    let start = end + END.len();
    if head.starts_with("http/1.1 204 ") {
        return Ok(Some((Vec::new(), start)));
    }
    if !head.starts_with("http/1.1 200 ") {
        return Err(format!("not an answer: {}", input.escape_ascii()).into());
    }
    let header = |name| head.lines().find_map(|line| line.strip_prefix(name));
    match header("content-length: ") {
        Some(length) => {
            let end = start + length.parse::<usize>()?;
            Ok(input.get(start..end).map(|body| (body.to_vec(), end)))
        }
        None => chunked(input, start),
    }
}

fn chunked(input: &[u8], mut start: usize) -> Outcome<Option<(Vec<u8>, usize)>> {
    let mut body = Vec::new();
    loop {
        let Some(line) = input[start..].windows(2).position(|some| some == b"\r\n") else {
            return Ok(None);
        };
        let length = usize::from_str_radix(std::str::from_utf8(&input[start..start + line])?, 16)?;
        let chunk = start + line + 2;
        let Some(bytes) = input.get(chunk..chunk + length + 2) else {
            return Ok(None);
        };
        start = chunk + length + 2;
        if length == 0 {
            return Ok(Some((body, start)));
        }
        body.extend_from_slice(&bytes[..length]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_whole_or_not_at_all() {
        let counted = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
        let chunked =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
        for bytes in [&counted[..], chunked] {
            assert_eq!(answer(bytes).unwrap(), Some((b"abc".to_vec(), bytes.len())));
            for cut in 0..bytes.len() {
                assert_eq!(answer(&bytes[..cut]).unwrap(), None);
            }
        }
    }
}
