//! An event as it travels: written once, and shared by all who get it.

use super::args::IntoArgs;
use super::error::EmitError;
use super::messages::{Messages, Written};
use std::sync::Arc;
use throughline_core::Message;

/// How an event is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// Whoever was promised to come back to its socket gets it then. Who is too slow for it is aborted.
    Kept,
    /// Now or never.
    Volatile,
    /// An answer is awaited, which nobody could give later. Who is too slow for it is aborted.
    Asking,
}

/// An event's messages.
#[derive(Clone, Debug)]
pub(super) struct Parcel {
    messages: Messages,
    /// The answer that is awaited.
    ack: Option<u64>,
}

impl Parcel {
    pub(super) fn new(
        namespace: &str,
        name: &str,
        args: impl IntoArgs,
        ack: Option<u64>,
    ) -> Result<Self, EmitError> {
        let messages = Written::event(namespace, name, args, ack)?.to_messages();
        Ok(Self { messages, ack })
    }

    /// One that awaits no answer.
    pub(super) fn of(written: &Written) -> Self {
        let (messages, ack) = (written.to_messages(), None);
        Self { messages, ack }
    }

    pub(super) fn messages(&self) -> &[Message] {
        &self.messages
    }

    pub(super) fn ack(&self) -> Option<u64> {
        self.ack
    }

    /// The same event with one argument more, which tells its client how far it has come.
    pub(super) fn with_offset(&self, offset: &str) -> Arc<[Message]> {
        let mut messages = self.messages.to_vec();
        if let Some(Message::Text(text)) = messages.first_mut() {
            let open = text.strip_suffix(']').unwrap_or(text);
            *text = format!("{open},\"{offset}\"]").into();
        }
        messages.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Binary;

    #[test]
    fn an_offset_is_one_argument_more() {
        let text = |args: (Binary, &str)| {
            let parcel = Parcel::new("/a", "m", args, None).unwrap();
            parcel.with_offset("o.1")
        };
        let messages = text((Binary(vec![1].into()), "]"));
        let expected = r#"51-/a,["m",{"_placeholder":true,"num":0},"]","o.1"]"#;
        assert_eq!(messages[0], Message::text(expected));
        assert_eq!(messages[1], vec![1].into());
        let bare = Parcel::new("/", "m", (), None).unwrap();
        assert_eq!(
            bare.with_offset("o.1")[..],
            [Message::text(r#"2["m","o.1"]"#)]
        );
    }
}
