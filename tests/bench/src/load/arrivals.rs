//! Messages that are numbered from 0: each shall come once, and one after the other.

use crate::Outcome;
use std::collections::BTreeSet;

#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    next: u32,
    /// Those that have overtaken others.
    early: BTreeSet<u32>,
}

impl Arrivals {
    /// Whether this one has come in its order. One that has come before is an error.
    pub(crate) fn take(&mut self, number: u32) -> Outcome<bool> {
        if number < self.next || !self.early.insert(number) {
            return Err(format!("message {number} came twice").into());
        }
        let is_next = number == self.next;
        while self.early.remove(&self.next) {
            self.next += 1;
        }
        Ok(is_next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_seen_and_repetition_is_an_error() {
        let mut arrivals = Arrivals::default();
        let taken = [0, 2, 1, 3].map(|number| arrivals.take(number).unwrap());
        assert_eq!(taken, [true, false, true, true]);
        assert!(arrivals.take(2).is_err());
    }
}
