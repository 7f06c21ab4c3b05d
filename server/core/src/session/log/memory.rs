//! What bodies lie in: bytes, or text that is known to be text and so need not be looked at when it leaves.

use std::ops::Range;

/// A piece of memory that grows at its end and is cut at its front.
pub(super) trait Memory: Default {
    type Body: ?Sized;

    fn len(&self) -> usize;
    fn capacity(&self) -> usize;
    fn reserve(&mut self, more: usize);
    fn shrink_to(&mut self, least: usize);
    fn push(&mut self, body: &Self::Body);
    fn cut(&mut self, front: usize);
    fn get(&self, place: Range<usize>) -> &Self::Body;
    fn len_of(body: &Self::Body) -> usize;
}

macro_rules! memory {
    ($memory:ty, $body:ty, $push:ident) => {
        impl Memory for $memory {
            type Body = $body;

            fn len(&self) -> usize {
                self.len()
            }

            fn capacity(&self) -> usize {
                self.capacity()
            }

            fn reserve(&mut self, more: usize) {
                self.reserve(more);
            }

            fn shrink_to(&mut self, least: usize) {
                self.shrink_to(least);
            }

            fn push(&mut self, body: &$body) {
                self.$push(body);
            }

            fn cut(&mut self, front: usize) {
                self.drain(..front);
            }

            fn get(&self, place: Range<usize>) -> &$body {
                &self[place]
            }

            fn len_of(body: &$body) -> usize {
                body.len()
            }
        }
    };
}

memory!(Vec<u8>, [u8], extend_from_slice);
memory!(String, str, push_str);
