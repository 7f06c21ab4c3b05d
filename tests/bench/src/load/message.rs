//! The messages: what they ask for, whose and which they are, and filling.
//!
//! Each is made anew from a sender and a number, so what comes back is compared with what it must be, byte for byte.

use crate::Outcome;

const FILLING: &[u8] = &[b'x'; 8192];
/// What is asked for, eight characters of a room or a sender, and eight of a number.
const HEADER: usize = 1 + 8 + 8;

/// One message, but for its number.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    start: [u8; 9],
    size: usize,
}

impl Template {
    /// To be sent back.
    pub(crate) fn echo(sender: usize, size: usize) -> Self {
        Self::new(b'e', sender, size)
    }

    /// To have garbage collected, where there is a collector, and then to be sent back.
    pub(crate) fn collect() -> Self {
        Self::new(b'g', 0, HEADER)
    }

    /// To be in a room.
    pub(crate) fn join(room: usize) -> Self {
        Self::new(b'j', room, HEADER)
    }

    /// To be sent to everybody in a room.
    pub(crate) fn broadcast(room: usize, size: usize) -> Self {
        Self::new(b'b', room, size)
    }

    fn new(wish: u8, name: usize, size: usize) -> Self {
        assert!((HEADER..=HEADER + FILLING.len()).contains(&size));
        let mut start = [wish; 9];
        start[1..].copy_from_slice(&digits(name as u32));
        Self { start, size }
    }

    pub(crate) fn write(&self, number: u32, output: &mut Vec<u8>) {
        output.extend_from_slice(&self.start);
        output.extend_from_slice(&digits(number));
        output.extend_from_slice(&FILLING[..self.size - HEADER]);
    }

    /// The number of a message of this template; anything else is an error.
    pub(crate) fn read(&self, message: &[u8]) -> Outcome<u32> {
        let is_ours = message.len() == self.size
            && message[..9] == self.start
            && message[HEADER..] == FILLING[..self.size - HEADER];
        let number = message.get(9..HEADER).and_then(number);
        match number {
            Some(number) if is_ours => Ok(number),
            _ => Err(format!("a damaged message: {}", message.escape_ascii()).into()),
        }
    }
}

/// The room that a message was sent to.
pub(crate) fn room_of(message: &[u8]) -> Outcome<usize> {
    let room = message
        .get(1..9)
        .and_then(number)
        .ok_or("a message without a room")?;
    Ok(room as usize)
}

fn digits(number: u32) -> [u8; 8] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [0; 8];
    for (place, digit) in digits.iter_mut().enumerate() {
        *digit = DIGITS[(number >> (28 - 4 * place) & 0xf) as usize];
    }
    digits
}

fn number(digits: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(digits).ok()?;
    u32::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_knows_its_number() {
        let template = Template::echo(7, 64);
        let mut bytes = vec![];
        template.write(300, &mut bytes);
        assert_eq!(&bytes[..17], b"e000000070000012c");
        assert_eq!(template.read(&bytes).unwrap(), 300);
    }

    #[test]
    fn a_damaged_or_foreign_message_is_an_error() {
        let template = Template::echo(7, 64);
        let mut bytes = vec![];
        template.write(1, &mut bytes);
        assert!(Template::echo(8, 64).read(&bytes).is_err());
        assert!(template.read(&bytes[..63]).is_err());
        bytes[40] = b'y';
        assert!(template.read(&bytes).is_err());
    }
}
