//! What leaves: the next frame for a poll, and the next piece for a WebSocket or a response that goes on.
//!
//! Whatever there is leaves in one frame. A poll's frame counts as delivered when the client asks again; what a stream
//! took counts at once, since a client that loses its stream is gone.

use super::{Connection, Down, LinkId};
use crate::message::Message;
use crate::session::{Logged, Transmit};
use crate::time::Time;
use crate::wire::native::Item;
use crate::wire::sockjs::{self, Batch, Sink, Transport};
use crate::wire::websocket::write::Text;

impl Connection {
    /// The frame that is next for whoever receives frames.
    pub(super) fn next_frame(&mut self, now: Time) -> Option<String> {
        if std::mem::take(&mut self.is_greeting) {
            return Some(sockjs::OPEN.to_owned());
        }
        if let Some(frame) = self.next_batch() {
            return Some(frame);
        }
        if matches!(self.session.next_item(), Some(Logged::Close(_))) {
            // Its words are the end's, which is on its way now.
            self.session.advance();
            self.session.confirm(now);
            self.forward();
            return None;
        }
        self.heartbeat.take().then(|| sockjs::HEARTBEAT.to_owned())
    }

    fn next_batch(&mut self) -> Option<String> {
        self.fill(Batch::new(String::new())).finish()
    }

    fn fill<W: Sink>(&mut self, mut batch: Batch<W>) -> Batch<W> {
        while let Some(message) = self.session.next_item().and_then(Logged::body) {
            batch.push(message);
            self.session.advance();
            if batch.len() >= self.settings.response_limit {
                break;
            }
        }
        batch
    }

    /// Writes messages as a frame of WebSocket behind whatever is there, if they are next for that link. Otherwise
    /// [`transmit`](Self::transmit) has what is next.
    pub fn write_messages(&mut self, now: Time, link: LinkId, out: &mut Vec<u8>) -> bool {
        if !self.has_messages_for(link) {
            return false;
        }
        if let Some(frame) = self.fill(Batch::new(Text::begin(out))).finish() {
            frame.end();
        }
        self.session.confirm(now);
        self.forward();
        true
    }

    fn has_messages_for(&mut self, link: LinkId) -> bool {
        let is_first = !self.is_greeting && !self.heartbeat.is_due();
        let is_framed = self.stream(link).is_some_and(|stream| {
            stream.last.is_none() && stream.transport == Transport::WebSocket
        });
        is_first && is_framed && self.session.next_item().and_then(Logged::body).is_some()
    }

    /// The next piece for that link. Call it while it has room.
    pub fn transmit(&mut self, now: Time, link: LinkId) -> Transmit<Down> {
        let Some(stream) = self.stream(link) else {
            return Transmit::End(None);
        };
        if stream.last.is_some() {
            return self.next_of_last(link);
        }
        let transport = stream.transport.clone();
        let next = match transport {
            Transport::RawWebSocket => self.next_raw(now),
            Transport::WebSocket => self.next_framed(now),
            _ => self
                .next_frame(now)
                .map(|frame| Down::Text(transport.wrap(frame))),
        };
        self.session.confirm(now);
        self.forward();
        match next {
            Some(Down::Text(text)) if transport.is_streaming() => self.count(now, link, text),
            Some(down) => Transmit::Frame(down),
            None if self
                .stream(link)
                .is_some_and(|stream| stream.last.is_some()) =>
            {
                self.next_of_last(link)
            }
            None => Transmit::Idle,
        }
    }

    /// What is left to say on a link that carries the session no more.
    fn next_of_last(&mut self, link: LinkId) -> Transmit<Down> {
        let last = self.stream(link).and_then(|stream| stream.last.as_mut());
        match last.and_then(|last| last.pop_front().map(|down| (down, last.is_empty()))) {
            Some((down, false)) => Transmit::Frame(down),
            Some((down, true)) => Transmit::End(Some(down)),
            None => Transmit::End(None),
        }
    }

    /// A response ends when enough was said on it; its client asks for another.
    fn count(&mut self, now: Time, link: LinkId, text: bytestring::ByteString) -> Transmit<Down> {
        let limit = self.settings.response_limit;
        let said = self.stream(link).map_or(limit, |stream| {
            stream.said += text.len();
            stream.said
        });
        if said < limit {
            return Transmit::Frame(Down::Text(text));
        }
        self.await_receiver(now);
        self.settle(now);
        Transmit::End(Some(Down::Text(text)))
    }

    fn next_framed(&mut self, now: Time) -> Option<Down> {
        if !self.is_greeting && self.heartbeat.take() {
            return Some(Down::Ping);
        }
        self.next_frame(now).map(|frame| Down::Text(frame.into()))
    }

    fn next_raw(&mut self, now: Time) -> Option<Down> {
        if self.heartbeat.take() {
            return Some(Down::Ping);
        }
        let down = match self.session.next_item()?.into() {
            Item::Message(Message::Text(text)) => Some(Down::Text(text)),
            Item::Message(Message::Binary(bytes)) => Some(Down::Binary(bytes)),
            Item::Close(_) => None,
        };
        self.session.advance();
        self.session.confirm(now);
        down
    }
}
