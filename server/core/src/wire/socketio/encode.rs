//! Packets become messages: a text, then the attachments.

use super::packet::{Body, Packet};
use crate::message::Message;
use bytes::Bytes;

impl Packet {
    /// The messages that say it, in this order and with nothing in between.
    ///
    /// ```
    /// use throughline_core::Message;
    /// use throughline_core::wire::socketio::{Body, Packet};
    ///
    /// let packet = Packet { namespace: "/chat".into(), body: Body::Disconnect };
    /// assert_eq!(packet.encode(), [Message::text("1/chat,")]);
    /// ```
    #[must_use]
    pub fn encode(&self) -> Vec<Message> {
        let attachments = self.body.attachments();
        let mut messages = Vec::with_capacity(1 + attachments.len());
        messages.push(self.text().into());
        messages.extend(attachments.iter().cloned().map(Message::Binary));
        messages
    }

    fn text(&self) -> String {
        let json = self.body.json();
        // It is kept until it is acknowledged, and no larger than it is.
        let mut text = String::with_capacity(self.head_len() + json.len());
        text.push(self.body.digit());
        if let Some(count) = self.body.announced() {
            text.push_str(&count.to_string());
            text.push('-');
        }
        if let Some(namespace) = self.named() {
            text.push_str(namespace);
            text.push(',');
        }
        if let Some(id) = self.body.id() {
            text.push_str(&id.to_string());
        }
        text.push_str(json);
        text
    }

    fn head_len(&self) -> usize {
        let count = self.body.announced().map_or(0, |count| digits(count) + 1);
        let namespace = self.named().map_or(0, |namespace| namespace.len() + 1);
        1 + count + namespace + self.body.id().map_or(0, digits)
    }

    /// The namespace, where it has to be named.
    fn named(&self) -> Option<&str> {
        Some(&*self.namespace).filter(|namespace| *namespace != "/")
    }
}

/// How many digits a number has.
fn digits(number: u64) -> usize {
    1 + number.checked_ilog10().unwrap_or(0) as usize
}

impl Body {
    fn digit(&self) -> char {
        match (self, self.attachments().is_empty()) {
            (Self::Connect(_), _) => '0',
            (Self::Disconnect, _) => '1',
            (Self::Event { .. }, true) => '2',
            (Self::Ack { .. }, true) => '3',
            (Self::ConnectError(_), _) => '4',
            (Self::Event { .. }, false) => '5',
            (Self::Ack { .. }, false) => '6',
        }
    }

    /// How many attachments follow, where there are any.
    fn announced(&self) -> Option<u64> {
        let count = self.attachments().len();
        (count > 0).then_some(count as u64)
    }

    fn id(&self) -> Option<u64> {
        match self {
            Self::Event { id, .. } | Self::Ack { id, .. } => *id,
            Self::Connect(_) | Self::Disconnect | Self::ConnectError(_) => None,
        }
    }

    fn json(&self) -> &str {
        match self {
            Self::Event { payload, .. } | Self::Ack { payload, .. } => payload.json(),
            Self::Connect(Some(json)) | Self::ConnectError(json) => json,
            Self::Connect(None) | Self::Disconnect => "",
        }
    }

    fn attachments(&self) -> &[Bytes] {
        match self {
            Self::Event { payload, .. } | Self::Ack { payload, .. } => payload.attachments(),
            Self::Connect(_) | Self::Disconnect | Self::ConnectError(_) => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::message::Message;
    use crate::wire::socketio::Decoder;

    #[test]
    fn what_was_read_is_written_as_it_was() {
        for text in [
            "0",
            r#"0{"token":"a"}"#,
            r#"0/custom,{"sid":"x"}"#,
            "1",
            "1/custom,",
            r#"2["m",1,"é"]"#,
            r#"2/custom,12["m"]"#,
            "37[]",
            r#"4{"message":"Invalid namespace"}"#,
            r#"4/custom,"no""#,
        ] {
            let packet = Decoder::new(0).receive(text.into()).unwrap().unwrap();
            assert_eq!(packet.encode(), [Message::text(text)]);
            assert_eq!(packet.text().capacity(), text.len());
        }
    }

    #[test]
    fn attachments_are_counted_and_follow() {
        for text in [
            r#"51-["m",{"_placeholder":true,"num":0}]"#,
            r#"61-/custom,7[{"_placeholder":true,"num":0}]"#,
        ] {
            let mut decoder = Decoder::new(1);
            assert_eq!(decoder.receive(text.into()), Ok(None));
            let packet = decoder.receive(vec![9].into()).unwrap().unwrap();
            let messages = [Message::text(text), vec![9].into()];
            assert_eq!(packet.encode(), messages);
        }
    }
}
