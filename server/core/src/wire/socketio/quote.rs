//! Texts as JSON strings, with those escapes that JSON asks for. What needs none is copied in pieces.

use crate::wire::json::{plain, short_escape};
use crate::wire::unquote::copy_short;

/// Writes a text as a JSON string behind what is there.
///
/// ```
/// let mut json = Vec::new();
/// throughline_core::wire::socketio::quote(&mut json, "a\n\"b\"");
/// assert_eq!(json, br#""a\n\"b\"""#);
/// ```
pub fn quote(json: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let mut at = 0;
    json.reserve(bytes.len() + 2);
    json.push(b'"');
    loop {
        let count = plain(&bytes[at..]);
        copy_short(&bytes[at..], count, json);
        at += count;
        let Some(byte) = bytes.get(at) else { break };
        escape(json, *byte);
        at += 1;
    }
    json.push(b'"');
}

fn escape(json: &mut Vec<u8>, byte: u8) {
    if let Some(escape) = short_escape(byte) {
        return json.extend_from_slice(escape.as_bytes());
    }
    let digits = [byte >> 4, byte & 15].map(|digit| b"0123456789abcdef"[usize::from(digit)]);
    json.extend_from_slice(b"\\u00");
    json.extend_from_slice(&digits);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_written_as_serde_json_writes_them() {
        let controls: String = (0..0x20).map(char::from).collect();
        for text in [
            "",
            "a",
            "é漢\u{1f980}\u{7f}\u{2028}",
            &controls,
            "\"\\/",
            &"x\"".repeat(50),
            &"long and plain ".repeat(20),
        ] {
            let mut json = b"[".to_vec();
            quote(&mut json, text);
            let expected = format!("[{}", serde_json::to_string(text).unwrap());
            assert_eq!(String::from_utf8(json).unwrap(), expected);
        }
    }
}
