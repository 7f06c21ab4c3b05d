//! Frames from the server: an open, heartbeats, arrays of messages, a close.

use super::quote;
use crate::message::Body;
use crate::wire::websocket::write::Text;
use data_encoding::BASE64;
use std::fmt::Write;

/// The first frame of a session.
pub const OPEN: &str = "o";
/// Says that the server is there.
pub const HEARTBEAT: &str = "h";

const NEVER_FAILS: &str = "memory takes what is written";
/// What is around a message that is alone in its frame.
const AROUND: usize = r#"a[""]"#.len();

fn length(message: Body<'_>) -> usize {
    match message {
        Body::Text(text) => text.len() + quote::escapes(text),
        Body::Binary(bytes) => BASE64.encode_len(bytes.len()),
    }
}

/// The frame that ends a session, with a code and a reason that the client shows its page.
///
/// ```
/// use throughline_core::wire::sockjs::close;
///
/// assert_eq!(close(3000, "Go away!"), r#"c[3000,"Go away!"]"#);
/// ```
#[must_use]
pub fn close(code: u16, reason: &str) -> String {
    let mut frame = format!("c[{code},");
    quote::push(&mut frame, reason).expect(NEVER_FAILS);
    frame.push(']');
    frame
}

/// A frame of messages while it is written, into a text of its own or behind whatever is there.
///
/// Bytes travel as base64, in a string: the wire format has nothing else.
///
/// ```
/// use throughline_core::Message;
/// use throughline_core::wire::sockjs::Batch;
///
/// let mut batch = Batch::new(String::new());
/// batch.push(&Message::text("one"));
/// batch.push(&Message::binary(vec![1, 2, 3]));
/// assert_eq!(batch.finish().as_deref(), Some(r#"a["one","AQID"]"#));
/// ```
#[derive(Debug)]
pub struct Batch<W> {
    frame: W,
}

/// What a frame is written into. Nothing that is written into it fails.
pub trait Sink: Write {
    /// How many bytes the frame has so far.
    fn written(&self) -> usize;
    /// Makes room for so many bytes.
    fn reserve(&mut self, bytes: usize);
}

impl Sink for String {
    fn written(&self) -> usize {
        self.len()
    }

    /// Where one message is the only one, the frame is as a rule exactly as long as its memory, so that neither has to be
    /// copied.
    fn reserve(&mut self, bytes: usize) {
        self.reserve_exact(bytes);
    }
}

/// A frame of WebSocket.
impl Sink for Text<'_> {
    fn written(&self) -> usize {
        self.len()
    }

    fn reserve(&mut self, bytes: usize) {
        self.reserve(bytes);
    }
}

impl<W: Sink> Batch<W> {
    /// One that goes into an empty frame.
    pub const fn new(frame: W) -> Self {
        Self { frame }
    }

    /// Adds a message.
    pub fn push<'a>(&mut self, message: impl Into<Body<'a>>) {
        let message = message.into();
        let begin = match self.is_empty() {
            true => {
                self.frame.reserve(length(message) + AROUND);
                "a["
            }
            false => ",",
        };
        let frame = &mut self.frame;
        let pushed = frame.write_str(begin).and_then(|()| match message {
            Body::Text(text) => quote::push(frame, text),
            Body::Binary(bytes) => {
                frame.write_char('"')?;
                BASE64.encode_write(bytes, frame)?;
                frame.write_char('"')
            }
        });
        pushed.expect(NEVER_FAILS);
    }

    /// How long it is so far, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.frame.written()
    }

    /// Whether there is no message in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The frame, unless it is empty.
    #[must_use]
    pub fn finish(mut self) -> Option<W> {
        if self.is_empty() {
            return None;
        }
        self.frame.write_char(']').expect(NEVER_FAILS);
        Some(self.frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_without_messages_is_no_frame() {
        assert_eq!(Batch::new(String::new()).finish(), None);
    }

    #[test]
    fn a_reason_is_quoted() {
        assert_eq!(close(1000, "\"\u{2028}"), r#"c[1000,"\"\u2028"]"#);
    }
}
