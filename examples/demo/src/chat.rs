//! The chat: one room for everybody, with the last lines for who comes later.
//!
//! A line is remembered and sent in one step, and a visitor is told what was and let in in one step, so
//! nobody misses a line or gets one twice.

use crate::messages::ToPage;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use throughline::Sender;

const ROOM: &str = "chat";
const REMEMBERED: usize = 20;
const NAMES: [&str; 16] = [
    "Heron", "Wren", "Lapwing", "Siskin", "Plover", "Swift", "Curlew", "Teal", "Dunlin", "Merlin",
    "Avocet", "Linnet", "Osprey", "Bittern", "Petrel", "Stint",
];

/// The room.
#[derive(Debug, Default)]
pub(crate) struct Chat {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    visitors: usize,
    lines: VecDeque<String>,
}

impl Chat {
    /// Lets a visitor in, who gets a name and the last lines.
    pub(crate) fn enter(&self, visitor: &Sender) -> String {
        let mut state = self.lock();
        let name = name(state.visitors);
        state.visitors += 1;
        let you = ToPage::You { name: &name }.text();
        for line in std::iter::once(&you).chain(&state.lines) {
            // A session that has ended takes nothing, and its handler is about to find out.
            let _ended = visitor.try_send(line.clone());
        }
        visitor.join(ROOM);
        announce(visitor);
        name
    }

    /// Lets a visitor go.
    pub(crate) fn leave(&self, visitor: &Sender) {
        let _state = self.lock();
        visitor.leave(ROOM);
        announce(visitor);
    }

    /// Says a line to everybody, the speaker too.
    pub(crate) fn say(&self, speaker: &Sender, name: &str, id: u64, text: &str) {
        let line = ToPage::Said { name, id, text }.text();
        let mut state = self.lock();
        if state.lines.len() == REMEMBERED {
            state.lines.pop_front();
        }
        state.lines.push_back(line.clone());
        tell_all(speaker, line);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells everybody how many they are.
fn announce(visitor: &Sender) {
    let count = visitor.room(ROOM).members();
    tell_all(visitor, ToPage::Present { count }.text());
}

fn tell_all(visitor: &Sender, message: String) {
    visitor
        .room(ROOM)
        .send(message)
        .expect("what the demo says is shorter than a message may be");
}

/// A bird, and a number once all birds are taken.
fn name(visitor: usize) -> String {
    let bird = NAMES[visitor % NAMES.len()];
    match visitor / NAMES.len() {
        0 => bird.to_owned(),
        round => format!("{bird} {}", round + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_visitors_share_a_name() {
        let names: std::collections::HashSet<_> = (0..100).map(name).collect();
        assert_eq!(names.len(), 100);
    }
}
