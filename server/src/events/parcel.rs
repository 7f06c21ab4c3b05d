//! An event as it travels: written once, and shared by all who get it.

use super::args::IntoArgs;
use super::error::EmitError;
use bytestring::ByteString;
use std::sync::Arc;
use throughline_core::Message;
use throughline_core::wire::socketio::{Body, Packet};

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

/// An event's messages: its text, and one for each piece of binary data.
#[derive(Clone, Debug)]
pub(super) struct Parcel {
    messages: Arc<[Message]>,
    /// The answer that is awaited.
    ack: Option<u64>,
}

impl Parcel {
    pub(super) fn new(
        namespace: &ByteString,
        name: &str,
        args: impl IntoArgs,
        id: Option<u64>,
    ) -> Result<Self, EmitError> {
        let payload = args.into_args()?.into_event(name)?;
        let packet = Packet {
            namespace: namespace.clone(),
            body: Body::Event { id, payload },
        };
        let messages = packet.messages().collect();
        Ok(Self { messages, ack: id })
    }

    pub(super) fn messages(&self) -> &Arc<[Message]> {
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
            let parcel = Parcel::new(&"/a".into(), "m", args, None).unwrap();
            parcel.with_offset("o.1")
        };
        let messages = text((Binary(vec![1].into()), "]"));
        let expected = r#"51-/a,["m",{"_placeholder":true,"num":0},"]","o.1"]"#;
        assert_eq!(messages[0], Message::text(expected));
        assert_eq!(messages[1], vec![1].into());
        let bare = Parcel::new(&"/".into(), "m", (), None).unwrap();
        assert_eq!(
            bare.with_offset("o.1")[..],
            [Message::text(r#"2["m","o.1"]"#)]
        );
    }
}
