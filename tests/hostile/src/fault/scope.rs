//! Where and how often a fault strikes: `path=/realtime`, `odds=30%`, `times=5`.

use super::{Malformed, Narrows};
use std::sync::Mutex;
use std::sync::PoisonError;

/// The part of what a fault could strike that it does strike. Without a word it is all.
#[derive(Debug)]
pub(super) struct Scope {
    path: String,
    percent: u8,
    /// How often it may still strike.
    left: Mutex<u64>,
}

impl Scope {
    pub(super) fn parse<'a>(
        name: &'static str,
        narrows: Narrows,
        words: impl Iterator<Item = &'a str>,
    ) -> Result<Self, Malformed> {
        let mut scope = Self {
            path: String::new(),
            percent: 100,
            left: Mutex::new(u64::MAX),
        };
        for word in words {
            scope
                .narrow(narrows, word)
                .ok_or_else(|| Malformed::Narrowed {
                    name,
                    expected: narrows.expected(),
                    given: word.to_owned(),
                })?;
        }
        Ok(scope)
    }

    fn narrow(&mut self, narrows: Narrows, word: &str) -> Option<()> {
        match (narrows, word.split_once('=')?) {
            (Narrows::ByPathAndChance, ("path", path)) if path.starts_with('/') => {
                path.clone_into(&mut self.path);
            }
            (Narrows::ByPathAndChance | Narrows::ByChance, ("odds", odds)) => {
                let percent = odds.strip_suffix('%')?.parse().ok()?;
                self.percent = Some(percent).filter(|percent| *percent <= 100)?;
            }
            (Narrows::ByPathAndChance | Narrows::ByChance, ("times", times)) => {
                self.left = Mutex::new(times.parse().ok()?);
            }
            _ => return None,
        }
        Some(())
    }

    pub(super) fn covers(&self, path: &str) -> bool {
        path.starts_with(&self.path)
    }

    /// Whether it strikes this time; if so, it has.
    pub(super) fn draw(&self, luck: &mut fastrand::Rng) -> bool {
        if self.percent < 100 && luck.u8(0..100) >= self.percent {
            return false;
        }
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let strikes = *left > 0;
        *left = left.saturating_sub(1);
        strikes
    }
}

impl Narrows {
    /// The words, for people.
    #[must_use]
    pub const fn expected(self) -> &'static str {
        match self {
            Self::Not => "nothing else",
            Self::ByChance => "odds=N% and times=N",
            Self::ByPathAndChance => "path=/BEGINNING, odds=N% and times=N",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> Scope {
        Scope::parse("test", Narrows::ByPathAndChance, text.split_whitespace()).unwrap()
    }

    fn strikes(scope: &Scope, seed: u64) -> usize {
        let mut luck = fastrand::Rng::with_seed(seed);
        (0..1000).filter(|_| scope.draw(&mut luck)).count()
    }

    #[test]
    fn a_path_is_a_beginning() {
        assert!(scope("path=/real").covers("/realtime?x=1"));
        assert!(!scope("path=/real").covers("/"));
        assert!(scope("").covers("/"));
    }

    #[test]
    fn times_are_counted_down() {
        assert_eq!(strikes(&scope("times=5"), 1), 5);
        assert_eq!(strikes(&scope("times=0"), 1), 0);
    }

    #[test]
    fn odds_are_the_same_for_the_same_seed() {
        let struck = strikes(&scope("odds=30%"), 7);
        assert!((200..400).contains(&struck), "{struck} of 1000 at 30 %");
        assert_eq!(strikes(&scope("odds=30%"), 7), struck);
    }
}
