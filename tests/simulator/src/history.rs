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
