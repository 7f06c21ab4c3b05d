//! Turns: some servers are open at once, and one after the other has the load, for a moment each. So whatever else the machine
//! does meets all of them alike.
//!
//! Who has waited longest is next, and nobody's turn begins before all have opened their connections, or have failed.

use std::cell::Cell;
use std::rc::Rc;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

struct Table {
    turn: Semaphore,
    opening: Cell<usize>,
    opened: Notify,
}

/// One server's place among those that take turns.
pub(crate) struct Place {
    table: Rc<Table>,
    is_opening: Cell<bool>,
}

/// So many places at one table.
pub(crate) fn places(count: usize) -> impl Iterator<Item = Place> {
    let table = Rc::new(Table {
        turn: Semaphore::new(1),
        opening: Cell::new(count),
        opened: Notify::new(),
    });
    (0..count).map(move |_| Place {
        table: table.clone(),
        is_opening: Cell::new(true),
    })
}

impl Place {
    /// Its connections are open. Waits until those of all others are.
    pub(crate) async fn opened(&self) {
        self.arrive();
        while self.table.opening.get() > 0 {
            self.table.opened.notified().await;
        }
    }

    /// Waits for its turn, which ends when the value is dropped.
    pub(crate) async fn turn(&self) -> SemaphorePermit<'_> {
        let turn = self.table.turn.acquire().await;
        turn.expect("nobody closes the table")
    }

    fn arrive(&self) {
        if self.is_opening.replace(false) {
            self.table.opening.update(|opening| opening - 1);
            self.table.opened.notify_waiters();
        }
    }
}

impl Drop for Place {
    /// Nobody waits for one that has failed.
    fn drop(&mut self) {
        self.arrive();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn all_open_before_one_has_a_turn() {
        let mut places = places(3);
        let (first, second, failed) = (places.next(), places.next(), places.next());
        let (first, second) = (first.unwrap(), second.unwrap());
        let mut waits = Box::pin(first.opened());
        assert_eq!(waits.as_mut().now_or_never(), None);
        drop(failed);
        assert_eq!(waits.as_mut().now_or_never(), None);
        assert_eq!(second.opened().now_or_never(), Some(()));
        assert_eq!(waits.now_or_never(), Some(()));
    }

    #[test]
    fn turns_go_round() {
        let places: Vec<_> = places(2).collect();
        let turn = places[0].turn().now_or_never().unwrap();
        let mut next = Box::pin(places[1].turn());
        assert!(next.as_mut().now_or_never().is_none());
        drop(turn);
        assert!(places[0].turn().now_or_never().is_none());
        assert!(next.now_or_never().is_some());
    }
}
