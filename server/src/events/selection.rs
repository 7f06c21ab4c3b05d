//! Who is meant: everybody or those in some rooms, but for those in others.

use std::sync::Arc;

/// Who of a namespace is meant. Every socket is in a room that has its id for a name, so one socket can be meant, or left out,
/// by its id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selection {
    /// Everybody, where no room is named.
    pub(super) rooms: Vec<Arc<str>>,
    pub(super) except: Vec<Arc<str>>,
}

impl Selection {
    #[cfg(test)]
    pub(super) fn everybody() -> Self {
        Self::default()
    }

    pub(super) fn one(id: &Arc<str>) -> Self {
        Self {
            rooms: vec![id.clone()],
            except: Vec::new(),
        }
    }

    /// Whether somebody is meant who is in these rooms.
    pub(super) fn includes(&self, is_in: impl Fn(&str) -> bool) -> bool {
        let is_in_any = |rooms: &[Arc<str>]| rooms.iter().any(|room| is_in(room));
        (self.rooms.is_empty() || is_in_any(&self.rooms)) && !is_in_any(&self.except)
    }

    /// The bytes of its names.
    pub(super) fn cost(&self) -> usize {
        let rooms = self.rooms.iter().chain(&self.except);
        rooms.map(|room| room.len() + size_of::<Arc<str>>()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_are_united_and_exceptions_taken_away() {
        let rooms = |names: &[&str]| names.iter().map(|name| (*name).into()).collect();
        let selection = Selection {
            rooms: rooms(&["a", "b"]),
            except: rooms(&["c"]),
        };
        for (own, is_meant) in [
            (&["a"][..], true),
            (&["b", "d"], true),
            (&["d"], false),
            (&[], false),
            (&["a", "c"], false),
        ] {
            assert_eq!(
                selection.includes(|room| own.contains(&room)),
                is_meant,
                "{own:?}"
            );
        }
        assert!(Selection::everybody().includes(|_| false));
    }
}
