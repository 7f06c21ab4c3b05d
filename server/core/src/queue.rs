//! Queues that mostly hold one thing at a time, of which every session has some.

use std::collections::VecDeque;

/// Puts something behind the others. A queue begins with one place, and not with four.
pub(crate) fn push<T>(queue: &mut VecDeque<T>, value: T) {
    if queue.capacity() == 0 {
        queue.reserve_exact(1);
    }
    queue.push_back(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_takes_one_place() {
        let mut queue = VecDeque::new();
        for _ in 0..3 {
            push(&mut queue, 7_u64);
            assert_eq!(queue.pop_front(), Some(7));
        }
        assert_eq!(queue.capacity(), 1);
    }
}
