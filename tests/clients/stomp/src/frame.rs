//! A frame of STOMP 1.2, to and from text. Nothing of a frame that is malformed is used.

use std::fmt::{self, Write};

/// A command with its headers and its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) command: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Frame {
    pub(crate) fn new(command: &str) -> Self {
        Self {
            command: command.to_owned(),
            headers: Vec::new(),
            body: String::new(),
        }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What a text holds: `None` for a heart-beat, an error in words for what is no frame.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, &'static str> {
        // Ends of lines may stand before a frame.
        let text = text.trim_start_matches(['\r', '\n']);
        if text.is_empty() {
            return Ok(None);
        }
        let mut rest = text;
        let mut frame = Self::new(line(&mut rest)?);
        let escapes = frame.command != "CONNECT";
        loop {
            let header = line(&mut rest)?;
            if header.is_empty() {
                break;
            }
            let (name, value) = header.split_once(':').ok_or("a header without a colon")?;
            let read = |text: &str| match escapes {
                true => unescape(text),
                false => Ok(text.to_owned()),
            };
            frame.headers.push((read(name)?, read(value)?));
        }
        frame.body = frame.body_in(rest)?.to_owned();
        Ok(Some(frame))
    }

    /// As long as the frame says, or up to the first NUL.
    fn body_in<'a>(&self, rest: &'a str) -> Result<&'a str, &'static str> {
        let len = match self.header("content-length") {
            Some(len) => len.parse().map_err(|_| "a length that is no number")?,
            None => rest.find('\0').ok_or("no end")?,
        };
        let ends = rest.as_bytes().get(len) == Some(&0);
        rest.get(..len).filter(|_| ends).ok_or("no end")
    }

    /// The first header of that name counts.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escapes = self.command != "CONNECTED";
        writeln!(f, "{}", self.command)?;
        for (name, value) in &self.headers {
            match escapes {
                true => writeln!(f, "{}:{}", escape(name), escape(value))?,
                false => writeln!(f, "{name}:{value}")?,
            }
        }
        writeln!(f, "content-length:{}\n", self.body.len())?;
        f.write_str(&self.body)?;
        f.write_char('\0')
    }
}

fn line<'a>(rest: &mut &'a str) -> Result<&'a str, &'static str> {
    let (line, after) = rest.split_once('\n').ok_or("no end of a line")?;
    *rest = after;
    Ok(line.strip_suffix('\r').unwrap_or(line))
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('\r', "\\r")
        .replace('\n', "\\n")
        .replace(':', "\\c")
}

fn unescape(text: &str) -> Result<String, &'static str> {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        plain.push(match character {
            '\\' => match characters.next() {
                Some('r') => '\r',
                Some('n') => '\n',
                Some('c') => ':',
                Some('\\') => '\\',
                _ => return Err("an escape that is none"),
            },
            other => other,
        });
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_read_as_it_was_written() {
        let mut frame = Frame::new("MESSAGE").with("a:b", "c\\d\r\ne");
        frame.body = "é\0x".to_owned();
        let read = Frame::parse(&frame.to_string()).unwrap().unwrap();
        assert_eq!(read, frame.with("content-length", "4"));
    }

    #[test]
    fn an_end_of_line_is_a_heart_beat() {
        assert_eq!(Frame::parse("\n"), Ok(None));
        assert_eq!(Frame::parse(""), Ok(None));
    }

    #[test]
    fn without_a_length_a_body_ends_with_the_first_nul() {
        let frame = Frame::parse("\r\nSEND\r\na:1\na:2\r\n\r\nx\0\n").unwrap();
        let frame = frame.unwrap();
        assert_eq!((frame.header("a"), frame.body.as_str()), (Some("1"), "x"));
    }

    #[test]
    fn what_is_no_frame_is_none() {
        for text in [
            "SEND",
            "SEND\nx\n\n\0",
            "SEND\n\nx",
            "SEND\ncontent-length:9\n\nx\0",
            "SEND\ncontent-length:1\n\nxy\0",
            "SEND\na:\\t\n\n\0",
        ] {
            assert!(Frame::parse(text).is_err(), "{text:?}");
        }
    }
}
