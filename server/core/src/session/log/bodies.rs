//! Small bodies of one kind, one behind the other in one piece of memory, which are freed in the order in which they came.
//!
//! No body is cut in two, and the memory grows with what it holds: what was freed at its front is used again.

use super::memory::Memory;

/// Where a body lies, counted from the first that ever came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    start: u64,
    len: u16,
}

impl Place {
    pub(super) fn len(self) -> usize {
        usize::from(self.len)
    }
}

#[derive(Debug, Default)]
pub(super) struct Bodies<M> {
    memory: M,
    /// As much at the front is free.
    free: usize,
    /// Where the front is, counted likewise.
    front: u64,
}

/// It begins with so much memory.
const LEAST: usize = 128;
/// As much is kept when it is empty.
const KEPT: usize = 2048;

impl<M: Memory> Bodies<M> {
    /// Copies a body, of at most 64 KiB.
    pub(super) fn push(&mut self, body: &M::Body) -> Place {
        let len = M::len_of(body);
        if self.memory.len() + len > self.memory.capacity() {
            self.make_room(len);
        }
        let place = Place {
            start: self.front + self.memory.len() as u64,
            len: u16::try_from(len).expect("only small bodies come here"),
        };
        self.memory.push(body);
        place
    }

    pub(super) fn get(&self, place: Place) -> &M::Body {
        // It is within the memory, whose length is a usize.
        let start = (place.start - self.front) as usize;
        self.memory.get(start..start + place.len())
    }

    /// Frees the first. Where most of a good deal of memory is free, it is given back.
    pub(super) fn free(&mut self, place: Place) {
        self.free += place.len();
        let (free, all) = (self.free, self.memory.len());
        if free == all || (free > KEPT && free >= all - all / 4) {
            self.close_up();
            if self.memory.capacity() > KEPT {
                self.memory.shrink_to(KEPT.max(2 * self.memory.len()));
            }
        }
    }

    /// What would have to be moved is not much compared with what is won.
    fn make_room(&mut self, len: usize) {
        if self.free >= self.memory.len() / 2 {
            self.close_up();
        }
        self.memory.reserve(len.max(LEAST));
    }

    fn close_up(&mut self) {
        self.memory.cut(self.free);
        self.front += self.free as u64;
        self.free = 0;
    }

    /// How many bytes it holds.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.memory.len() - self.free
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    proptest! {
        /// `None` frees the first.
        #[test]
        fn bodies_are_as_they_came(steps in proptest::collection::vec(
            proptest::option::weighted(0.6, proptest::collection::vec(any::<u8>(), 0..200)), 0..200,
        )) {
            let (mut bodies, mut known) = (Bodies::<Vec<u8>>::default(), VecDeque::new());
            for step in steps {
                match step {
                    Some(body) => known.push_back((bodies.push(&body), body)),
                    None => if let Some((place, _)) = known.pop_front() {
                        bodies.free(place);
                    },
                }
                for (place, body) in &known {
                    prop_assert_eq!(bodies.get(*place), &body[..]);
                }
                let held = known.iter().map(|(_, body)| body.len()).sum::<usize>();
                prop_assert_eq!(bodies.held(), held);
            }
        }
    }

    #[test]
    fn what_comes_and_goes_needs_no_more_memory() {
        let mut bodies = Bodies::<Vec<u8>>::default();
        let mut last = bodies.push([1; 100].as_slice());
        for _ in 0..1000 {
            let next = bodies.push([2; 100].as_slice());
            bodies.free(last);
            last = next;
        }
        assert!(
            bodies.memory.capacity() <= 1024,
            "{}",
            bodies.memory.capacity()
        );
    }

    #[test]
    fn a_burst_leaves_no_memory_behind() {
        let mut bodies = Bodies::<Vec<u8>>::default();
        let places: Vec<_> = (0..1000)
            .map(|_| bodies.push([1; 100].as_slice()))
            .collect();
        places.into_iter().for_each(|place| bodies.free(place));
        assert!(bodies.memory.capacity() <= KEPT);
    }

    #[test]
    fn a_burst_leaves_little_where_something_is_always_under_way() {
        let mut bodies = Bodies::<Vec<u8>>::default();
        let places: Vec<_> = (0..1000)
            .map(|_| bodies.push([1; 100].as_slice()))
            .collect();
        bodies.push(b"the last");
        places.into_iter().for_each(|place| bodies.free(place));
        assert!(bodies.memory.capacity() <= 4 * KEPT);
    }
}
