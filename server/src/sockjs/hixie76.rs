//! The handshake of the draft hixie-76, with which browsers opened WebSockets before 2011, and its frames.
//!
//! Off by default: hardly anybody needs it. A frame is a text between the bytes 00 and ff. The answer leaves before the
//! last eight bytes of the request are read, since some proxies hold those back until then. The draft has no pings, so
//! silence means nothing here. Facts: draft-hixie-thewebsocketprotocol-76.

use super::receive::open_session;
use super::service::{Mount, Refused};
use crate::arrival::Head;
use crate::node::Counted;
use crate::shared::{Linked, Transmitted};
use axum::body::Body;
use axum::extract::OriginalUri;
use axum::response::Response;
use bytes::{Buf, Bytes, BytesMut};
use bytestring::ByteString;
use http::header::{CONNECTION, HOST, ORIGIN, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use md5::{Digest, Md5};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::Duration;
use throughline_core::Time;
use throughline_core::sockjs::{Connection, Down, Up};
use throughline_core::wire::Carried;
use throughline_core::wire::sockjs::Transport;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep_until, timeout};

const KEY_1: HeaderName = HeaderName::from_static("sec-websocket-key1");
const KEY_2: HeaderName = HeaderName::from_static("sec-websocket-key2");
const WEBSOCKET_ORIGIN: HeaderName = HeaderName::from_static("sec-websocket-origin");
const LOCATION: HeaderName = HeaderName::from_static("sec-websocket-location");

/// How long the rest of the handshake, and a frame that is written, may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// What each side closes with.
const CLOSING: [u8; 2] = [0xff, 0];

/// Whether a request is such a handshake.
pub(super) fn is_handshake(parts: &Parts) -> bool {
    let has = |name| parts.headers.contains_key(name);
    has(UPGRADE) && has(KEY_1) && has(KEY_2) && !has(SEC_WEBSOCKET_VERSION)
}

/// Accepts it.
pub(super) async fn upgrade(
    mount: &Mount,
    mut head: Head,
    transport: Transport,
) -> Result<Response, Refused> {
    let numbers = [KEY_1, KEY_2].map(|key| number(head.parts.headers.get(key)));
    let [Some(first), Some(second)] = numbers else {
        return Err(Refused::NoHandshake);
    };
    let location = location(&head.parts).ok_or(Refused::NoHandshake)?;
    let on_upgrade = head.parts.extensions.remove::<OnUpgrade>();
    let on_upgrade = on_upgrade.ok_or(Refused::NoHandshake)?;
    let origin = head.parts.headers.get(ORIGIN).cloned();
    let node = mount.node.clone();
    let longest = mount.settings.max_payload;
    let session = open_session(mount, node.caller(head)).await?;
    tokio::spawn(async move {
        let _counted = Counted::new(node.clone());
        let linked = Linked::<Connection>::websocket(session, node.next_number(), transport);
        if let Ok(upgraded) = on_upgrade.await {
            let io = TokioIo::new(upgraded);
            let draft = Draft::new(io, linked, longest);
            // Whatever goes wrong with the connection is its end.
            let _ = draft.run(first, second).await;
        }
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(UPGRADE, HeaderValue::from_static("WebSocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(LOCATION, location);
    if let Some(origin) = origin {
        headers.insert(WEBSOCKET_ORIGIN, origin);
    }
    Ok(response)
}

/// The number in a key: its digits, divided by how many spaces it has.
fn number(key: Option<&HeaderValue>) -> Option<u32> {
    let key = key?.to_str().ok()?;
    let digits: String = key.chars().filter(char::is_ascii_digit).collect();
    let spaces = key.bytes().filter(|byte| *byte == b' ').count();
    let divided = digits.parse::<u64>().ok()?.checked_div(spaces as u64)?;
    u32::try_from(divided).ok()
}

/// The URL as the client sees it.
fn location(parts: &Parts) -> Option<HeaderValue> {
    let host = parts.headers.get(HOST)?.to_str().ok()?;
    let original = parts.extensions.get::<OriginalUri>();
    let uri = original.map_or(&parts.uri, |OriginalUri(uri)| uri);
    let path = uri.path_and_query()?;
    HeaderValue::try_from(format!("ws://{host}{path}")).ok()
}

/// What proves that the handshake was understood.
fn digest(first: u32, second: u32, rest: [u8; 8]) -> [u8; 16] {
    let mut md5 = Md5::new();
    md5.update(first.to_be_bytes());
    md5.update(second.to_be_bytes());
    md5.update(rest);
    md5.finalize().into()
}

/// A connection of the draft.
struct Draft {
    io: TokioIo<Upgraded>,
    linked: Linked<Connection>,
    longest: usize,
    read: BytesMut,
    /// How far that was looked through for the end of a frame.
    looked: usize,
    waiting: VecDeque<Down>,
    is_over: bool,
}

/// What there is to do.
enum Next {
    Write(Down),
    Read(usize),
    Look,
    End,
}

impl Draft {
    fn new(io: TokioIo<Upgraded>, linked: Linked<Connection>, longest: usize) -> Self {
        Self {
            io,
            linked,
            longest,
            read: BytesMut::new(),
            looked: 0,
            waiting: VecDeque::new(),
            is_over: false,
        }
    }

    async fn run(mut self, first: u32, second: u32) -> io::Result<()> {
        let mut rest = [0; 8];
        timeout(PATIENCE, self.io.read_exact(&mut rest)).await??;
        self.write(&digest(first, second, rest)).await?;
        loop {
            match self.next().await? {
                Next::Write(down) => self.say(down).await?,
                Next::Read(0) | Next::End => break,
                Next::Read(_) => {
                    if !self.hear() {
                        break;
                    }
                }
                Next::Look => self.linked.session().clock_ticked(),
            }
        }
        self.write(&CLOSING).await?;
        self.io.shutdown().await
    }

    async fn next(&mut self) -> io::Result<Next> {
        let Self {
            io,
            linked,
            read,
            waiting,
            is_over,
            ..
        } = self;
        let clock = linked.session().node().clock;
        let attended = linked.attend(std::task::Waker::noop());
        let down = poll_fn(|cx| {
            let deadline = linked.attend(cx.waker()).deadline;
            if waiting.is_empty() && !*is_over {
                *is_over = linked.transmit(1, waiting) == Transmitted::End;
            }
            match waiting.pop_front() {
                Some(down) => Poll::Ready(Next::Write(down)),
                None if *is_over => Poll::Ready(Next::End),
                None if deadline != attended.deadline => Poll::Ready(Next::Look),
                None => Poll::Pending,
            }
        });
        let at = attended.deadline.unwrap_or(Time::ZERO);
        tokio::select! {
            biased;
            next = down => Ok(next),
            length = io.read_buf(read), if !attended.is_full => Ok(Next::Read(length?)),
            () = sleep_until(clock.instant(at)) => Ok(Next::Look),
        }
    }

    async fn say(&mut self, down: Down) -> io::Result<()> {
        match down {
            Down::Text(text) => {
                let frame = [&[0], &**text.as_bytes(), &[0xff]].concat();
                self.write(&frame).await
            }
            Down::Ping => {
                self.linked.receive(Up::Alive);
                Ok(())
            }
            // The draft has neither.
            Down::Binary(_) | Down::Close(..) => Ok(()),
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        timeout(PATIENCE, self.io.write_all(bytes)).await??;
        Ok(())
    }

    /// Takes the frames that have arrived; says whether there may be more.
    fn hear(&mut self) -> bool {
        while let Some(kind) = self.read.first().copied() {
            match (kind, self.end_of_frame()) {
                (0, Some(end)) if end <= self.longest + 1 => {
                    // Of its own: what was read holds more.
                    let text = Bytes::copy_from_slice(&self.read[1..end]);
                    self.read.advance(end + 1);
                    let Ok(text) = ByteString::try_from(text) else {
                        return false;
                    };
                    self.linked.receive(Up::Carried(Carried::Text(text)));
                }
                (0, None) if self.read.len() <= self.longest + 1 => return true,
                (0, _) => {
                    self.linked.message_too_long();
                    return false;
                }
                (0xff, _) => {
                    self.linked.receive(Up::Closed);
                    return false;
                }
                _ => return false,
            }
        }
        true
    }

    /// Where the frame ends with which all begins that was read. No byte is looked at twice, however small the pieces are.
    fn end_of_frame(&mut self) -> Option<usize> {
        let new = &self.read[self.looked..];
        let end = new.iter().position(|byte| *byte == 0xff);
        let end = end.map(|end| self.looked + end);
        self.looked = if end.is_some() { 0 } else { self.read.len() };
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the draft's section 1.3.
    #[test]
    fn the_keys_and_the_rest_give_the_digest() {
        let key = |text| number(Some(&HeaderValue::from_static(text)));
        let first = key("4 @1  46546xW%0l 1 5").unwrap();
        let second = key("12998 5 Y3 1  .P00").unwrap();
        assert_eq!((first, second), (829_309_203, 259_970_620));
        assert_eq!(&digest(first, second, *b"^n:ds[4U"), b"8jKS'y:G*Co,Wxa-");
    }

    #[test]
    fn a_key_without_spaces_or_digits_is_none() {
        for key in ["", "123", " ", "99999999999999999999999 "] {
            assert_eq!(number(Some(&HeaderValue::from_static(key))), None, "{key}");
        }
    }
}
