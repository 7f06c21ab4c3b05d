//! The messages of an event or of an answer: one text and, behind it, one message for each piece of binary data.
//!
//! The text is written once, in memory that the thread keeps for it. From there it is copied: right into the log of a session where only
//! one gets it, else into a message that all share.

use super::args::IntoArgs;
use super::error::EmitError;
use super::writing::Items;
use bytes::Bytes;
use std::cell::Cell;
use std::ops::Deref;
use std::slice;
use throughline_core::Message;
use throughline_core::wire::socketio::{Draft, is_reserved, quote};

/// A thread keeps no more memory than this for what is written next.
const KEPT: usize = 16 * 1024;

thread_local! {
    static MEMORY: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A packet where it was written.
#[derive(Debug)]
pub(super) struct Written {
    text: String,
    attachments: Vec<Bytes>,
}

impl Written {
    pub(super) fn event(
        namespace: &str,
        name: &str,
        args: impl IntoArgs,
        id: Option<u64>,
    ) -> Result<Self, EmitError> {
        if is_reserved(name) {
            return Err(EmitError::Reserved(name.to_owned()));
        }
        let mut draft = Draft::event(MEMORY.take(), namespace, id);
        let json = draft.json();
        json.push(b'[');
        quote(json, name);
        Self::finish(draft, b',', args)
    }

    pub(super) fn ack(namespace: &str, id: u64, args: impl IntoArgs) -> Result<Self, EmitError> {
        let draft = Draft::ack(MEMORY.take(), namespace, id);
        Self::finish(draft, b'[', args)
    }

    /// Writes arguments behind this byte, and their end.
    fn finish(mut draft: Draft, lead: u8, args: impl IntoArgs) -> Result<Self, EmitError> {
        let mut items = Items::new(std::mem::take(draft.json()), lead);
        args.write(&mut items)?;
        let (json, attachments) = items.finish();
        *draft.json() = json;
        let text = draft.finish(attachments.len())?;
        Ok(Self { text, attachments })
    }

    /// Its text, where that is all of it.
    pub(super) fn as_text(&self) -> Option<&str> {
        self.attachments.is_empty().then_some(&self.text)
    }

    /// The same in messages, which have no more memory than they need.
    pub(super) fn to_messages(&self) -> Messages {
        let text = Message::text(&*self.text);
        if self.attachments.is_empty() {
            return Messages::One(text);
        }
        let attachments = self.attachments.iter().cloned().map(Message::Binary);
        Messages::Many([text].into_iter().chain(attachments).collect())
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        if self.text.capacity() <= KEPT {
            MEMORY.set(std::mem::take(&mut self.text).into_bytes());
        }
    }
}

/// The messages of a packet.
#[derive(Clone, Debug)]
pub(super) enum Messages {
    One(Message),
    Many(Vec<Message>),
}

impl Deref for Messages {
    type Target = [Message];

    fn deref(&self) -> &[Message] {
        match self {
            Self::One(message) => slice::from_ref(message),
            Self::Many(messages) => messages,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::args::Event;
    use crate::events::{Args, Binary};
    use throughline_core::wire::socketio::Payload;

    fn event(args: impl IntoArgs) -> String {
        let written = Written::event("/", "m", args, None).unwrap();
        written.as_text().unwrap().to_owned()
    }

    fn ack(args: impl IntoArgs) -> String {
        let written = Written::ack("/", 1, args).unwrap();
        written.as_text().unwrap().to_owned()
    }

    fn came(json: &str) -> Args {
        let payload = Payload::new(json.to_owned(), Vec::new()).unwrap();
        Event::of(payload).unwrap().into_args()
    }

    #[test]
    fn tuples_become_arguments() {
        assert_eq!((event(()), ack(())), (r#"2["m"]"#.into(), "31[]".into()));
        let both = (1, "a\"");
        assert_eq!(event(both), r#"2["m",1,"a\""]"#);
        assert_eq!(ack(both), r#"31[1,"a\""]"#);
        let made = both.into_args().unwrap();
        assert_eq!(event(&made), event(both));
        assert_eq!(ack(made), ack(both));
    }

    #[test]
    fn what_came_is_sent_on_as_it_came() {
        let args = came(r#"["m", 12345678901234567890, {"a" : []}]"#);
        assert_eq!(event(&args), r#"2["m",12345678901234567890, {"a" : []}]"#);
        assert_eq!(ack(&args), r#"31[12345678901234567890, {"a" : []}]"#);
        let none = came(r#"["n"]"#);
        assert_eq!((event(&none), ack(&none)), (event(()), ack(())));
        // As JavaScript has them where it cuts a string inside an emoji.
        assert_eq!(event(came(r#"["m","\ude00"]"#)), r#"2["m","\ude00"]"#);
    }

    #[test]
    fn binary_data_follows() {
        let written = Written::event("/a", "m", (Binary(vec![7].into()),), Some(3)).unwrap();
        assert_eq!(written.as_text(), None);
        let messages = written.to_messages();
        let expected = r#"51-/a,3["m",{"_placeholder":true,"num":0}]"#;
        assert_eq!(*messages, [Message::text(expected), vec![7].into()]);
    }

    #[test]
    fn a_text_has_no_more_memory_than_its_bytes() {
        for length in [0, 100, 2 * KEPT] {
            let written = Written::event("/", "m", ("x".repeat(length),), None).unwrap();
            let Messages::One(Message::Text(text)) = written.to_messages() else {
                panic!("one text");
            };
            drop(written);
            let length = text.len();
            assert_eq!(Vec::from(text.into_bytes()).capacity(), length);
            assert!(MEMORY.take().capacity() <= KEPT);
        }
    }

    #[test]
    fn a_name_is_written_as_json_writes_it() {
        for name in ["", "m", "\u{7f}é", "a\"", "\"\"", "\\", "\n\u{1}"] {
            let written = Written::event("/", name, (), None).unwrap();
            let expected = serde_json::to_string(&[name]).unwrap();
            assert_eq!(written.as_text(), Some(&*format!("2{expected}")));
        }
    }

    #[test]
    fn a_reserved_name_is_refused() {
        let refused = Written::event("/", "disconnect", (), None);
        assert_eq!(
            refused.unwrap_err(),
            EmitError::Reserved("disconnect".to_owned())
        );
    }
}
