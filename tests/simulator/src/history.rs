//! What each application sent and took, and the verdict on it.
//!
//! A message's content follows from its session, direction and number, so whatever is taken can be
//! compared with what must come next: a loss, a repetition and a change of order all show at once.

use crate::random::Random;
use throughline_core::Message;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Up,
    Down,
}

/// The message with that number, from 1 on.
pub(crate) fn message(session: &str, direction: Direction, seq: u64, longest: usize) -> Message {
    let mut random = Random::new(seed(session, direction, seq));
    let len = match random.within(0..20) {
        0 => 0,
        1 => longest,
        2 => random.index(longest + 1),
        _ => random.index(longest.min(80) + 1),
    };
    // The number comes first, so that hardly any two messages are alike.
    let mut body = format!("{seq} {direction:?} {session} ");
    body.push_str(&"é".repeat(len / 2 + 1));
    let mut end = len;
    while !body.is_char_boundary(end) {
        end -= 1;
    }
    body.truncate(end);
    if random.per_mille(500) {
        Message::text(body)
    } else {
        Message::binary(body.into_bytes())
    }
}

fn seed(session: &str, direction: Direction, seq: u64) -> u64 {
    let mixed = session.bytes().fold(seq, |seed, byte| {
        seed.wrapping_mul(0x100_0000_01b3) ^ u64::from(byte)
    });
    match direction {
        Direction::Up => mixed,
        Direction::Down => !mixed,
    }
}

/// What is wrong with a message that was taken as number `seq`.
pub(crate) fn wrong(
    session: &str,
    direction: Direction,
    seq: u64,
    longest: usize,
    taken: &Message,
) -> Option<Wrong> {
    let is = |other| *taken == message(session, direction, other, longest);
    if is(seq) {
        return None;
    }
    if (seq.saturating_sub(64)..seq).any(|earlier| earlier > 0 && is(earlier)) {
        return Some(Wrong::Repeated);
    }
    if (seq + 1..seq + 64).any(is) {
        return Some(Wrong::Reordered);
    }
    Some(Wrong::Foreign)
}

/// How a message can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It was taken before.
    Repeated,
    /// One before it is missing or comes later.
    Reordered,
    /// Nobody sent it.
    Foreign,
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: usize = 1000;
    /// The number of a message that is long enough to name its session.
    const LONG: u64 = 5;

    /// The verdict on the message with one number where another one must come.
    fn taken_for(expected: u64, came: u64) -> Option<Wrong> {
        let came = message("a.0.1", Direction::Down, came, LONGEST);
        wrong("a.0.1", Direction::Down, expected, LONGEST, &came)
    }

    #[test]
    fn the_next_message_is_right() {
        assert!((1..200).all(|seq| taken_for(seq, seq).is_none()));
    }

    #[test]
    fn one_that_was_taken_before_is_a_repetition() {
        assert_eq!(taken_for(101, 100), Some(Wrong::Repeated));
        assert_eq!(taken_for(101, 40), Some(Wrong::Repeated));
    }

    #[test]
    fn one_that_comes_too_early_was_reordered() {
        assert_eq!(taken_for(100, 101), Some(Wrong::Reordered));
        assert_eq!(taken_for(100, 160), Some(Wrong::Reordered));
    }

    #[test]
    fn one_of_another_session_or_direction_or_of_nobody_is_foreign() {
        let long = |session, direction| message(session, direction, LONG, LONGEST);
        for foreign in [
            long("b.0.1", Direction::Down),
            long("a.0.1", Direction::Up),
            Message::text("nobody's"),
        ] {
            let verdict = wrong("a.0.1", Direction::Down, LONG, LONGEST, &foreign);
            assert_eq!(verdict, Some(Wrong::Foreign), "{foreign:?}");
        }
    }

    #[test]
    fn the_same_bytes_of_the_other_type_are_foreign() {
        let own = message("a.0.1", Direction::Down, LONG, LONGEST);
        let other = match own.as_text() {
            Some(text) => Message::binary(text.as_bytes().to_vec()),
            None => panic!("message {LONG} is to be text"),
        };
        let verdict = wrong("a.0.1", Direction::Down, LONG, LONGEST, &other);
        assert_eq!(verdict, Some(Wrong::Foreign));
    }
}
