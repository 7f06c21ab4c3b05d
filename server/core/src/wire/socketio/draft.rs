//! An event or an answer that is written straight into its text: its JSON is written once, and nothing is made of it on the way.

use super::malformed::Malformed;
use super::packet::{check_written, not_an_array};

/// A packet whose payload is being written.
///
/// ```
/// use throughline_core::wire::socketio::Draft;
///
/// let mut draft = Draft::event(Vec::new(), "/chat", Some(7));
/// draft.json().extend_from_slice(br#"["message",1]"#);
/// assert_eq!(draft.finish(0).as_deref(), Ok(r#"2/chat,7["message",1]"#));
/// ```
#[derive(Debug)]
pub struct Draft {
    text: Vec<u8>,
    /// Where the payload begins.
    start: usize,
}

impl Draft {
    /// An event. It is written into this memory, whose content is overwritten.
    #[must_use]
    pub fn event(memory: Vec<u8>, namespace: &str, id: Option<u64>) -> Self {
        Self::new(memory, b'2', namespace, id)
    }

    /// An answer.
    #[must_use]
    pub fn ack(memory: Vec<u8>, namespace: &str, id: u64) -> Self {
        Self::new(memory, b'3', namespace, Some(id))
    }

    fn new(mut text: Vec<u8>, digit: u8, namespace: &str, id: Option<u64>) -> Self {
        text.clear();
        text.push(digit);
        if namespace != "/" {
            text.extend_from_slice(namespace.as_bytes());
            text.push(b',');
        }
        if let Some(id) = id {
            text.extend_from_slice(id.to_string().as_bytes());
        }
        let start = text.len();
        Self { text, start }
    }

    /// Where a writer of JSON writes an array, with placeholders for attachments.
    pub fn json(&mut self) -> &mut Vec<u8> {
        &mut self.text
    }

    /// The text of the packet, with so many attachments behind it; in the draft's memory, where there are none.
    ///
    /// # Errors
    /// [`Malformed`]: what no writer of JSON sees to. It is nested too deeply, there are too many attachments, or one of the
    /// placeholders names none.
    pub fn finish(self, attachments: usize) -> Result<String, Malformed> {
        let text = String::from_utf8(self.text).map_err(|_| not_an_array())?;
        if !text.is_char_boundary(self.start) {
            return Err(not_an_array());
        }
        check_written(&text, self.start, attachments)?;
        Ok(match (attachments, text.as_bytes()) {
            (1.., [b'2', ..]) => announced("5", attachments, &text[1..]),
            (1.., _) => announced("6", attachments, &text[1..]),
            (0, _) => text,
        })
    }
}

fn announced(digit: &str, attachments: usize, rest: &str) -> String {
    [digit, &attachments.to_string(), "-", rest].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(json: &str, attachments: usize) -> Result<String, Malformed> {
        let mut draft = Draft::event(b"old".to_vec(), "/", None);
        draft.json().extend_from_slice(json.as_bytes());
        draft.finish(attachments)
    }

    #[test]
    fn attachments_are_announced() {
        let json = r#"[{"_placeholder":true,"num":0}]"#;
        let mut draft = Draft::ack(Vec::new(), "/a", 12);
        draft.json().extend_from_slice(json.as_bytes());
        let expected = format!("61-/a,12{json}");
        assert_eq!(draft.finish(1), Ok(expected));
    }

    #[test]
    fn what_no_writer_sees_to_is_looked_at() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(written(&nested(127), 0).is_ok());
        assert!(written(&nested(128), 0).is_err());
        let wide = format!("[{}[]]", "[],".repeat(200));
        assert!(written(&wide, 0).is_ok());
        let astray = r#"["m",{"_placeholder":true,"num":1}]"#;
        assert!(written(astray, 0).is_ok());
        assert_eq!(written(astray, 1), Err(Malformed::Placeholder));
        let most = super::super::MOST_ATTACHMENTS;
        assert_eq!(written("[1]", most + 1), Err(Malformed::TooMany { most }));
    }
}
