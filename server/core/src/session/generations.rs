//! Generations: which link is current, which are on offer, and which are fenced (spec §6.4).
//!
//! A hello only adds an offer. The first use of an offer makes it current and fences all below it,
//! so a link that never proves itself can steal nothing.

use crate::time::Time;

/// More offers than this at once are not a race any more; the oldest gives way.
const MOST_OFFERS: usize = 8;

#[derive(Debug, Default)]
pub(super) struct Generations {
    current: u64,
    last: u64,
    offers: Vec<Offer>,
}

#[derive(Debug)]
struct Offer {
    generation: u64,
    until: Time,
}

/// What using a generation means now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It carries the session.
    Current,
    /// Its first use begins it.
    Offered,
    /// A later one has begun.
    Fenced,
    /// It is not, or no longer, on offer.
    Stale,
}

impl Generations {
    /// Offers a fresh generation.
    pub(super) fn offer(&mut self, until: Time) -> u64 {
        if self.offers.len() == MOST_OFFERS {
            self.offers.remove(0);
        }
        self.last += 1;
        let generation = self.last;
        self.offers.push(Offer { generation, until });
        generation
    }

    pub(super) fn standing(&self, now: Time, generation: u64) -> Standing {
        if generation == self.current && generation > 0 {
            return Standing::Current;
        }
        if generation < self.current {
            return Standing::Fenced;
        }
        let offered = |offer: &Offer| offer.generation == generation && now < offer.until;
        if self.offers.iter().any(offered) {
            Standing::Offered
        } else {
            Standing::Stale
        }
    }

    /// Makes an offered generation current and fences all below it.
    pub(super) fn begin(&mut self, generation: u64) {
        self.current = generation;
        self.offers.retain(|offer| offer.generation > generation);
    }

    pub(super) fn current(&self) -> u64 {
        self.current
    }

    /// Lets offers die whose time has passed.
    pub(super) fn expire(&mut self, now: Time) {
        self.offers.retain(|offer| now < offer.until);
    }

    /// When the next offer dies.
    pub(super) fn deadline(&self) -> Option<Time> {
        self.offers.iter().map(|offer| offer.until).min()
    }

    pub(super) fn offers(&self) -> usize {
        self.offers.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Time {
        Time::from_millis(ms)
    }

    // spec: ATT-3
    #[test]
    fn an_offer_changes_nothing_until_it_begins() {
        let mut generations = Generations::default();
        let first = generations.offer(at(10));
        generations.begin(first);
        let second = generations.offer(at(10));
        assert_eq!(generations.standing(at(1), first), Standing::Current);
        assert_eq!(generations.standing(at(1), second), Standing::Offered);
        generations.begin(second);
        assert_eq!(generations.standing(at(1), first), Standing::Fenced);
    }

    // spec: ATT-3, ATT-13
    #[test]
    fn an_unused_offer_dies_in_time() {
        let mut generations = Generations::default();
        let offered = generations.offer(at(10));
        assert_eq!(generations.standing(at(9), offered), Standing::Offered);
        assert_eq!(generations.standing(at(10), offered), Standing::Stale);
        generations.expire(at(10));
        assert_eq!(generations.deadline(), None);
    }

    // spec: ATT-13
    #[test]
    fn beginning_a_generation_kills_lower_offers_only() {
        let mut generations = Generations::default();
        let [low, middle, high] = [(); 3].map(|()| generations.offer(at(10)));
        generations.begin(middle);
        assert_eq!(generations.standing(at(1), low), Standing::Fenced);
        assert_eq!(generations.standing(at(1), high), Standing::Offered);
    }

    #[test]
    fn offers_are_bounded() {
        let mut generations = Generations::default();
        let first = generations.offer(at(10));
        for _ in 0..MOST_OFFERS {
            generations.offer(at(10));
        }
        assert_eq!(generations.offers(), MOST_OFFERS);
        assert_eq!(generations.standing(at(1), first), Standing::Stale);
    }

    #[test]
    fn generation_zero_is_never_current() {
        let generations = Generations::default();
        assert_eq!(generations.standing(at(0), 0), Standing::Stale);
    }
}
