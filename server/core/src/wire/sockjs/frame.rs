//! Frames from the server: an open, heartbeats, arrays of messages, a close.

use super::quote;
use crate::message::Body;
use data_encoding::BASE64;

/// The first frame of a session.
pub const OPEN: &str = "o";
/// Says that the server is there.
pub const HEARTBEAT: &str = "h";

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
    quote::push(&mut frame, reason);
    frame.push(']');
    frame
}

/// A frame of messages while it is written.
///
/// Bytes travel as base64, in a string: the wire format has nothing else.
///
/// ```
/// use throughline_core::Message;
/// use throughline_core::wire::sockjs::Batch;
///
/// let mut batch = Batch::default();
/// batch.push(&Message::text("one"));
/// batch.push(&Message::binary(vec![1, 2, 3]));
/// assert_eq!(batch.finish().as_deref(), Some(r#"a["one","AQID"]"#));
/// ```
#[derive(Debug, Default)]
pub struct Batch {
    frame: String,
}

impl Batch {
    /// Adds a message. Where it is the only one, the frame is as a rule exactly as long as its memory, so that neither has
    /// to be copied.
    pub fn push<'a>(&mut self, message: impl Into<Body<'a>>) {
        let message = message.into();
        if self.is_empty() {
            self.frame.reserve_exact(length(message) + AROUND);
            self.frame.push_str("a[");
        } else {
            self.frame.push(',');
        }
        match message {
            Body::Text(text) => quote::push(&mut self.frame, text),
            Body::Binary(bytes) => {
                self.frame.push('"');
                BASE64.encode_append(bytes, &mut self.frame);
                self.frame.push('"');
            }
        }
    }

    /// How long it is so far, in bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.frame.len()
    }

    /// Whether there is no message in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.frame.is_empty()
    }

    /// The frame, unless it is empty.
    #[must_use]
    pub fn finish(mut self) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        self.frame.push(']');
        Some(self.frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_without_messages_is_no_frame() {
        assert_eq!(Batch::default().finish(), None);
    }

    #[test]
    fn a_reason_is_quoted() {
        assert_eq!(close(1000, "\"\u{2028}"), r#"c[1000,"\"\u2028"]"#);
    }
}
