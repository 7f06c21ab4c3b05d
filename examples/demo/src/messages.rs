//! What the page and the server say to each other over the session: one JSON object per message, named
//! by its `type`. The same table stands in `page/conversation.js`.
//!
//! `tick` is a message of the stream, numbered from 1 in each direction for the session's life; `sent`
//! says how many ticks went before it, so that the receiver notices what is missing at the end.

use crate::stream::Counts;
use serde::{Deserialize, Serialize};

/// What the page says.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum FromPage {
    /// A line of the chat. The page knows it again by its id.
    Say { id: u64, text: String },
    /// The stream starts or stops.
    Stream { on: bool, sent: u64 },
    /// A message of the stream.
    Tick { n: u64 },
    /// How long does it take to the handler and back?
    Ping { id: u64 },
}

/// What the server says.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum ToPage<'a> {
    /// Your name in the chat.
    You { name: &'a str },
    /// So many are in the room.
    Present { count: usize },
    /// Somebody's line of the chat.
    Said {
        name: &'a str,
        id: u64,
        text: &'a str,
    },
    /// A message of the stream.
    Tick { n: u64 },
    /// The answer to a ping.
    Pong { id: u64 },
    /// What the server saw of the page's ticks, and how many it sent itself.
    Counts {
        sent: u64,
        #[serde(flatten)]
        counts: Counts,
    },
}

impl ToPage<'_> {
    /// The message's text.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).expect("names and numbers are JSON")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_one_flat_object() {
        let counts = Counts {
            received: 3,
            lost: 1,
            ..Counts::default()
        };
        assert_eq!(
            ToPage::Counts { sent: 4, counts }.text(),
            r#"{"type":"counts","sent":4,"received":3,"lost":1,"repeated":0,"reordered":0}"#
        );
    }

    #[test]
    fn the_page_is_understood() {
        let stream = serde_json::from_str(r#"{"type":"stream","on":true,"sent":0}"#);
        assert_eq!(stream.ok(), Some(FromPage::Stream { on: true, sent: 0 }));
    }
}
