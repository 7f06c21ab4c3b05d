//! What a message asks for. Every server is the same small application: it sends a message back, puts its sender into
//! a room, or sends it to everybody in a room.

/// How long a room's name is.
pub(crate) const ROOM: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish<'a> {
    /// To have it back.
    Echo,
    /// To be in this room, and have it back then.
    Join(&'a str),
    /// That everybody in this room gets it, its sender too where that is a member.
    Broadcast(&'a str),
}

impl<'a> Wish<'a> {
    /// By the first letter: `j` and `b` are followed by a room.
    pub(crate) fn of(message: &'a str) -> Self {
        let room = message.get(1..=ROOM);
        match (message.as_bytes().first(), room) {
            (Some(b'j'), Some(room)) => Self::Join(room),
            (Some(b'b'), Some(room)) => Self::Broadcast(room),
            _ => Self::Echo,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_letter_says_what_is_asked_for() {
        assert_eq!(Wish::of("e000000010000"), Wish::Echo);
        assert_eq!(Wish::of("jlobby___0000"), Wish::Join("lobby___"));
        assert_eq!(Wish::of("blobby___0000"), Wish::Broadcast("lobby___"));
        assert_eq!(Wish::of("blobby"), Wish::Echo);
    }
}
